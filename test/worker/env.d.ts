/** Bindings and module types that only the tests have. */
declare namespace Cloudflare {
  interface Env {
    TIGHT: RateLimit
    BUCKET_EVENTS: Queue
    /** The bucket to which variants are exported. */
    RENDERS: R2Bucket
    FUZZ_SEED: number
    FUZZ_RUNS: number
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
  }
}
declare module '*.md?raw' {
  const text: string
  export default text
}
declare module '*.sql?raw' {
  const text: string
  export default text
}
