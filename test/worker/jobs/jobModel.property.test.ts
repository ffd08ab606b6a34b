/** Applies random steps to the jobs in D1 and to a model of them, and compares both. */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { JOB_STATUSES, type JobStatus } from '../../../src/contract/jobStatus.ts'
import { failJob } from '../../../src/db/jobTransitions.ts'
import { reportProgress } from '../../../src/db/leases.ts'
import { deleteJobRows } from '../../../src/db/jobs.ts'
import { recordOutput } from '../../../src/db/outputs.ts'
import { listExpiredLeases, releaseDueRetries } from '../../../src/db/queues.ts'
import { UNRESTRICTED } from '../../../src/domain/caller.ts'
import { ACTIVE_STATUSES, type JobEvent } from '../../../src/domain/jobTransitions.ts'
import { isRetried } from '../../../src/domain/retryPolicy.ts'
import { BACKOFF_MS, JobModel, MAX_ATTEMPTS } from '../helpers/jobModel.ts'
import { applyEvent, insertJob } from '../helpers/jobStore.ts'
import { db } from '../helpers/database.ts'

const CONCURRENCY = 2

type Change = Exclude<JobEvent, 'claim'> | 'report' | 'output' | 'delete'
/** A change of a job: mostly of one with status `of`, and mostly under its current fence. */
function change(weight: number, of: JobStatus, ...action: Change[]) {
  return {
    weight,
    arbitrary: fc.record({
      do: fc.constantFrom(...action),
      job: fc.nat({ max: 9 }),
      of: fc.oneof({ weight: 4, arbitrary: fc.constant(of) }, fc.constant('all')),
      stale: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1),
    }),
  }
}
const queue = fc.constantFrom('default', 'default', 'other')
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      queue,
      name: fc.constantFrom('a', 'a', 'a', 'b', 'c'),
      priority: fc.nat({ max: 2 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('claim' as const), queue }) },
  change(5, 'running', 'complete', 'complete', 'fail', 'backOff', 'release'),
  change(5, 'running', 'report', 'output', 'output', 'output'),
  change(2, 'error', 'retry'),
  change(1, 'pending', 'cancel'),
  change(1, 'running', 'forceCancel', 'delete'),
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('pause', 'watchdog', 'watchdog'), queue }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(31_000, 61_000) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function reset() {
  await env.DB.batch(
    [
      'DELETE FROM jobs',
      ...['events', 'ended_attempts', 'variants', 'outputs', 'queue_hourly_stats'].map(
        (t) => `DELETE FROM ${t}`,
      ),
      `INSERT INTO queues (name) VALUES ('other') ON CONFLICT DO NOTHING`,
      `UPDATE queues SET concurrency = ${CONCURRENCY}, paused = 0`,
    ].map((sql) => env.DB.prepare(sql)),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

async function expectStored(model: JobModel) {
  const [jobs, events, attempts, outputs, variants, counters] = (
    await env.DB.batch<Record<string, unknown>>(
      [
        `SELECT id, queue, file_path AS name, priority, status, attempt, fence, progress,
          run_after AS runAfter, lease_expires_at AS lease FROM jobs ORDER BY seq`,
        `SELECT type || ' ' || job_id AS line FROM events ORDER BY seq`,
        'SELECT job_id AS id, fence, outcome FROM attempts ORDER BY job_id, fence',
        'SELECT key, retired FROM outputs ORDER BY key',
        'SELECT file_path, output_key FROM variants ORDER BY file_path',
        'SELECT name, pending, running, completed, error, cancelled FROM queues ORDER BY name',
      ].map((sql) => env.DB.prepare(sql)),
    )
  ).map((result) => result.results)
  expect(jobs).toEqual(model.jobs)
  expect(events!.map((row) => row.line)).toEqual(model.log)
  expect(attempts).toEqual(
    model.attempts.toSorted((a, b) => compare(a.id, b.id) || a.fence - b.fence),
  )
  expect(outputs).toEqual(
    [...model.outputs]
      .toSorted(([a], [b]) => compare(a, b))
      .map(([key, retired]) => ({ key, retired: Number(retired) })),
  )
  expect(variants).toEqual(
    [...model.variants]
      .toSorted(([a], [b]) => compare(a, b))
      .map(([file_path, output_key]) => ({ file_path, output_key })),
  )
  for (const counted of counters!) {
    const ours = model.jobs.filter((job) => job.queue === counted.name)
    const count = (status: string) => ours.filter((job) => job.status === status).length
    expect(counted).toEqual({
      name: counted.name,
      ...Object.fromEntries(JOB_STATUSES.map((status) => [status, count(status)])),
    })
    expect(counted.running).toBeLessThanOrEqual(CONCURRENCY)
  }
  const active = model.jobs.filter((job) => ACTIVE_STATUSES.includes(job.status))
  expect(new Set(active.map((job) => job.name)).size).toBe(active.length)
}

/** Applies each step to the database and to the model, and compares the results. */
class StoreAndModel {
  model = new JobModel(CONCURRENCY)
  ids: string[] = []
  paused = new Set<string>()
  now = 1_700_000_000_000

  async apply(step: Step) {
    this.now += 1
    if ('ms' in step) {
      return void (this.now += step.ms)
    }
    if ('name' in step) {
      return this.create(step)
    }
    if ('queue' in step) {
      if (step.do === 'claim') {
        return this.claim(step.queue)
      }
      return step.do === 'pause' ? this.pause(step.queue) : this.runWatchdog(step.queue)
    }
    const matching = this.model.jobs.filter((job) => job.status === step.of).map((job) => job.id)
    const ids = matching.length > 0 ? matching : this.ids
    const id = ids[step.job % Math.max(ids.length, 1)] ?? 'job_none'
    return this.change(step.do, id, step.stale)
  }

  private async create(step: { queue: string; name: string; priority: number }) {
    const row = await insertJob({ queue: step.queue, filePath: step.name, priority: step.priority })
    const active = this.model.active(step.name)
    if (active) {
      return expect(row.id).toBe(active.id)
    }
    expect(this.ids).not.toContain(row.id)
    this.ids.push(row.id)
    this.model.create(row.id, step.queue, step.name, step.priority)
  }

  private async claim(queue: string) {
    const next = this.model.next(queue, this.paused.has(queue), this.now)
    const row = await applyEvent('claim', { id: '', fence: 0, queue }, this.now)
    expect(row?.id).toBe(next?.id)
    this.model.apply('claim', next, 0, this.now)
  }

  private async pause(queue: string) {
    if (!this.paused.delete(queue)) {
      this.paused.add(queue)
    }
    await env.DB.prepare('UPDATE queues SET paused = ? WHERE name = ?')
      .bind(Number(this.paused.has(queue)), queue)
      .run()
  }

  /**
   * Runs the statements of the watchdog: fails attempts with an expired lease, then releases due
   * retries.
   */
  private async runWatchdog(queue: string) {
    const { model, now } = this
    const expired = model.jobs.filter(
      (job) => job.queue === queue && (job.lease ?? Infinity) <= now,
    )
    const rows = await listExpiredLeases(db, queue, now)
    expect(rows.map((row) => row.id).sort()).toEqual(expired.map((job) => job.id).sort())
    for (const row of rows) {
      const retries = isRetried('runner_lost', row.attempt, MAX_ATTEMPTS)
      const failure = {
        errorCode: 'runner_lost' as const,
        message: 'lost',
        retryAt: retries ? now + BACKOFF_MS : null,
        leaseExpiredBy: now,
      }
      const failed = await failJob(db, { jobId: row.id, fence: row.fence }, failure, now)
      expect(failed?.id).toBe(row.id)
      model.apply(retries ? 'backOff' : 'fail', model.find(row.id), row.fence, now)
    }
    await releaseDueRetries(db, queue, now)
    model.next(queue, true, now)
  }

  private async change(action: Change, id: string, stale: number) {
    const { model, now } = this
    const job = model.find(id)
    const fence = (job?.fence ?? 1) + stale
    const claim = { jobId: id, fence }
    if (action === 'delete') {
      return expect((await deleteJobRows(db, [id], UNRESTRICTED))[0]?.id).toBe(
        model.delete(job) ? id : undefined,
      )
    }
    if (action === 'report') {
      const fields = { stage: 'encode' as const, etaSeconds: null, fps: null, speed: null }
      const report = { fence, progress: (now / 7) % 100, ...fields, playable: false }
      const row = await reportProgress(db, claim, report, now, false)
      expect(row?.id).toBe(model.isHeld(id, fence) ? id : undefined)
      if (!row) {
        return
      }
      job!.progress = Math.max(job!.progress, report.progress)
      job!.lease = now + 30_000
      return
    }
    if (action === 'output') {
      const first = `${id}/${fence}`
      const key = model.outputs.has(first) ? `${first}/${now}` : first
      const recorded = await recordOutput(db, claim, { key, uploadId: key }, now)
      expect(recorded).toBe(model.isHeld(id, fence))
      if (recorded) {
        model.outputs.set(key, false)
      }
      return
    }
    const row = await applyEvent(action, { id, fence, queue: '' }, now)
    expect(row?.id).toBe(model.apply(action, job, fence, now) ? id : undefined)
  }
}

it('the job store agrees with the model after every step of random sequences', async () => {
  const applied = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 80 }), async (steps) => {
      await reset()
      const subject = new StoreAndModel()
      for (const step of steps) {
        await subject.apply(step)
        await expectStored(subject.model)
      }
      for (const line of subject.model.log) {
        applied.add(line.split(' ')[0]!)
      }
      for (const { outcome } of subject.model.attempts) {
        applied.add(String(outcome))
      }
    }),
    { numRuns: 20 },
  )
  // The runs must have covered every outcome, and every event type except job:playable.
  expect([...applied].sort()).toEqual(
    [
      ...['created', 'started', 'completed', 'error', 'retrying', 'cancelled', 'deleted'].map(
        (type) => `job:${type}`,
      ),
      'completed',
      'failed',
      'released',
      'cancelled',
      'null',
    ].sort(),
  )
}, 120_000)
