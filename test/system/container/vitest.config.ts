import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'container',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // `browser` and `container` are in one group, so they must have the same `maxWorkers`.
    maxWorkers: 2,
    sequence: { groupOrder: 2 },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
