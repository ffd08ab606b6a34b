/** The bindings that the tests run with, and the module that they test. */
declare namespace Cloudflare {
  interface Env extends Required<import('../../src/env.ts').Env> {
    TIGHT: RateLimit
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
  }
  interface GlobalProps {
    mainModule: typeof import('../../src/index.ts')
  }
}
declare module '*.md?raw' {
  const text: string
  export default text
}
