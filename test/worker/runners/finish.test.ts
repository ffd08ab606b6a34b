/** Ends of attempts: a repeated finish has no effect, and the failure code decides on a retry. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { FAILURE_CODES } from '../../../src/contract/failureCode.ts'
import { api, expectJson } from '../helpers/requests.ts'
import { createJobs } from '../helpers/jobs.ts'
import {
  claimJob,
  claimAsRunner,
  startJob,
  OUTPUT,
  type FakeRunner,
} from '../helpers/fakeRunner.ts'
import { jobRow, readCounters, eventTypes } from '../helpers/database.ts'

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
    const { uploadId } = await runner.completeWith()
    const row = await jobRow(runner.jobId)
    expect(row).toMatchObject({ status: 'completed', progress: 100, error: null, stage: null })
    expect(JSON.parse(row!.timings!)).toEqual({ encode: 100 })
    const object = await env.DB.prepare(
      'SELECT v.*, o.upload_id, o.retired FROM variants v JOIN outputs o ON o.key = output_key WHERE v.job_id = ?',
    )
      .bind(runner.jobId)
      .first<{ output_key: string; size_bytes: number }>()
    expect(object).toMatchObject({ transformation: 'w_640', upload_id: uploadId, retired: 0 })
    const stored = (await env.VARIANTS.head(object!.output_key))!
    // The size is the one in R2, not the one that the runner reported.
    expect(JSON.parse(row!.output!)).toEqual({ ...OUTPUT, sizeBytes: stored.size })
    expect(object!.size_bytes).toBe(stored.size)
    expect(await attempts(runner.jobId)).toMatchObject([
      { outcome: 'completed', command: 'ffmpeg -i', stderr_tail: 'the last line' },
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

  it.each(FAILURE_CODES)('after %s ends the job or delays it by 4 to 6 s', async (code) => {
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
