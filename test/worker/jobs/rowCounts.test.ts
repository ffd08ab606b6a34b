/**
 * Upper bounds for the rows that the use cases read and write with 100,000 jobs in the database.
 */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Plan } from '../../../src/contract/plan.ts'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { claimNextJob, reportProgress } from '../../../src/db/leases.ts'
import { insertJobs } from '../../../src/db/insertJobs.ts'
import { findJob, listAttempts } from '../../../src/db/jobs.ts'
import { findNewestJob } from '../../../src/db/newestJob.ts'
import { UNRESTRICTED, type Restriction, ROOT } from '../../../src/domain/caller.ts'
import { createJobs } from '../../../src/services/jobs/createJobs.ts'
import { claimJob } from '../../../src/services/jobs/claimJob.ts'
import { findChunkSource } from '../../../src/services/jobs/jobSource.ts'
import { recordReport } from '../../../src/services/jobs/recordReport.ts'
import { beginOutput, putPart } from '../../../src/services/jobs/outputUpload.ts'
import { finishAttempt } from '../../../src/services/jobs/finishAttempt.ts'
import { listJobs } from '../../../src/services/jobs/listJobs.ts'
import { runBatch } from '../../../src/services/jobs/jobBatch.ts'
import { readHistory } from '../../../src/services/queues/history.ts'
import { readMetrics } from '../../../src/services/queues/metrics.ts'
import { readStats } from '../../../src/services/queues/stats.ts'
import { runWatchdog } from '../../../src/services/maintenance/watchdog.ts'
import { jobBatch } from '../../../src/contract/jobBatch.ts'
import { listJobs as listQuery } from '../../../src/contract/job.ts'
import { completeJob } from '../../../src/db/completeJob.ts'
import { recordOutput } from '../../../src/db/outputs.ts'
import { generateJobId } from '../../../src/services/jobs/newJobs.ts'
import { OUTPUT } from '../helpers/fakeRunner.ts'
import { meter } from '../helpers/meteredDatabase.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { db, openPlatform, readCounters } from '../helpers/database.ts'
import type { JobRow } from '../../../src/db/rows.ts'

const JOBS = 100_000
const CHUNK = 20_000
const RUNNER = { id: 'runner', secretHash: 'the hash of its secret' }
const { d1, cost } = meter(env.DB)
const { platform, settled } = openPlatform(d1)
function run(sql: string, ...values: unknown[]) {
  return env.DB.prepare(sql)
    .bind(...values)
    .run()
}

beforeAll(async () => {
  await run("INSERT INTO queues (name) VALUES ('other')")
  await run('UPDATE queues SET concurrency = 1000')
  // Statuses, priorities and queues are spread over all ages. Each file has 20 jobs.
  for (let from = 0; from < JOBS; from += CHUNK) {
    await run(
      `WITH RECURSIVE n(i) AS (
        SELECT CAST(?1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
      INSERT INTO jobs (id, queue, file_path, transformation, priority, max_attempts, lease_seconds,
        stall_seconds, timeout_seconds, source_etag, source_bytes, created_at, status, fence,
        attempt, started_at, completed_at, lease_expires_at)
      SELECT printf('job_%032x', i), iif(i % 5 = 0, 'other', 'default'),
        'videos/' || (i % 5000) || '.mp4', 'w_' || (640 + i / 5000), i / 10 % 10, 3, 30, 60, 600,
        'etag', 1000, i * 1000,
        CASE WHEN i % 1000 = 1 THEN 'running' WHEN i % 10 < 3 THEN 'pending'
          WHEN i % 10 < 8 THEN 'completed' WHEN i % 10 = 8 THEN 'error' ELSE 'cancelled' END,
        1, 1, i, iif(i % 1000 <> 1 AND i % 10 >= 3, i, NULL), iif(i % 1000 = 1, 9e15, NULL)
      FROM n`,
      from,
      from + CHUNK,
    )
  }
  await run(`UPDATE jobs SET tags = '["some"]' WHERE seq % 7 = 0`)
  await run("INSERT INTO job_tags SELECT 'some', seq FROM jobs WHERE seq % 7 = 0")
  // The trigger counts every inserted row as pending, so the counters are set here.
  for (const queue of ['default', 'other']) {
    const { counted } = await readCounters(queue)
    const set = Object.entries(counted!).map(([status, n]) => `${status} = ${n}`)
    await run(`UPDATE queues SET ${set.join(', ')} WHERE name = ?`, queue)
  }
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  for (let n = 0; n < 48; n++) {
    await run(
      'INSERT INTO queue_hourly_stats (queue, hour, completed) SELECT name, ?, 10 FROM queues',
      hour - n * 3_600_000,
    )
  }
  await putOriginal('videos/1.mp4')
}, 120_000)

