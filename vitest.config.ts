/** Every test suite; each one's own configuration is beside its tests. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      'test/unit/vitest.config.ts',
      'test/worker/vitest.config.ts',
      'test/runner/vitest.config.ts',
      'test/system/e2e/vitest.config.ts',
      'test/system/browser/vitest.config.ts',
      'test/system/container/vitest.config.ts',
      'test/system/chaos/vitest.config.ts',
    ],
    reporters: ['default', './scripts/test-summary.ts'],
  },
})
