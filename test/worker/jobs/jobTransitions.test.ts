/**
 * SQL statements of the job transitions: every event in every status, and the effects on the row,
 * the counters, the event log and the attempts.
 */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JOB_STATUSES } from '../../../src/contract/jobStatus.ts'
import { deleteJobRows, findJob } from '../../../src/db/jobs.ts'
import { findVariant, recordOutput } from '../../../src/db/outputs.ts'
import { UNRESTRICTED } from '../../../src/domain/caller.ts'
import { type JobEvent, nextStatus, TRANSITIONS } from '../../../src/domain/jobTransitions.ts'
import { applyEvent, insertJob, insertJobIn } from '../helpers/jobStore.ts'
import { countRows, db, readCounters, eventTypes } from '../helpers/database.ts'
import type { JobRow } from '../../../src/db/rows.ts'

const EVENT_TYPES: Record<JobEvent, string> = {
  claim: 'job:started',
  complete: 'job:completed',
  fail: 'job:error',
  backOff: 'job:retrying',
  release: 'job:retrying',
  failImport: 'job:error',
  cancel: 'job:cancelled',
  forceCancel: 'job:cancelled',
  retry: 'job:retrying',
  retryExport: 'job:started',
}
async function listAttemptRows(id: string) {
  return (
    await env.DB.prepare('SELECT * FROM attempts WHERE job_id = ? ORDER BY fence')
      .bind(id)
      .all<Record<string, unknown>>()
  ).results
}

/** Another job of the queue, which no test may change. It is running, so it is never claimed. */
let control: JobRow
beforeEach(async () => {
  for (const table of ['jobs', 'variants', 'outputs', 'events']) {
    await env.DB.prepare(`DELETE FROM ${table}`).run()
  }
  control = await insertJobIn('running')
})
afterEach(async () => {
  expect(await findJob(db, control.id, UNRESTRICTED)).toEqual(control)
  const { stored, counted } = await readCounters()
  expect(stored).toEqual(counted)
})

const events = Object.keys(TRANSITIONS) as JobEvent[]
const grid = JOB_STATUSES.flatMap((from) =>
  events.map((event) => ({ from, event, to: nextStatus(from, event) })),
)

describe('every event in every status', () => {
  it.each(grid.filter(({ to }) => to !== null))(
    '$event changes a job from $from to $to and writes one event',
    async ({ from, event, to }) => {
      const before = await insertJobIn(from)
      const eventsBefore = await eventTypes(before.id)
      const changed = await applyEvent(event, before)
      const after = await findJob(db, before.id, UNRESTRICTED)
      expect(after).toMatchObject({ id: before.id, status: to })
      expect(after).toEqual(changed)
      expect(await eventTypes(before.id)).toEqual([...eventsBefore, EVENT_TYPES[event]])
      const { stored } = await readCounters()
      expect(stored![to!]).toBe(to === 'running' ? 2 : 1)
    },
  )

  it.each(grid.filter(({ to }) => to === null))(
    '$event of a job that is $from is rejected and changes nothing',
    async ({ from, event }) => {
      const before = await insertJobIn(from)
      const eventsBefore = await eventTypes(before.id)
      expect(await applyEvent(event, before)).toBeUndefined()
      expect(await findJob(db, before.id, UNRESTRICTED)).toEqual(before)
      expect(await eventTypes(before.id)).toEqual(eventsBefore)
      const { stored } = await readCounters()
      expect(stored![from]).toBe(from === 'running' ? 2 : 1)
    },
  )

  it.each(JOB_STATUSES)(
    'a job that is %s can be deleted, and its events are kept',
    async (status) => {
      const job = await insertJobIn(status)
      const eventsBefore = await eventTypes(job.id)
      const { id, queue, fence, filePath, stage } = job
      const deleted = { id, queue, fence, filePath, stage }
      expect(await deleteJobRows(db, [job.id], UNRESTRICTED)).toEqual([deleted])
      expect(await findJob(db, job.id, UNRESTRICTED)).toBeUndefined()
      expect(await eventTypes(job.id)).toEqual([...eventsBefore, 'job:deleted'])
      expect(await listAttemptRows(job.id)).toEqual([])
      expect(await deleteJobRows(db, [job.id], UNRESTRICTED)).toEqual([])
    },
  )
})

