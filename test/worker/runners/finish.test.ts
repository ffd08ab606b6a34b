/** Ends of attempts: a repeated finish has no effect, and the failure code decides on a retry. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ATTEMPT_FAILURE_CODES, IMPORT_FAILURE_CODES } from '../../../src/contract/failureCode.ts'
import { api, expectJson } from '../helpers/requests.ts'
import { createJobs, createOne, putOriginal } from '../helpers/jobs.ts'
import {
  claimJob,
  claimAsRunner,
  startJob,
  OUTPUT,
  type FakeRunner,
} from '../helpers/fakeRunner.ts'
import { addQueue, jobRow, readCounters, eventTypes } from '../helpers/database.ts'

function run(sql: string, ...values: unknown[]) {
  return env.DB.prepare(sql)
    .bind(...values)
    .run()
}
async function attempts(jobId: string) {
  return (await env.DB.prepare('SELECT * FROM attempts WHERE job_id = ?').bind(jobId).all()).results
}
function becomeDue(jobId: string) {
  return run('UPDATE jobs SET run_after = 1 WHERE id = ?', jobId)
}

beforeAll(async () => {
  await run('UPDATE queues SET concurrency = 50')
})

describe('finish', () => {
  it('of a completed job records the output, the command and the timings', async () => {
    const runner = await startJob('whole.mp4')
    await runner.completeWith()
    const row = await jobRow(runner.jobId)
    expect(row).toMatchObject({ status: 'completed', progress: 100, error: null, stage: null })
    expect(JSON.parse(row!.timings!)).toEqual({ encode: 100 })
    const object = await env.DB.prepare('SELECT * FROM variants WHERE job_id = ?')
      .bind(runner.jobId)
      .first<{ output_key: string; size_bytes: number }>()
    expect(object).toMatchObject({ transformation: 'w_640' })
    const stored = (await env.VARIANTS.head(object!.output_key))!
    // The size is the one in R2, not the one that the runner reported.
    expect(JSON.parse(row!.output!)).toEqual({ ...OUTPUT, sizeBytes: stored.size })
    expect(object!.size_bytes).toBe(stored.size)
    expect(await attempts(runner.jobId)).toMatchObject([
      { outcome: 'completed', command: 'ffmpeg -i', stderr_tail: 'the last line' },
    ])
  })

  it('of a completed job shortens its log, and that of a failed one keeps it', async () => {
    const log = {
      command: `ffmpeg ${'-map 0 '.repeat(100)}`,
      stderrTail: `${'frame= 1\n'.repeat(100)}the last line\n`,
      timings: {},
    }
    const completed = await startJob('short-log.mp4')
    const upload = await completed.upload()
    await expectJson(await completed.complete(upload, log), 200)
    expect(await attempts(completed.jobId)).toMatchObject([
      {
        attempt: 1,
        fence: 1,
        runner_id: 'test-runner',
        outcome: 'completed',
        command: `${log.command.slice(0, 199)}…`,
        stderr_tail: 'the last line',
      },
    ])
    const failed = await startJob('whole-log.mp4')
    await expectJson(await failed.fail('unsupported', 'no', log), 200)
    expect(await attempts(failed.jobId)).toMatchObject([
      { outcome: 'failed', command: log.command, stderr_tail: log.stderrTail },
    ])
  })

  const twice: [string, string, (runner: FakeRunner) => Promise<() => Promise<Response>>][] = [
    [
      'completed',
      'job:completed',
      async (runner) => {
        const upload = await runner.upload()
        return () => runner.complete(upload)
      },
    ],
    ['error', 'job:error', async (runner) => () => runner.fail('input_invalid')],
    ['pending', 'job:retrying', async (runner) => () => runner.fail('stalled')],
    ['pending', 'job:retrying', async (runner) => () => runner.release()],
  ]
  it.each(twice)(
    'sent twice (%s, %s) gets two equal responses and has one effect',
    async (...row) => {
      const [status, event, prepare] = row
      const runner = await startJob(`twice-${crypto.randomUUID()}.mp4`)
      const finish = await prepare(runner)
      expect(await expectJson(await finish(), 200)).toEqual({ status })
      const after = [await jobRow(runner.jobId), await attempts(runner.jobId)]
      expect(await expectJson(await finish(), 200)).toEqual({ status })
      expect([await jobRow(runner.jobId), await attempts(runner.jobId)]).toEqual(after)
      expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', event])
      await run('DELETE FROM jobs WHERE id = ?', runner.jobId)
    },
  )
  it.each(twice)(
    'sent three times concurrently (%s, %s) gets three equal responses and has one effect',
    async (...row) => {
      const [status, event, prepare] = row
      const runner = await startJob(`at-once-${crypto.randomUUID()}.mp4`)
      const finish = await prepare(runner)
      const responses = await Promise.all([finish(), finish(), finish()])
      for (const response of responses) {
        expect(await expectJson(response, 200)).toEqual({ status })
      }
      expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', event])
      expect(await jobRow(runner.jobId)).toMatchObject({ status, fence: 1 })
      const { stored, counted } = await readCounters()
      expect(stored).toEqual(counted)
      await run('DELETE FROM jobs WHERE id = ?', runner.jobId)
    },
  )

  it('of a released job does not count the attempt, and the job keeps its place', async () => {
    const runner = await startJob('interrupted.mp4', 'w_640', { priority: 5 })
    await createJobs('younger.mp4', ['w_640'], { priority: 5 })
    await expectJson(await runner.report(70), 200)
    await expectJson(await runner.release(), 200)
    const back = { status: 'pending', attempt: 0, progress: 0, run_after: null, started_at: null }
    expect(await jobRow(runner.jobId)).toMatchObject(back)
    expect(await claimJob()).toMatchObject({ jobId: runner.jobId, attempt: 1, fence: 2 })
    expect(await claimJob()).toMatchObject({ filePath: 'younger.mp4' })
  })

  it('with a wrong ETag of a part fails the attempt, and the job is retried', async () => {
    const runner = await startJob('broken.mp4')
    const upload = await runner.upload()
    const wrong = { ...upload, parts: [{ partNumber: 1, etag: 'wrong' }] }
    expect(await expectJson(await runner.complete(wrong), 200)).toEqual({ status: 'pending' })
    const row = (await jobRow(runner.jobId))!
    expect(row).toMatchObject({ status: 'pending', error_code: 'storage', attempt: 1 })
    expect(row.run_after).toBeGreaterThan(Date.now())
    expect((await runner.complete(upload)).status).toBe(409)
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'pending', fence: 1 })
    await run('DELETE FROM jobs WHERE id = ?', runner.jobId)
  })
})

describe('the retry policy', () => {
  const final = ['input_invalid', 'unsupported', 'timeout']

  it.each(ATTEMPT_FAILURE_CODES)('after %s ends the job or delays it by 4 to 6 s', async (code) => {
    const runner = await startJob(`${code}.mp4`)
    const failedAt = Date.now()
    const { status } = await expectJson<{ status: string }>(await runner.fail(code), 200)
    const row = (await jobRow(runner.jobId))!
    expect(row).toMatchObject({ status, error: `it was ${code}`, error_code: code, attempt: 1 })
    if (final.includes(code)) {
      expect(row).toMatchObject({ status: 'error', run_after: null })
      expect(row.completed_at).toBeGreaterThanOrEqual(failedAt)
    } else {
      expect(row).toMatchObject({ status: 'pending', completed_at: null })
      expect(row.run_after).toBeGreaterThanOrEqual(failedAt + 4_000)
      expect(row.run_after).toBeLessThanOrEqual(Date.now() + 6_000)
    }
    await run('DELETE FROM jobs WHERE id = ?', runner.jobId)
  })

  it.each(IMPORT_FAILURE_CODES)('%s is no failure of an attempt', async (code) => {
    const runner = await startJob(`${code}.mp4`)
    expect((await runner.fail(code as never)).status).toBe(400)
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'running', error_code: null })
    await run('DELETE FROM jobs WHERE id = ?', runner.jobId)
  })

  it('ends with an error after maxAttempts attempts, with growing delays', async () => {
    let runner = await startJob('hopeless.mp4', 'w_640', { maxAttempts: 3 })
    for (const [attempt, atLeast] of [
      [1, 4_000],
      [2, 16_000],
    ] as const) {
      const failedAt = Date.now()
      expect(await expectJson(await runner.fail('stalled'), 200)).toEqual({ status: 'pending' })
      const row = (await jobRow(runner.jobId))!
      expect(row.attempt).toBe(attempt)
      expect(row.run_after).toBeGreaterThanOrEqual(failedAt + atLeast)
      expect(await claimJob()).toBeNull()
      await becomeDue(runner.jobId)
      runner = await claimAsRunner()
      expect(await jobRow(runner.jobId)).toMatchObject({ error: null, attempt: attempt + 1 })
    }
    expect(await expectJson(await runner.fail('stalled'), 200)).toEqual({ status: 'error' })
    expect(await jobRow(runner.jobId)).toMatchObject({
      status: 'error',
      error: 'it was stalled',
      run_after: null,
      attempt: 3,
    })
    expect(await attempts(runner.jobId)).toHaveLength(3)
  })

  it('counts the attempts from 0 after a manual retry', async () => {
    const runner = await startJob('again.mp4', 'w_640', { maxAttempts: 1 })
    expect(await expectJson(await runner.fail('stalled'), 200)).toEqual({ status: 'error' })
    await expectJson(await api('POST', `/queue/jobs/${runner.jobId}/retry`), 200)
    const again = await claimAsRunner()
    expect(again).toMatchObject({ jobId: runner.jobId, fence: 2 })
    expect(await jobRow(runner.jobId)).toMatchObject({ attempt: 1, status: 'running' })
  })
})

describe('an interrupted attempt', () => {
  /** Claims the job of a queue and releases it, `times` times. */
  async function interrupt(queue: string, times: number) {
    for (let n = 0; n < times; n++) {
      const runner = await claimAsRunner(queue)
      expect(await expectJson(await runner.release(), 200)).toEqual({ status: 'pending' })
    }
  }
  it('does not count for the first ten times, and fails the job in the end', async () => {
    await addQueue('interrupted')
    const { id } = await createOne('bounded.mp4', 'w_640', { queue: 'interrupted' })
    await interrupt('interrupted', 10)
    expect(await jobRow(id)).toMatchObject({ status: 'pending', attempt: 0, fence: 10 })
    const statuses: string[] = []
    while ((await jobRow(id))!.status === ('pending' as never)) {
      await becomeDue(id)
      const runner = await claimAsRunner('interrupted')
      const { status } = await expectJson<{ status: string }>(await runner.release(), 200)
      // The same request again returns the same status.
      expect(await expectJson(await runner.release(), 200)).toEqual({ status })
      statuses.push(status)
    }
    expect(statuses).toEqual(['pending', 'pending', 'error'])
    expect(await jobRow(id)).toMatchObject({ attempt: 3, error_code: 'runner_lost' })
    expect((await jobRow(id))!.error).toContain('interrupted: shutting down. The job had been')
  })

  it('waits for its retry once it counts, as other failures do', async () => {
    await addQueue('delayed')
    const { id } = await createOne('delayed.mp4', 'w_640', { queue: 'delayed' })
    await interrupt('delayed', 10)
    const before = Date.now()
    await expectJson(await (await claimAsRunner('delayed')).release(), 200)
    expect((await jobRow(id))!.run_after).toBeGreaterThan(before + 3_000)
  })

  it('does not count again after a retry by hand', async () => {
    await addQueue('by-hand')
    const { id } = await createOne('by-hand.mp4', 'w_640', { queue: 'by-hand' })
    await interrupt('by-hand', 10)
    await expectJson(await (await claimAsRunner('by-hand')).fail('input_invalid'), 200)
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    await interrupt('by-hand', 10)
    expect(await jobRow(id)).toMatchObject({ status: 'pending', attempt: 0 })
  })

  it('counts in the same way if the original is replaced during every attempt', async () => {
    await addQueue('replaced')
    const { id } = await createOne('changing.mp4', 'w_640', { queue: 'replaced' })
    for (let n = 0; n < 10; n++) {
      const runner = await claimAsRunner('replaced')
      await putOriginal('changing.mp4', `version ${n}`)
      const finished = await runner.complete(await runner.upload())
      expect(await expectJson(finished, 200)).toEqual({ status: 'pending' })
    }
    expect(await jobRow(id)).toMatchObject({ attempt: 0, interruptions: 10 })
    const runner = await claimAsRunner('replaced')
    await putOriginal('changing.mp4', 'the last version')
    await expectJson(await runner.complete(await runner.upload()), 200)
    expect(await jobRow(id)).toMatchObject({ status: 'pending', attempt: 1 })
    expect((await jobRow(id))!.error).toContain('a file that it reads was replaced or deleted')
  })

  it('of one job has no effect on another', async () => {
    await addQueue('two-jobs')
    const { id } = await createOne('first.mp4', 'w_640', { queue: 'two-jobs', priority: 1 })
    await interrupt('two-jobs', 10)
    await expectJson(await (await claimAsRunner('two-jobs')).release(), 200)
    expect(await jobRow(id)).toMatchObject({ attempt: 1 })
    await createOne('second.mp4', 'w_640', { queue: 'two-jobs' })
    await interrupt('two-jobs', 10)
  })
})
