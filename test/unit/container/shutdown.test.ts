import { describe, expect, it } from 'vitest'
import { createShutdown } from '../../../container/shutdown.ts'

describe('the shutdown of a runner', () => {
  it('is too short for a job that takes longer than the rest of the grace period', () => {
    let now = 0
    const shutdown = createShutdown(10_000, () => now)
    expect(shutdown.isTooShortFor(1e6)).toBe(false)
    shutdown.begin()
    expect([9, 11, null].map(shutdown.isTooShortFor)).toEqual([false, true, false])
    now = 5_000
    expect([4, 6].map(shutdown.isTooShortFor)).toEqual([false, true])
    expect([shutdown.begun.aborted, shutdown.release.aborted]).toEqual([true, false])
  })

  it('releases the jobs at once without a grace period', () => {
    const shutdown = createShutdown(0)
    shutdown.begin()
    expect(shutdown.release.aborted).toBe(true)
  })
})