/** A part of the middle of the table, by the times of creation. */
const DECADE = {
  createdAfter: new Date(40_000_000).toISOString(),
  createdBefore: new Date(60_000_000).toISOString(),
}

function batch(request: Record<string, unknown>) {
  return runBatch(platform, UNRESTRICTED, jobBatch.parse(request))
}

function page(query: Record<string, unknown>) {
  return async () => {
    const outcome = await listJobs(platform, UNRESTRICTED, listQuery.parse(query))
    if (!outcome.ok) {
      throw new Error(outcome.message)
    }
    return outcome.page
  }
}

describe('with 100,000 jobs', () => {
  it('stats read at most 5 rows for one queue, and 10 for two queues', async () => {
    const one = await cost(() => readStats(platform, UNRESTRICTED, 'default'))
    expect(one.rowsRead).toBeLessThanOrEqual(5)
    const all = await cost(() => readStats(platform, UNRESTRICTED, undefined))
    expect(all.result).toMatchObject({ stats: { total: JOBS } })
    expect(all.rowsRead).toBeLessThanOrEqual(10)
  })

  it('the metrics read at most 10 rows for two queues', async () => {
    const spent = await cost(() => readMetrics(platform, UNRESTRICTED))
    expect(spent.result.reelqueue_jobs).toHaveLength(10)
    expect(spent.rowsRead).toBeLessThanOrEqual(10)
  })

  it('the history of a queue reads at most 100 rows for 48 hours', async () => {
    const query = { queue: 'default', hours: 48, interval: 'hour' } as const
    const spent = await cost(() => readHistory(platform, UNRESTRICTED, query))
    expect(spent.result).toMatchObject({ history: { entries: Array(48).fill({ completed: 10 }) } })
    expect(spent.rowsRead).toBeLessThanOrEqual(100)
  })

  it.each([
    ['first page', {}],
    ['first page of a queue', { queue: 'other' }],
    ['first page of a status', { status: 'error' }],
    ['first page of a status of a queue', { status: 'error', queue: 'default' }],
    ['page deep in the table', { cursor: '5000' }],
    ['page of a status deep in the table', { cursor: '5000', status: 'completed' }],
    ['page of a queue deep in the table', { cursor: '5000', queue: 'other' }],
    [
      'page of a status of a queue deep in the table',
      { cursor: '5000', status: 'completed', queue: 'default' },
    ],
  ])('a %s of 50 jobs reads at most 110 rows', async (_, query) => {
    const { result, rowsRead, rowsWritten } = await cost(page({ limit: 50, ...query }))
    expect(result.count).toBe(50)
    for (const [key, value] of Object.entries(query)) {
      if (key !== 'cursor') {
        for (const job of result.jobs) {
          expect(job).toMatchObject({ [key]: value })
        }
      }
    }
    expect(rowsRead).toBeLessThanOrEqual(110)
    expect(rowsWritten).toBe(0)
  })

  it.each([
    ['first page', {}],
    ['page after 100 others', { offset: 100 }],
    ['page deep in the table', { cursor: '50000' }],
  ])('a %s of the pending jobs of all queues reads at most 1,000 rows', async (_, query) => {
    const spent = await cost(page({ limit: 50, status: 'pending', ...query }))
    expect(spent.result.jobs.map(({ status }) => status)).toEqual(Array(50).fill('pending'))
    const created = spent.result.jobs.map(({ createdAt }) => Date.parse(createdAt))
    expect(created).toEqual(created.toSorted((a, b) => b - a))
    expect(spent.rowsRead).toBeLessThanOrEqual(1_000)
  })

  it.each([
    ['of an error code', { errorCode: 'timeout' }, 0, 22_000],
    ['of a status in a time', { status: 'error', ...DECADE }, 50, 300],
    ['of a queue in a time', { queue: 'other', ...DECADE }, 50, 300],
    ['of a time', DECADE, 50, 300],
    ['of pending jobs in a time', { status: 'pending', ...DECADE }, 50, 1_000],
    ['of a tag', { tag: 'some' }, 50, 300],
    ['of a tag and a status', { tag: 'some', status: 'error' }, 50, 2_000],
    ['of a folder', { pathPrefix: 'videos' }, 50, 30_200],
  ])('a page %s reads a bounded number of rows', async (_, query, count, maxRead) => {
    const { result, rowsRead } = await cost(page({ limit: 50, ...query }))
    expect(result.count).toBe(count)
    expect(rowsRead).toBeLessThanOrEqual(maxRead)
  })

  it('a dry run reads at most 31,000 rows, and a batch of 100 jobs at most 8,000', async () => {
    const filter = { status: 'error', queue: 'default' } as const
    const counted = await cost(() => batch({ action: 'retry', filter, dryRun: true }))
    expect(counted.result).toMatchObject({ result: { count: 10_000 } })
    expect(counted.rowsRead).toBeLessThanOrEqual(31_000)
    expect(counted.rowsWritten).toBe(0)
    expect(counted.depth).toBe(1)
    const changed = await cost(() => batch({ action: 'delete', filter }))
    expect(changed.result).toMatchObject({ result: { count: 100, done: 100 } })
    expect(changed.rowsRead).toBeLessThanOrEqual(8_000)
    expect(changed.rowsWritten).toBeLessThanOrEqual(2_500)
    expect(changed.depth).toBe(2)
    await settled()
  })

  it('the 20 jobs of a file are listed with at most 45 rows read', async () => {
    const query = { limit: 50, filePath: 'videos/7.mp4' }
    const { result, rowsRead } = await cost(page(query))
    expect(result.count).toBe(20)
    expect(rowsRead).toBeLessThanOrEqual(45)
  })

  const folder = { queue: null, pathPrefix: 'videos/' }
  const listFolder = (restriction: Restriction, query: Record<string, unknown>) => () =>
    listJobs(platform, restriction, listQuery.parse({ limit: 50, ...query }))

  it.each([
    [{}],
    [{ status: 'completed' }],
    [{ queue: 'other' }],
    [{ status: 'error', queue: 'default', offset: 100 }],
    [{ cursor: '50000' }],
  ])('a page %j of a folder with all jobs reads at most 30,200 rows', async (query) => {
    const spent = await cost(listFolder(folder, query))
    expect(spent.result).toMatchObject({ ok: true, page: { count: 50 } })
    expect(spent.rowsRead).toBeLessThanOrEqual(3 * 10_000 + 200)
  })

  it.each([[{}], [{ status: 'pending' }], [{ queue: 'default' }], [{ cursor: '99990' }]])(
    'a page %j of a folder with 200 jobs reads at most 900 rows',
    async (query) => {
      await run(
        "UPDATE jobs SET file_path = 'few/' || seq || '.mp4' WHERE seq % 1000 IN (1, 3) AND file_path LIKE 'videos/%'",
      )
      const spent = await cost(listFolder({ queue: null, pathPrefix: 'few/' }, query))
      expect(spent.result).toMatchObject({ ok: true, page: { count: expect.any(Number) } })
      expect(spent.rowsRead).toBeLessThanOrEqual(4 * 200 + 100)
    },
  )

  it('an empty folder is listed as one empty page, with at most 10 rows read', async () => {
    const { result, rowsRead } = await cost(
      listFolder({ queue: null, pathPrefix: 'videos/77/' }, {}),
    )
    expect(result).toMatchObject({ page: { count: 0, nextCursor: null } })
    expect(rowsRead).toBeLessThanOrEqual(10)
  })

  it('stats of a folder count at most 10,000 jobs, and are partial if it has more', async () => {
    const all = await cost(() => readStats(platform, folder, undefined))
    expect(all.result).toMatchObject({ stats: { total: 10_000, partial: true } })
    expect(all.rowsRead).toBeLessThanOrEqual(4 * 10_000)
    const few = await cost(() =>
      readStats(platform, { queue: null, pathPrefix: 'few/' }, undefined),
    )
    expect(few.result).toMatchObject({ stats: { total: 200, partial: false } })
    expect(few.rowsRead).toBeLessThanOrEqual(1_000)
  })

  it('a large folder with old jobs only is listed by cursors, in bounded steps', async () => {
    await run(
      "UPDATE jobs SET file_path = 'old/' || seq || '.mp4' WHERE seq <= 12000 AND file_path LIKE 'videos/%'",
    )
    let cursor: string | null = null
    for (let pages = 0; pages < 20; pages++) {
      const query: Record<string, unknown> = cursor === null ? {} : { cursor }
      const spent = await cost(listFolder({ queue: null, pathPrefix: 'old/' }, query))
      if (!spent.result.ok) {
        throw new Error(spent.result.message)
      }
      expect(spent.rowsRead).toBeLessThanOrEqual(3 * 10_000 + 200)
      const { page } = spent.result
      cursor = page.nextCursor
      if (page.count === 0) {
        continue
      }
      expect(pages).toBeGreaterThan(5)
      const seqs = page.jobs.map(({ filePath }) => Number(/^old\/(\d+)/.exec(filePath)![1]))
      expect(seqs[0]).toBeGreaterThan(11_990)
      expect(seqs).toEqual(seqs.toSorted((a, b) => b - a))
      return
    }
    throw new Error('all pages were empty')
  })

  it('a job is found by its id with at most 2 rows read', async () => {
    const id = 'job_0000000000000000000000000000c350'
    const { result, rowsRead } = await cost(() => findJob(platform.db, id, UNRESTRICTED))
    expect(result?.id).toBe(id)
    expect(rowsRead).toBeLessThanOrEqual(2)
  })

  it('the attempts of a job are listed with at most 10 rows read', async () => {
    const id = 'job_0000000000000000000000000000c353'
    const list = () => listAttempts(platform.db, id, { queue: 'default', pathPrefix: 'videos/' })
    const { result, rowsRead } = await cost(list)
    expect(result).toMatchObject([{ jobId: id, outcome: 'completed' }])
    expect(rowsRead).toBeLessThanOrEqual(10)
  })

  it.each([
    ['status of a file', null],
    ['status of a variant', 'w_645'],
    ['status of a variant without a job', 'w_2'],
  ])('the %s is looked up by its path with at most 5 rows read', async (_, variant) => {
    const find = () => findNewestJob(platform.db, 'videos/4321.mp4', variant, UNRESTRICTED)
    const { result, rowsRead } = await cost(find)
    expect(result?.transformation).toBe(variant === 'w_2' ? undefined : (variant ?? 'w_659'))
    expect(rowsRead).toBeLessThanOrEqual(5)
  })

  it('a watchdog run with nothing to do reads at most 220 rows with 100 running jobs', async () => {
    await run("UPDATE queues SET paused = 1 WHERE name = 'other'")
    const spent = await cost(() => runWatchdog(platform, 'other'))
    expect(spent.rowsRead).toBeLessThanOrEqual(10)
    expect(spent.rowsWritten).toBe(0)
    const busy = await cost(() => runWatchdog(platform, 'default'))
    // Each running job is read twice: for expired leases, and for the next expiry.
    expect(busy.rowsRead).toBeLessThanOrEqual(220)
    expect(busy.rowsWritten).toBe(0)
  })

  it('creating a job reads at most 15 rows and writes at most 15', async () => {
    const request = { filePath: 'videos/1.mp4', transformations: ['w_100'], queue: 'default' }
    const spent = await cost(() => createJobs(platform, ROOT, request, null))
    expect(spent.result).toMatchObject({ ok: true, jobs: [{ deduplicated: false }] })
    expect(spent.rowsRead).toBeLessThanOrEqual(15)
    expect(spent.rowsWritten).toBeLessThanOrEqual(15)
    await settled()
  })

  it('creating a job by a key with a maximum of queued jobs reads at most 20 rows', async () => {
    const caller = { ...ROOT, keyId: 'key_1', maxQueuedJobs: 5 }
    const request = { filePath: 'videos/1.mp4', transformations: ['w_102'], queue: 'default' }
    const spent = await cost(() => createJobs(platform, caller, request, null))
    expect(spent.result).toMatchObject({ ok: true, jobs: [{ deduplicated: false }] })
    expect(spent.rowsRead).toBeLessThanOrEqual(20)
    await settled()
  })
})

