import { describe, expect, it } from 'vitest'
import { createShutdown } from '../../../container/shutdown.ts'

describe('a shutdown', () => {
  it('ends before a job that would take longer than the time that is left', () => {
    let now = 0
    const shutdown = createShutdown(10_000, () => now)
    expect(shutdown.endsBefore(1e6)).toBe(false)
    shutdown.begin()
    expect([9, 11, null].map(shutdown.endsBefore)).toEqual([false, true, false])
    now = 5_000
    expect([4, 6].map(shutdown.endsBefore)).toEqual([false, true])
    expect([shutdown.begun.aborted, shutdown.release.aborted]).toEqual([true, false])
  })

  it('without time releases the jobs at once', () => {
    const shutdown = createShutdown(0)
    shutdown.begin()
    expect(shutdown.release.aborted).toBe(true)
  })
})
