import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'container',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Same value as in `e2e` and `browser`, which run in the same group.
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
})
