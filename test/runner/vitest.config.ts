import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'runner',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Test files can share modules, because no test changes the state of a module for others.
    isolate: false,
    // Three on two cores, because many tests wait for a process or a timer.
    maxWorkers: 3,
    globalSetup: ['./helpers/clips/clips.setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
})