describe('a transition', () => {
  it.each(['complete', 'fail', 'backOff', 'release', 'forceCancel'] as const)(
    '%s ends the lease and closes the attempt',
    async (event) => {
      const running = await insertJobIn('running')
      expect(running.leaseExpiresAt).toBe(running.startedAt! + running.leaseSeconds * 1000)
      const after = await applyEvent(event, running)
      expect(after).toMatchObject({ leaseExpiresAt: null, stage: null, etaSeconds: null })
      const failed = event === 'fail' || event === 'backOff'
      const outcomes = { complete: 'completed', release: 'released', forceCancel: 'cancelled' }
      expect(await listAttemptRows(running.id)).toMatchObject([
        {
          fence: 1,
          attempt: 1,
          runner_id: 'runner',
          outcome: failed ? 'failed' : outcomes[event as keyof typeof outcomes],
          error_code: failed ? 'stalled' : null,
          error: failed ? 'no progress' : null,
          ended_at: expect.any(Number) as number,
        },
      ])
    },
  )

  it('a manual retry resets the attempts, and the fence keeps growing', async () => {
    const failed = await insertJobIn('error')
    const again = (await applyEvent('retry', failed))!
    const reset = { attempt: 0, fence: 1, error: null, errorCode: null, completedAt: null }
    expect(again).toMatchObject(reset)
    expect(await applyEvent('claim', again)).toMatchObject({ id: failed.id, attempt: 1, fence: 2 })
  })

  it('a retry is rejected only while the variant has another active job', async () => {
    const failed = await insertJobIn('error', { filePath: 'same.mp4' })
    const other = await insertJob({ filePath: 'other.mp4' })
    const newer = await insertJob({ filePath: 'same.mp4' })
    expect(newer.id).not.toBe(failed.id)
    expect(await applyEvent('retry', failed)).toBeUndefined()
    await applyEvent('cancel', newer)
    expect(await applyEvent('retry', failed)).toMatchObject({ id: failed.id, status: 'pending' })
    expect(await findJob(db, other.id, UNRESTRICTED)).toEqual(other)
  })

  it.each(['release', 'forceCancel'] as const)(
    'an attempt that ends by %s does not record the failure of the one before',
    async (event) => {
      const first = await insertJobIn('running')
      await applyEvent('backOff', first)
      await env.DB.prepare('UPDATE jobs SET run_after = NULL WHERE id = ?').bind(first.id).run()
      const second = (await applyEvent('claim', first))!
      expect(second).toMatchObject({ id: first.id, attempt: 2 })
      await applyEvent(event, second)
      expect(await listAttemptRows(first.id)).toMatchObject([
        { outcome: 'failed', error_code: 'stalled' },
        { outcome: event === 'release' ? 'released' : 'cancelled', error_code: null, error: null },
      ])
    },
  )

  it('a repeated finish of a deleted job does not change the served variant', async () => {
    const job = await insertJobIn('running')
    const key = `${job.id}/${job.fence}`
    const claim = { jobId: job.id, fence: job.fence }
    await recordOutput(db, claim, { key, uploadId: 'upload' }, Date.now())
    await applyEvent('complete', job)
    await deleteJobRows(db, [job.id], UNRESTRICTED)
    expect(await applyEvent('complete', job)).toBeUndefined()
    expect(await findVariant(db, job.filePath, job.transformation)).toMatchObject({
      outputKey: key,
    })
    expect(await countRows('outputs', 'key = ?', key)).toBe(0)
  })

  it('the statistics of an hour count each completed and failed job once', async () => {
    await env.DB.prepare('DELETE FROM queue_hourly_stats').run()
    const hour = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000)
    for (const event of ['complete', 'complete', 'fail', 'backOff', 'release'] as const) {
      const job = await insertJob()
      const running = (await applyEvent('claim', job, hour + 1_000))!
      await applyEvent(event, running, hour + 4_000)
      await applyEvent('cancel', job)
    }
    const { results } = await env.DB.prepare('SELECT * FROM queue_hourly_stats').all()
    const figures = { completed: 2, failed: 1, media_ms: 4_000, processing_ms: 9_000 }
    expect(results).toEqual([{ queue: 'default', hour, ...figures }])
  })
})