describe('an attempt with 100,000 jobs', () => {
  let row: JobRow
  const claimNext = () => claimNextJob(platform.db, 'default', RUNNER, Date.now())

  it('a claim reads at most 30 rows and writes at most 20', async () => {
    const spent = await cost(claimNext)
    expect(spent.result).toMatchObject({ status: 'running', priority: 0 })
    expect(spent.rowsRead).toBeLessThanOrEqual(30)
    expect(spent.rowsWritten).toBeLessThanOrEqual(20)
  })

  it('a claim reads at most 30 rows if 1,000 jobs with priority 0 wait for a retry', async () => {
    await run(
      `UPDATE jobs SET run_after = 9e15, priority = 0 WHERE seq IN (
        SELECT seq FROM jobs WHERE queue = 'default' AND status = 'pending' LIMIT 1000)`,
    )
    const spent = await cost(claimNext)
    expect(spent.result).toMatchObject({ status: 'running', runAfter: null })
    expect(spent.rowsRead).toBeLessThanOrEqual(30)
    const watched = await cost(() => runWatchdog(platform, 'default'))
    expect(watched.rowsRead).toBeLessThanOrEqual(220)
    expect(watched.rowsWritten).toBe(0)
  })

  it('a claim without a result reads at most 20 rows and writes none', async () => {
    await run("UPDATE queues SET running = concurrency WHERE name = 'other'")
    const full = await cost(() => claimNextJob(platform.db, 'other', RUNNER, Date.now()))
    expect(full.result).toBeUndefined()
    expect(full.rowsRead).toBeLessThanOrEqual(20)
    await run("INSERT INTO queues (name) VALUES ('empty')")
    const none = await cost(() => claimNextJob(platform.db, 'empty', RUNNER, Date.now()))
    expect(none.rowsRead).toBeLessThanOrEqual(10)
    expect([full.rowsWritten, none.rowsWritten]).toEqual([0, 0])
  })

  it('a claim reads at most 150 rows if 5,000 unsuitable jobs come first', async () => {
    await run("INSERT INTO queues (name) VALUES ('mixed')")
    await run(
      `UPDATE jobs SET queue = 'mixed', priority = 0, size_class = 1 + seq % 5,
        required_encoders = '["aac","' || iif(seq % 2, 'libx265', 'libsvtav1') || '"]'
      WHERE seq IN (SELECT seq FROM jobs
        WHERE queue = 'default' AND status = 'pending' AND run_after IS NULL LIMIT 5000)`,
    )
    await run(
      `UPDATE jobs SET queue = 'mixed', priority = 9, size_class = 1, required_encoders = '["png"]' WHERE seq IN (
        SELECT seq FROM jobs WHERE queue = 'default' AND status = 'pending'
          AND run_after IS NULL LIMIT 1)`,
    )
    const capabilities = { encoders: ['png', 'aac'], diskBytes: 10e9 }
    const spent = await cost(() =>
      claimNextJob(platform.db, 'mixed', RUNNER, Date.now(), capabilities),
    )
    expect(spent.result).toMatchObject({ requiredEncoders: ['png'], status: 'running' })
    expect(spent.rowsRead).toBeLessThanOrEqual(150)
    const none = await cost(() =>
      claimNextJob(platform.db, 'mixed', RUNNER, Date.now(), capabilities),
    )
    expect(none.result).toBeUndefined()
    expect(none.rowsRead).toBeLessThanOrEqual(150)
  })

  it('the first report reads at most 3 rows and writes at most 2; the next ones need no query', async () => {
    row = (await claimNext())!
    const claimed = { jobId: row.id, fence: row.fence, runnerSecretHash: RUNNER.secretHash }
    const fields = { progress: 10, stage: 'encode', etaSeconds: 9 } as const
    const report = { ...fields, fps: 25, speed: 1.5, playable: false }
    const spent = await cost(() => recordReport(platform, claimed, report))
    expect(spent.result).toMatchObject({ ok: true })
    expect(spent.rowsRead).toBeLessThanOrEqual(3)
    expect(spent.rowsWritten).toBeLessThanOrEqual(2)
    const next = await cost(() => recordReport(platform, claimed, { ...report, progress: 11 }))
    expect(next).toMatchObject({ result: { ok: true }, roundTrips: 0 })
  })

  it('finishing an attempt reads at most 20 rows and writes at most 20', async () => {
    const message = { outcome: 'failed', fence: row.fence, errorCode: 'unsupported' } as const
    const details = { message: 'no', stderrTail: '', command: '', timings: {} }
    const claimed = { jobId: row.id, fence: row.fence, runnerSecretHash: RUNNER.secretHash }
    const spent = await cost(() => finishAttempt(platform, claimed, { ...message, ...details }))
    expect(spent.result).toEqual({ ok: true, status: 'error' })
    expect(spent.rowsRead).toBeLessThanOrEqual(20)
    expect(spent.rowsWritten).toBeLessThanOrEqual(20)
    await settled()
  })

  it('a claim fails at most 20 jobs whose file is missing', async () => {
    const request = {
      protocol: PROTOCOL_VERSION,
      runner: { id: 'r' },
      queues: ['default'],
      waitSeconds: 0,
    }
    const { stored: before } = await readCounters()
    const spent = await cost(() => claimJob(platform, request, RUNNER.secretHash))
    await settled()
    expect(spent.result).toBeNull()
    expect(spent.rowsRead).toBeLessThanOrEqual(20 * 40)
    const { stored: after } = await readCounters()
    expect(after).toEqual({ ...before!, pending: before!.pending - 20, error: before!.error + 20 })
  })
})

