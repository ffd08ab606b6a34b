import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import type { History, Stats } from '../../../src/contract/stats.ts'
import { METRICS } from '../../../src/contract/metrics.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'
import { createOne, readJob } from '../helpers/jobs.ts'
import { claimJob, claimAsRunner, fakeRunner } from '../helpers/fakeRunner.ts'
import { follow, type Message } from '../helpers/eventStream.ts'
import { addQueue, jobRow, countRows } from '../helpers/database.ts'

const NO_JOB = `job_${'0'.repeat(32)}`
async function stats() {
  return (await api('GET', '/queue/stats')).json<Record<string, unknown>>()
}

function isProgress(shown: number) {
  return ({ event, data }: Message) =>
    event === 'job:progress' && Math.floor(data['progress'] as number) === shown
}

/** Creates a job and lets it fail, and a control job that must stay pending. */
async function failedJob(filePath: string) {
  const { id } = await createOne(filePath)
  expect(
    (await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')).status,
  ).toBe(200)
  const control = await createOne(`control/${filePath}`)
  return { id, control }
}

describe('queue stats', () => {
  it('are zeros, not nulls, without jobs', async () => {
    const response = await api('GET', '/queue/stats')
    expect(response.status).toBe(200)
    const figures = { completed: 0, failed: 0, mediaSeconds: 0, processingSeconds: 0 }
    expect(await response.json()).toEqual({
      pending: 0,
      running: 0,
      completed: 0,
      error: 0,
      cancelled: 0,
      total: 0,
      oldestPendingAt: null,
      activeRunners: 0,
      partial: false,
      throughput: {
        thisHour: { from: expect.any(String), ...figures },
        lastHour: { from: expect.any(String), ...figures },
      },
      storage: { originals: { count: 0, bytes: 0 }, variants: { count: 0, bytes: 0 } },
    })
  })

  it('count jobs by status, and the throughput of this hour', async () => {
    await createOne('stats/done.mp4')
    await (await claimAsRunner()).completeWith('the output')
    await createOne('stats/failed.mp4')
    await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')
    await createOne('stats/running.mp4')
    const running = await claimAsRunner()
    const { id } = await createOne('stats/cancelled.mp4')
    await api('POST', `/queue/jobs/${id}/cancel`)
    const { createdAt } = await createOne('stats/pending.mp4')
    await createOne('stats/newer.mp4', 'w_640', { priority: 0 })
    expect(await stats()).toMatchObject({
      pending: 2,
      running: 1,
      completed: 1,
      error: 1,
      cancelled: 1,
      total: 6,
      oldestPendingAt: createdAt,
      activeRunners: 1,
      throughput: { thisHour: { completed: 1, failed: 1, mediaSeconds: 2.5 } },
    })
    await running.completeWith('the output')
    await (await claimAsRunner()).completeWith('the output')
    await (await claimAsRunner()).completeWith('the output')
    expect(await stats()).toMatchObject({ oldestPendingAt: null, activeRunners: 0 })
  })

  it('work with the maximum number of queues, and sum their throughput', async () => {
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
    const before = await stats()
    for (let n = await countRows('queues'); n < 100; n++) {
      await addQueue(`many-${n}`)
    }
    await env.DB.prepare(
      `INSERT INTO queue_hourly_stats (queue, hour, completed, failed, media_ms, processing_ms)
       SELECT name, ?, 1, 0, 0, 0 FROM queues WHERE name LIKE 'many-%'`,
    )
      .bind(hour)
      .run()
    const response = await api('GET', '/queue/stats')
    const { throughput } = await expectJson<Stats>(response, 200)
    const { completed } = (before['throughput'] as Stats['throughput']).thisHour
    expect(throughput.thisHour.completed).toBe(completed + 99)
  })

  it('have a history by hour and by day, without gaps', async () => {
    await addQueue('history')
    await addQueue('history-control')
    const now = Date.UTC(2026, 10, 20, 1, 30)
    vi.useFakeTimers({ toFake: ['Date'], now })
    const record = (queue: string, hoursAgo: number) =>
      env.DB.prepare('INSERT INTO queue_hourly_stats VALUES (?, ?, 3, 1, 4500, 2000)')
        .bind(queue, Date.UTC(2026, 10, 20, 1 - hoursAgo))
        .run()
    await record('history-control', 1)
    await Promise.all([0, 1, 3, 4].map((hoursAgo) => record('history', hoursAgo)))
    const read = async (query: string) =>
      expectJson<History>(await api('GET', `/queue/stats/history?queue=history${query}`), 200)
    const one = { completed: 3, failed: 1, mediaSeconds: 4.5, processingSeconds: 2 }
    const none = { completed: 0, failed: 0, mediaSeconds: 0, processingSeconds: 0 }
    expect(await read('&hours=4')).toEqual({
      interval: 'hour',
      partial: false,
      entries: [
        { from: '2026-11-19T22:00:00.000Z', ...one },
        { from: '2026-11-19T23:00:00.000Z', ...none },
        { from: '2026-11-20T00:00:00.000Z', ...one },
        { from: '2026-11-20T01:00:00.000Z', ...one },
      ],
    })
    // The first day is counted whole, also the hour before the last four.
    const two = { completed: 6, failed: 2, mediaSeconds: 9, processingSeconds: 4 }
    expect((await read('&hours=4&interval=day')).entries).toEqual([
      { from: '2026-11-19T00:00:00.000Z', ...two },
      { from: '2026-11-20T00:00:00.000Z', ...two },
    ])
    const all = await expectJson<History>(await api('GET', '/queue/stats/history?hours=4'), 200)
    expect(all.entries.map(({ completed }) => completed)).toEqual([3, 0, 6, 3])
    vi.useRealTimers()
    expect((await read('')).entries).toHaveLength(24)
    for (const query of ['hours=0', 'hours=745', 'interval=week']) {
      await expectError(await api('GET', `/queue/stats/history?${query}`), 400, 'invalid_request')
    }
    await expectError(
      await api('GET', '/queue/stats/history?queue=nowhere'),
      404,
      'queue_not_found',
    )
  })

  it('return 404 for a queue that does not exist', async () => {
    expect((await api('GET', '/queue/stats?queue=nowhere')).status).toBe(404)
  })
})

describe('metrics', () => {
  beforeAll(async () => {
    await expectJson(await api('POST', '/webhooks', { url: 'https://hooks.example.com/' }), 201)
  })

  /** The value of each series of a queue, by its name and its other labels. */
  async function readMetrics(queue: string) {
    const response = await api('GET', '/metrics?include=streams')
    expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const series = [...(await response.text()).matchAll(/^([a-z_]+)(?:\{(.*)\})? ([\d.e+]+)$/gm)]
    expect(new Set(series.map(([, name]) => name))).toEqual(new Set(Object.keys(METRICS)))
    return Object.fromEntries(
      series
        .filter(([, , labels]) => labels?.startsWith(`queue="${queue}"`))
        .map(([, name, labels, value]) => [
          `${name!.slice('reelqueue_'.length)} ${labels!.split(',')[1] ?? ''}`.trim(),
          Number(value),
        ]),
    )
  }
  const claimIn = async (queue: string) => fakeRunner((await claimJob(queue))!)

  it('count claims, ends, failures and stages of one queue, and of no other', async () => {
    for (const queue of ['metered', 'metered-control']) {
      await addQueue(queue)
      await createOne(`${queue}/waits.mp4`, 'w_640', { queue, priority: 9 })
    }
    const control = await readMetrics('metered-control')
    expect(control).toMatchObject({ 'jobs status="pending"': 1, claims_total: 0 })
    const queue = 'metered'
    await createOne('metered/done.mp4', 'w_640', { queue })
    await (await claimIn(queue)).completeWith('the output')
    await createOne('metered/fails.mp4', 'w_640', { queue, maxAttempts: 2 })
    await (await claimIn(queue)).fail('stalled')
    expect(await readMetrics(queue)).toMatchObject({
      'attempt_failures_total code="stalled"': 1,
      'jobs_ended_total status="error"': 0,
      'jobs status="pending"': 2,
    })
    await env.DB.prepare(
      "UPDATE jobs SET run_after = 1 WHERE file_path = 'metered/fails.mp4'",
    ).run()
    const last = await claimIn(queue)
    expect(await readMetrics(queue)).toMatchObject({ active_runners: 1 })
    await last.fail('stalled')
    const metrics = await readMetrics(queue)
    expect(metrics).toMatchObject({
      claims_total: 3,
      active_runners: 0,
      'attempt_failures_total code="stalled"': 2,
      'attempt_failures_total code="timeout"': 0,
      'jobs status="pending"': 1,
      'jobs_ended_total status="completed"': 1,
      'jobs_ended_total status="error"': 1,
      media_seconds_total: 2.5,
    })
    expect(metrics['stage_seconds_total stage="encode"']).toBeGreaterThan(0)
    expect(metrics['oldest_pending_job_age_seconds']).toBeGreaterThan(0)
    const age = expect.any(Number) as number
    expect(await readMetrics('metered-control')).toEqual({
      ...control,
      oldest_pending_job_age_seconds: age,
    })
    expect((await readQueue(queue)).totals).toBeUndefined()
    const key = await makeKey({ scopes: ['metrics:read'], queue })
    const own = await (await key.call('GET', '/metrics')).text()
    expect(own).toContain('reelqueue_claims_total{queue="metered"} 3\n')
    expect(own).not.toMatch(/metered-control|database/)
  })

  const readQueue = async (queue: string) =>
    expectJson<Record<string, unknown>>(await api('GET', `/queues/${queue}`), 200)

  it('are not for keys with a path prefix', async () => {
    const body = { name: 'x', scopes: ['metrics:read'], pathPrefix: 'a' }
    await expectError(await api('POST', '/api-keys', body), 400, 'invalid_request')
  })
})

describe('a job', () => {
  it('begins with eight fields in a fixed order; a completed one has an outputPath', async () => {
    const { id } = await createOne('one/clip.mp4')
    const response = await api('GET', `/queue/jobs/${id}`)
    expect(response.status).toBe(200)
    const job = await response.json<object>()
    expect(Object.keys(job).slice(0, 8)).toEqual([
      'id',
      'filePath',
      'status',
      'priority',
      'progress',
      'startedAt',
      'completedAt',
      'error',
    ])
    expect(job).toMatchObject({
      id: expect.stringMatching(/^job_/),
      filePath: 'one/clip.mp4',
      status: 'pending',
      priority: 2,
      progress: 0,
      startedAt: null,
      completedAt: null,
      error: null,
      outputPath: null,
      transformation: 'w_640',
    })
    await (await claimAsRunner()).completeWith('the output')
    const done = await readJob(id)
    expect(done).toMatchObject({ status: 'completed', progress: 100, attempt: 1 })
    expect(done.outputPath).toBe('/t/w_640/one/clip.mp4')
    expect(done.completedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('returns 404 if it does not exist', async () => {
    const response = await api('GET', `/queue/jobs/${NO_JOB}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'job_not_found' })
  })
})

describe('progress', () => {
  it('is a whole number in jobs, lists, statuses and events', async () => {
    const filePath = 'progress/clip.mp4'
    const { id } = await createOne(filePath)
    const runner = await claimAsRunner()
    const stream = await follow(`?jobId=${id}`)
    for (const [reported, shown] of [
      [0.4, 0],
      [62.0317385, 62],
      [99.999, 99],
    ] as const) {
      expect((await runner.report(reported)).status).toBe(200)
      const { data } = await stream.first(isProgress(shown))
      expect(data['progress']).toBe(shown)
      expect((await readJob(id)).progress).toBe(shown)
      const list = await expectJson<{ jobs: Job[] }>(await api('GET', '/queue/jobs'), 200)
      expect(list.jobs.find((job) => job.id === id)!.progress).toBe(shown)
      const status = await api('GET', `/video-status/${filePath}`)
      expect(await expectJson(status, 200)).toMatchObject({ progress: shown })
    }
    await stream.close()
    await api('DELETE', `/queue/jobs/${id}`)
  })
})

describe('retry', () => {
  it('makes a failed job pending again and counts its attempts from 0', async () => {
    const { id, control } = await failedJob('retry/failed.mp4')
    expect(await readJob(id)).toMatchObject({ status: 'error', error: 'The file is no video.' })
    const response = await api('POST', `/queue/jobs/${id}/retry`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ success: true, message: 'Job queued for retry' })
    expect(await jobRow(id)).toMatchObject({ status: 'pending', attempt: 0, error: null })
    expect((await claimAsRunner()).jobId).toBe(id)
    expect(await jobRow(control.id)).toMatchObject({ status: 'pending', fence: 0 })
    await api('DELETE', `/queue/jobs/${id}`)
    await api('DELETE', `/queue/jobs/${control.id}`)
  })

  it('returns 400 for a pending or missing job, and changes nothing', async () => {
    const { id } = await createOne('retry/pending.mp4')
    const before = await jobRow(id)
    for (const jobId of [id, NO_JOB]) {
      const response = await api('POST', `/queue/jobs/${jobId}/retry`)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'job_not_retryable' })
    }
    expect(await jobRow(id)).toEqual(before)
    await api('DELETE', `/queue/jobs/${id}`)
  })
})

describe('cancel', () => {
  it('cancels a pending job, which no runner can claim', async () => {
    const { id } = await createOne('cancel/pending.mp4')
    const response = await api('POST', `/queue/jobs/${id}/cancel`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ success: true, message: 'Job cancelled' })
    expect(await readJob(id)).toMatchObject({ status: 'cancelled', error: null })
    expect(await claimJob()).toBeNull()
  })

  it('returns 400 for a running job without force, and cancels it with force', async () => {
    const { id } = await createOne('cancel/running.mp4')
    const runner = await claimAsRunner()
    const rejected = await api('POST', `/queue/jobs/${id}/cancel`, {})
    expect(rejected.status).toBe(400)
    expect((await rejected.json<{ message: string }>()).message).toContain('{"force": true}')
    expect(await jobRow(id)).toMatchObject({ status: 'running', fence: runner.fence })

    const forced = await api('POST', `/queue/jobs/${id}/cancel`, { force: true })
    expect(forced.status).toBe(200)
    expect(await jobRow(id)).toMatchObject({ status: 'cancelled', lease_expires_at: null })
    expect((await runner.fail('input_invalid', 'too late')).status).toBe(409)
  })

  it('accepts a JSON content type without a body', async () => {
    const { id } = await createOne('cancel/empty.mp4')
    const headers = { 'Content-Type': 'application/json' }
    expect((await api('POST', `/queue/jobs/${id}/cancel`, undefined, headers)).status).toBe(200)
    expect(await jobRow(id)).toMatchObject({ status: 'cancelled' })
  })

  it('returns 400 for a job that does not exist or is cancelled', async () => {
    const { id } = await createOne('cancel/twice.mp4')
    await api('POST', `/queue/jobs/${id}/cancel`)
    for (const jobId of [id, NO_JOB]) {
      const response = await api('POST', `/queue/jobs/${jobId}/cancel`)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'job_not_cancellable' })
    }
  })
})

describe('delete', () => {
  it('deletes one job and no other', async () => {
    const { id } = await createOne('delete/gone.mp4')
    const { id: other } = await createOne('delete/kept.mp4')
    const response = await api('DELETE', `/queue/jobs/${id}`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ success: true, message: 'Job deleted' })
    expect(await jobRow(id)).toBeNull()
    expect((await api('GET', `/queue/jobs/${id}`)).status).toBe(404)
    expect(await readJob(other)).toMatchObject({ status: 'pending' })
    await api('DELETE', `/queue/jobs/${other}`)
  })

  it('returns 400 for a job that does not exist', async () => {
    const before = await countRows('jobs')
    const response = await api('DELETE', `/queue/jobs/${NO_JOB}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'job_not_deletable' })
    expect(await countRows('jobs')).toBe(before)
  })
})
