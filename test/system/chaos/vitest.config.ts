import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'chaos',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    globalSetup: ['../fixtures/stateDirs.setup.ts'],
    pool: 'forks',
    // node:sqlite is one.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Every file starts a whole system with encoders in it, and then breaks it.
    fileParallelism: false,
    // After all other suites: what must happen within seconds is measured here.
    sequence: { groupOrder: 3 },
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
})
