/** Tests of pure functions: no workerd, no ffmpeg, no network. They run in seconds. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'unit',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    // Pure functions have no state that another test file could see.
    isolate: false,
    // The same number in each suite of the group, so that they run side by side.
    maxWorkers: 2,
    // Property tests run thousands of cases, which takes seconds on a busy machine.
    testTimeout: 30_000,
  },
})
