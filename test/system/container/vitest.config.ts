import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'container',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Beside a file of `browser`: the group runs two files at a time.
    maxWorkers: 2,
    sequence: { groupOrder: 2 },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