describe('the whole life of a job', () => {
  const SECONDS_OF_STAGES = { probe: 5, encode: 570, verify: 5, upload: 20 } as const
  const input = { ...OUTPUT, width: 1920, height: 1080 }
  const plan = { mode: 'encode', reason: 'It is smaller.', video: null, audio: null, notes: [] }
  afterEach(() => {
    vi.useRealTimers()
  })

  beforeAll(async () => {
    await run("INSERT INTO queues (name) VALUES ('life')")
  })

  /** Runs a job from its creation to its completion, with a report each second. */
  async function runJob(transformation: string) {
    const request = { filePath: 'videos/1.mp4', transformations: [transformation], queue: 'life' }
    expect(await createJobs(platform, ROOT, request, null)).toMatchObject({ ok: true })
    const claimRequest = {
      protocol: PROTOCOL_VERSION,
      runner: { id: 'r' },
      queues: ['life'],
      waitSeconds: 0,
    }
    const { jobId, fence } = (await claimJob(platform, claimRequest, RUNNER.secretHash))!
    const claim = { jobId, fence, runnerSecretHash: RUNNER.secretHash }
    let seconds = 0
    let upload = ''
    for (const [stage, duration] of Object.entries(SECONDS_OF_STAGES)) {
      for (let n = 0; n < duration; n++) {
        const report = {
          progress: ++seconds / 6.1,
          stage: stage as keyof typeof SECONDS_OF_STAGES,
          etaSeconds: 600 - seconds,
          fps: 25,
          speed: 1,
          playable: false,
          ...(stage === 'encode' && n === 0 && { input, plan: plan as Plan }),
        }
        if (stage === 'upload' && n === 0) {
          const begun = await beginOutput(platform, claim, { ...report, fence, sizeBytes: 30 })
          upload = begun.ok ? begun.uploadId : expect.fail(begun.message)
        }
        expect(await recordReport(platform, claim, report)).toMatchObject({ ok: true })
        vi.setSystemTime(Date.now() + 1_000)
      }
    }
    const body = new Response('the output').body!
    const target = { uploadId: upload, partNumber: 1, sizeBytes: 10 }
    const part = await putPart(platform, claim, target, { body })
    const finish = {
      outcome: 'completed',
      fence,
      uploadId: upload,
      output: OUTPUT,
      input,
      plan: plan as Plan,
      parts: part.ok ? [part.part] : expect.fail(part.message),
      stderrTail: 'frame= 100\n'.repeat(300),
      command: 'ffmpeg '.repeat(200),
      timings: { probe: 5_000, encode: 570_000 },
    } as const
    const finished = await finishAttempt(platform, claim, finish)
    expect(finished).toEqual({ ok: true, status: 'completed' })
    await settled()
    return jobId
  }

  /** Completes a job by the statements that the services use, with records of usual length. */
  async function completeJobOf(filePath: string) {
    const now = Date.now()
    const track = { action: 'encode', reason: 'The frame size changes from 1920x1080 to 640x360.' }
    const facts = { input, plan: { ...plan, video: track, audio: track } as unknown as Plan }
    const job = {
      id: generateJobId(now),
      transformation: 'w_640,q_60',
      priority: 2,
      requiredEncoders: ['aac', 'libx264'],
      sizeClass: 1,
      referenceFiles: [],
      destination: null,
    }
    await insertJobs(db, {
      filePath,
      queue: 'life',
      jobs: [job],
      source: { etag: crypto.randomUUID(), sizeBytes: 48_211_345 },
      idempotency: null,
      apiKeyId: `key_${crypto.randomUUID()}`,
      maxQueuedJobs: null,
      maxVisitorJobs: null,
      restriction: UNRESTRICTED,
      now,
    })
    const row = (await claimNextJob(db, 'life', RUNNER, now))!
    expect(row.id).toBe(job.id)
    const claim = { jobId: row.id, fence: row.fence }
    const state = { stage: 'encode', etaSeconds: 9.5, fps: 140.3, speed: 4.7 } as const
    await reportProgress(db, claim, { ...state, ...facts, progress: 1, playable: false }, now, true)
    const outputKey = `${row.id}/${row.fence}/${crypto.randomUUID()}`
    await recordOutput(db, claim, { key: outputKey, uploadId: 'u'.repeat(170) }, now)
    const finish = {
      outcome: 'completed' as const,
      fence: row.fence,
      ...facts,
      stderrTail: 'frame= 1500 fps=140 q=28.0 size= 2000kB time=00:00:59.00\n'.repeat(60),
      command: 'ffmpeg -nostdin -hide_banner -i source.mp4 -map 0:v:0 '.repeat(20),
      timings: { probe: 240, encode: 12_345, verify: 300, upload: 400 },
      uploadId: 'u',
      parts: [],
      output: OUTPUT,
    }
    const completion = { outputKey, output: OUTPUT, finish, isExported: false }
    const completed = await completeJob(db, claim, completion, now)
    expect(completed).toMatchObject({ status: 'completed' })
  }

  it('takes at most 2,500 bytes once it is completed', async () => {
    const jobs = 100
    const size = async () => (await run('SELECT 1')).meta.size_after
    const before = await size()
    for (let n = 0; n < jobs; n++) {
      const name = String(n).padStart(6, '0')
      await completeJobOf(`videos/2026/clip-${name}.mp4`)
    }
    expect(((await size()) - before) / jobs).toBeLessThanOrEqual(2_500)
  })

  it('writes at most 30 rows in 600 s of reports, and makes at most 10 round trips', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const spent = await cost(() => runJob('w_104'))
    expect(spent.rowsWritten).toBeLessThanOrEqual(30)
    expect(spent.roundTrips).toBeLessThanOrEqual(10)
  })
})

