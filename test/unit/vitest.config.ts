/** Tests of pure functions: no workerd, no ffmpeg, no network. They run in seconds. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'unit',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    // Test files can share modules, since pure functions keep no state.
    isolate: false,
    // Suites of a group run in parallel only if all of them have the same number.
    maxWorkers: 2,
    // Property tests run thousands of cases, which takes seconds on a busy machine.
    testTimeout: 30_000,
  },
})
