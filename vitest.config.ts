/**
 * Every test suite; each has its own configuration beside its tests. Suites run in the order of their
 * `sequence.groupOrder`, two files at a time within a group: `unit`, `worker` and `runner` first, then
 * `e2e`, then `browser` and `container`, and `chaos` last, which measures seconds on a quiet machine.
 */
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
