/** Limit of `vi.waitFor`: by default it is a second, which a busy machine can exceed. */
export const WAIT = { timeout: 10_000 }
