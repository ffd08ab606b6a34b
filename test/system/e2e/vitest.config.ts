import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'e2e',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    globalSetup: ['../fixtures/stateDirs.setup.ts'],
    pool: 'forks',
    // Same value as in `browser` and `container`, which run in the same group. Most test files start
    // a complete system, whose runner encodes videos.
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
})
