import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'chaos',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    globalSetup: ['../fixtures/stateDirs.setup.ts'],
    pool: 'forks',
    // node:sqlite is experimental.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Each file starts a whole system, whose runners encode videos.
    fileParallelism: false,
    // Runs after all other suites, because load would delay these tests past their deadlines.
    sequence: { groupOrder: 2 },
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
})
