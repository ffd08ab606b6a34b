export function makeLinksAbsolute(page: string): string
