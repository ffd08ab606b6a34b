/**
 * Test suites; the configuration of each is in the folder of its tests. Suites run in the order of
 * their `sequence.groupOrder`: `unit`, `worker` and `runner`, then `e2e`, `browser` and
 * `container`, then `chaos`, whose deadlines of a few seconds would be missed on a busy machine.
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
    // Lines that the service logs for every job.
    onConsoleLog: (log) => !/^\{"event":"(job_claimed|lease_held|attempt_ended)"/.test(log),
    reporters: ['default', './scripts/test-summary.ts'],
  },
})
