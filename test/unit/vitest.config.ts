/** Tests of functions that need no workerd, no ffmpeg and no network. They run in seconds. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'unit',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    // Test files can share modules, because no test changes the state of a module.
    isolate: false,
    // Vitest requires that all suites with the same `groupOrder` have the same number of workers.
    maxWorkers: 3,
    // A property test runs up to 2,000 cases, which takes seconds on a busy machine.
    testTimeout: 30_000,
  },
})
