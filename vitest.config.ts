/** Every test suite; each one's own configuration is beside its tests. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      'test/worker/vitest.config.ts',
      'test/runner/vitest.config.ts',
      'test/e2e/vitest.config.ts',
      'test/browser/vitest.config.ts',
      'test/container/vitest.config.ts',
      'test/chaos/vitest.config.ts',
    ],
    reporters: ['default', './scripts/test-summary.ts'],
  },
})
