import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'browser',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    globalSetup: ['../fixtures/stateDirs.setup.ts'],
    pool: 'forks',
    // Same value as in `container`: both suites run in one group, two files at a time.
    maxWorkers: 2,
    sequence: { groupOrder: 2 },
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
