import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'runner',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Most test files run ffmpeg, which can use all cores. More workers would only delay timers.
    maxWorkers: 2,
    globalSetup: ['./helpers/clips/clips.setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
