/** Tests of pure functions: no workerd, no ffmpeg, no network. They run in seconds. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'unit',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    environment: 'node',
    // Pure functions leave nothing behind that another file could see.
    isolate: false,
  },
})
