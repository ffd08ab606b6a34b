export function preloadFfmpeg(): string