describe('the life of a chunk', () => {
  const VERSION = '1-0123456789abcdef'
  const FACTS = {
    sizeBytes: 10,
    frames: 750,
    samples: null,
    timescale: 25,
    startTicks: 0,
    endTicks: 750,
    decoderConfig: 'b'.repeat(64),
  }
  const VIDEO = { kind: 'video', startSeconds: 0, endSeconds: 30, frames: 750 } as const
  const CHUNKS = 100

  beforeAll(async () => {
    await run("INSERT INTO queues (name, concurrency, max_chunks_at_once) VALUES ('film', 50, 50)")
  })

  function claimAs(id: string) {
    const runner = {
      id,
      encoders: ['libx264', 'aac'],
      chunkVersion: VERSION,
      probeVersion: VERSION,
    }
    const request = { protocol: PROTOCOL_VERSION, runner, queues: ['film'], waitSeconds: 0 }
    return claimJob(platform, request, RUNNER.secretHash)
  }

  /** Claims a chunk, reports for 30 s, and completes it. */
  async function makeChunk() {
    const { jobId, fence } = (await claimAs('r'))!
    const claim = { jobId, fence, runnerSecretHash: RUNNER.secretHash }
    const report = { stage: 'encode', etaSeconds: 9, fps: 25, speed: 1, playable: false } as const
    for (let second = 0; second < 30; second++) {
      await recordReport(platform, claim, { ...report, progress: second })
    }
    const request = { ...report, fence, progress: 90, sizeBytes: 10 }
    const begun = await beginOutput(platform, claim, request)
    const uploadId = begun.ok ? begun.uploadId : expect.fail(begun.message)
    const body = new Response('the output').body!
    const part = await putPart(
      platform,
      claim,
      { uploadId, partNumber: 1, sizeBytes: 10 },
      { body },
    )
    const finished = await finishAttempt(platform, claim, {
      outcome: 'completed',
      fence,
      uploadId,
      parts: part.ok ? [part.part] : expect.fail(part.message),
      output: OUTPUT,
      stderrTail: '',
      command: 'ffmpeg',
      timings: { encode: 30_000 },
      chunk: FACTS,
    })
    expect(finished).toEqual({ ok: true, status: 'completed' })
    await settled()
  }

  it('writes at most 12 rows when the job is split, and 15 while it is made, in 8 round trips', async () => {
    const request = { filePath: 'videos/1.mp4', transformations: ['w_98'], queue: 'film' }
    expect(await createJobs(platform, ROOT, request, null)).toMatchObject({ ok: true })
    const { jobId, fence } = (await claimAs('lead'))!
    const split = await cost(() =>
      finishAttempt(
        platform,
        { jobId, fence, runnerSecretHash: RUNNER.secretHash },
        {
          outcome: 'split',
          fence,
          planKey: 'a'.repeat(64),
          seconds: 30 * CHUNKS,
          chunks: [
            ...Array.from({ length: CHUNKS }, () => VIDEO),
            { kind: 'join', startSeconds: 0, endSeconds: null, frames: null },
          ],
          probe: { version: VERSION, results: {} },
          stderrTail: '',
          command: '',
          timings: {},
        },
      ),
    )
    expect(split.result).toEqual({ ok: true, status: 'running' })
    expect(split.rowsWritten).toBeLessThanOrEqual(12 * CHUNKS)
    expect(split.roundTrips).toBeLessThanOrEqual(5)
    const spent = await cost(makeChunk)
    expect(spent.rowsRead).toBeLessThanOrEqual(3.5 * CHUNKS)
    expect(spent.rowsWritten).toBeLessThanOrEqual(15)
    expect(spent.roundTrips).toBeLessThanOrEqual(8)
  })

  it('finds the files of all chunks for the join with one more query, however many ranges are read', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await run(
      `UPDATE jobs SET status = 'completed', run_after = NULL, package_key = 'file of ' || seq
        WHERE queue = 'film' AND parent_id IS NOT NULL AND chunk ->> 'kind' <> 'join'`,
    )
    await run(
      `UPDATE jobs SET run_after = NULL
        WHERE queue = 'film' AND chunk ->> 'kind' = 'join'`,
    )
    const { results } = await env.DB.prepare(
      "SELECT package_key AS key FROM jobs WHERE queue = 'film' AND package_key IS NOT NULL ORDER BY chunk ->> 'index'",
    ).all<{ key: string }>()
    await Promise.all(results.map(({ key }) => env.VARIANTS.put(key, key)))
    const { jobId, fence, chunk } = (await claimAs('joiner'))!
    expect(chunk).toMatchObject({ kind: 'join' })
    const claim = { jobId, fence, runnerSecretHash: RUNNER.secretHash }
    const readAll = () =>
      Promise.all(results.map((_, index) => findChunkSource(platform, claim, index)))
    const first = await cost(() => findChunkSource(platform, claim, 0))
    expect(first.result).toMatchObject({ ok: true, file: { path: results[0]!.key } })
    const spent = await cost(async () => [...(await readAll()), ...(await readAll())])
    expect(spent.result.map((found) => found.ok && found.file.path)).toEqual(
      [...results, ...results].map(({ key }) => key),
    )
    expect(first.rowsRead).toBeLessThanOrEqual(1.1 * CHUNKS)
    expect(first.roundTrips).toBeLessThanOrEqual(2)
    expect(spent).toMatchObject({ rowsRead: 0, roundTrips: 0 })
  })
})
