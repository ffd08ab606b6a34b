import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'container',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Every file starts a whole system with encoders in it.
    fileParallelism: false,
    sequence: { groupOrder: 2 },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
