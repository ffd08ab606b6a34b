/** The transition table of jobs, without a database. */
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES } from '../../../src/contract/jobStatus.ts'
import { nextStatus, TRANSITIONS } from '../../../src/domain/jobTransitions.ts'

/** Expected transitions. Any other transition must be rejected. */
const ALLOWED: Record<string, string> = {
  'pending claim': 'running',
  'running complete': 'completed',
  'running fail': 'error',
  'running backOff': 'pending',
  'running release': 'pending',
  'pending failImport': 'error',
  'pending cancel': 'cancelled',
  'pending forceCancel': 'cancelled',
  'running forceCancel': 'cancelled',
  'error retry': 'pending',
  'error retryExport': 'running',
}

describe('the transition table', () => {
  const events = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[]
  const grid = JOB_STATUSES.flatMap((from) => events.map((event) => ({ from, event })))

  it('has five statuses and ten events, which include the expected ones', () => {
    expect(grid).toHaveLength(50)
    for (const known of Object.keys(ALLOWED)) {
      expect(grid.map(({ from, event }) => `${from} ${event}`)).toContain(known)
    }
  })
  it.each(grid)(
    'gives the expected result for $event of a job that is $from',
    ({ from, event }) => {
      expect(nextStatus(from, event)).toBe(ALLOWED[`${from} ${event}`] ?? null)
    },
  )
})
