/** The rules of a job's states, without a database: the transition table and the retry policy. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAILURE_CODES } from '../../../src/contract/failureCode.ts'
import { JOB_STATUSES } from '../../../src/contract/job.ts'
import {
  backoffMs,
  transition,
  TRANSITIONS,
  triesAgain,
} from '../../../src/domain/jobTransitions.ts'

/** The design's table, written out a second time: what is not here is not allowed. */
const ALLOWED: Record<string, string> = {
  'pending claim': 'running',
  'running complete': 'completed',
  'running fail': 'error',
  'running backOff': 'pending',
  'running release': 'pending',
  'pending cancel': 'cancelled',
  'pending forceCancel': 'cancelled',
  'running forceCancel': 'cancelled',
  'error retry': 'pending',
}

describe('the transition table', () => {
  const events = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[]
  const grid = JOB_STATUSES.flatMap((from) => events.map((event) => ({ from, event })))

  it('has all documented states and events', () => {
    expect(grid).toHaveLength(40)
    for (const known of Object.keys(ALLOWED)) {
      expect(grid.map(({ from, event }) => `${from} ${event}`)).toContain(known)
    }
  })
  it.each(grid)('$event of a job that is $from', ({ from, event }) => {
    expect(transition(from, event)).toBe(ALLOWED[`${from} ${event}`] ?? null)
  })
})

describe('the retry policy', () => {
  const final = ['input_invalid', 'unsupported', 'timeout']

  it.each(FAILURE_CODES)('retries %s only if a retry can help', (code) => {
    expect(triesAgain(code, 1, 3)).toBe(!final.includes(code))
    expect(triesAgain(code, 2, 3)).toBe(!final.includes(code))
  })
  it.each(FAILURE_CODES)('never retries %s beyond the maximum number of attempts', (code) => {
    expect(triesAgain(code, 3, 3)).toBe(false)
    expect(triesAgain(code, 1, 1)).toBe(false)
  })

  it('delays retries by 5 s, 20 s, 80 s and so on, up to an hour', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => backoffMs(attempt, 0.5))
    expect(waits).toEqual([5e3, 20e3, 80e3, 320e3, 1_280e3, 3_600e3, 3_600e3, 3_600e3])
  })
  it('varies the delay by up to 20 % at random', () => {
    const attempt = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(attempt, fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const middle = backoffMs(attempt, 0.5)
        const wait = backoffMs(attempt, random)
        expect(wait).toBe(Math.round(middle * (0.8 + 0.4 * random)))
        expect(Math.abs(wait - middle)).toBeLessThanOrEqual(middle * 0.2 + 1)
      }),
    )
    expect(backoffMs(1, 0)).toBeLessThan(backoffMs(1, 1))
  })
})
