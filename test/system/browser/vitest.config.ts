import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'browser',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    globalSetup: ['../fixtures/stateDirs.setup.ts'],
    pool: 'forks',
    // A whole system, an encoder and a browser at once are enough.
    fileParallelism: false,
    sequence: { groupOrder: 2 },
    testTimeout: 150_000,
    hookTimeout: 120_000,
  },
})
