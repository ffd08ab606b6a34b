import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'browser',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    globalSetup: ['../fixtures/stateDirs.setup.ts'],
    pool: 'forks',
    // Same value as in `e2e` and `container`, which run in the same group.
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
