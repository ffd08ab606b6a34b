/** Claims: the order of jobs, the queue's concurrency, and the content of an assignment. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { findJob } from '../../../src/db/jobs.ts'
import { UNRESTRICTED } from '../../../src/domain/caller.ts'
import { applyEvent, insertJob, insertJobIn } from '../helpers/jobStore.ts'
import { asRunner, expectJson } from '../helpers/requests.ts'
import { putOriginal, createJobs } from '../helpers/jobs.ts'
import { claimAsRunner, claimJob } from '../helpers/fakeRunner.ts'
import { db, jobRow, readCounters } from '../helpers/database.ts'
import { WAIT } from '../helpers/wait.ts'

function run(sql: string, ...values: unknown[]) {
  return env.DB.prepare(sql)
    .bind(...values)
    .run()
}

beforeEach(async () => {
  await run('DELETE FROM jobs')
  await run("DELETE FROM queues WHERE name <> 'default'")
  await run("UPDATE queues SET concurrency = 5, paused = 0 WHERE name = 'default'")
  await run("INSERT INTO queues (name) VALUES ('other')")
})

/** Claims until no job is left; returns the paths in the order of the claims. */
async function claimAll(queue = 'default', now = Date.now()) {
  const paths: string[] = []
  for (;;) {
    const row = await applyEvent('claim', { id: '', fence: 0, queue }, now)
    if (!row) {
      return paths
    }
    paths.push(row.filePath)
  }
}

describe('a claim', () => {
  it('takes the job with the lowest priority number, and of equal ones the oldest', async () => {
    await insertJob({ filePath: 'second', priority: 2 })
    await insertJob({ filePath: 'third', priority: 2 })
    await insertJob({ filePath: 'last', priority: 9 })
    await insertJob({ filePath: 'first', priority: 0 })
    expect(await claimAll()).toEqual(['first', 'second', 'third', 'last'])
  })

  it('takes no job of another queue', async () => {
    await insertJob({ queue: 'other', filePath: 'theirs', priority: 0 })
    await insertJob({ filePath: 'ours' })
    expect(await claimAll()).toEqual(['ours'])
    expect(await claimAll('other')).toEqual(['theirs'])
  })

  it('returns nothing from a paused queue, and jobs from others', async () => {
    const waiting = await insertJob()
    await insertJob({ queue: 'other', filePath: 'theirs' })
    await run("UPDATE queues SET paused = 1 WHERE name = 'default'")
    expect(await claimAll()).toEqual([])
    expect(await findJob(db, waiting.id, UNRESTRICTED)).toEqual(waiting)
    expect(await claimAll('other')).toEqual(['theirs'])
    await run("UPDATE queues SET paused = 0 WHERE name = 'default'")
    expect(await claimAll()).toEqual([waiting.filePath])
  })

  it('does not exceed the concurrency, and takes one more when one has ended', async () => {
    for (let n = 0; n < 7; n++) {
      await insertJob({ filePath: `${n}` })
    }
    expect(await claimAll()).toEqual(['0', '1', '2', '3', '4'])
    const { results } = await env.DB.prepare("SELECT * FROM jobs WHERE file_path = '3'").all()
    await applyEvent('complete', results[0] as never)
    expect(await claimAll()).toEqual(['5'])
  })

  it('never takes a job that waits for its retry, and takes it in order once it is due', async () => {
    const now = Date.now()
    const failed = await insertJobIn('running', { filePath: 'retried', priority: 1 })
    const delayed = (await applyEvent('backOff', failed, now))!
    await insertJob({ filePath: 'new', priority: 2 })
    await insertJob({ filePath: 'urgent', priority: 0 })
    expect(delayed.runAfter).toBe(now + 60_000)
    expect(await applyEvent('claim', failed, now + 59_999)).toMatchObject({ filePath: 'urgent' })
    expect(await findJob(db, failed.id, UNRESTRICTED)).toEqual(delayed)
    expect(await claimAll('default', now + 60_000)).toEqual(['retried', 'new'])
  })

  it('increments the fence, and is recorded as an attempt', async () => {
    const job = await insertJob()
    const fences: number[] = []
    for (const event of ['release', 'release', 'fail'] as const) {
      const claimed = (await applyEvent('claim', job))!
      fences.push(claimed.fence)
      expect(claimed.attempt).toBe(1)
      await applyEvent(event, claimed)
    }
    expect(fences).toEqual([1, 2, 3])
    const { results } = await env.DB.prepare(
      'SELECT fence, attempt, outcome FROM attempts WHERE job_id = ? ORDER BY fence',
    )
      .bind(job.id)
      .all()
    expect(results).toEqual([
      { fence: 1, attempt: 1, outcome: 'released' },
      { fence: 2, attempt: 1, outcome: 'released' },
      { fence: 3, attempt: 1, outcome: 'failed' },
    ])
  })
})

describe('twenty concurrent claims of fifty jobs with a concurrency of five', () => {
  const expectFive = async (claimed: (string | undefined)[]) => {
    const ids = claimed.filter((id) => id !== undefined)
    expect(ids).toHaveLength(5)
    expect(new Set(ids).size).toBe(5)
    const { stored, counted } = await readCounters()
    expect(stored).toEqual({ pending: 45, running: 5, completed: 0, error: 0, cancelled: 0 })
    expect(counted).toEqual(stored)
  }

  it('take five different jobs', async () => {
    for (let n = 0; n < 50; n++) {
      await insertJob()
    }
    const claims = Array.from({ length: 20 }, () =>
      applyEvent('claim', { id: '', fence: 0, queue: 'default' }),
    )
    await expectFive((await Promise.all(claims)).map((row) => row?.id))
  })

  it('take five different jobs through the gateway', async () => {
    for (let n = 0; n < 50; n++) {
      await insertJob({ filePath: `${n}.mp4` })
    }
    for (let n = 0; n < 50; n++) {
      await putOriginal(`${n}.mp4`)
    }
    const claims = Array.from({ length: 20 }, (_, n) => claimJob('default', `runner-${n}`))
    await expectFive((await Promise.all(claims)).map((assignment) => assignment?.jobId))
  })
})

describe('a claim at the gateway', () => {
  it('returns the source, the rendition, the fence and the limits of the job', async () => {
    const [job] = await createJobs('videos/clip.mp4', ['w_640,q_60'])
    const source = await env.ORIGINALS.head('videos/clip.mp4')
    expect(await claimJob()).toEqual({
      jobId: job!.id,
      queue: 'default',
      fence: 1,
      attempt: 1,
      filePath: 'videos/clip.mp4',
      rendition: expect.objectContaining({ kind: 'video', width: 640, quality: 60 }) as never,
      source: { sizeBytes: source!.size, etag: source!.etag },
      references: [],
      leaseSeconds: 30,
      stallSeconds: 60,
      timeoutSeconds: 14_400,
      chunkSeconds: 30,
      unsplitReason: null,
      requestId: expect.any(String) as never,
      // The trace of a job is named by its id.
      traceparent: expect.stringMatching(`^00-${job!.id.slice(4)}-[0-9a-f]{16}-01$`) as never,
    })
    expect(await jobRow(job!.id)).toMatchObject({ status: 'running', runner_id: 'test-runner' })
    expect(await claimJob()).toBeNull()
  })

  it('fails a job whose file is missing with input_invalid, and returns the next one', async () => {
    const [failed] = await createJobs('gone.mp4', ['w_640'], { priority: 0 })
    const [next] = await createJobs('there.mp4', ['w_640'])
    await env.ORIGINALS.delete('gone.mp4')
    expect(await claimJob()).toMatchObject({ jobId: next!.id })
    expect(await jobRow(failed!.id)).toMatchObject({
      status: 'error',
      error_code: 'input_invalid',
      error: 'The file gone.mp4 is no longer in storage.',
    })
  })

  it('returns the current size and ETag of the original, even if it was replaced', async () => {
    const [job] = await createJobs('replaced.mp4', ['w_640'])
    const replaced = await putOriginal('replaced.mp4', 'other, longer bytes than before')
    const { source } = (await claimJob())!
    expect(source).toEqual({ sizeBytes: replaced.size, etag: replaced.etag })
    expect(await jobRow(job!.id)).toMatchObject({ source_etag: replaced.etag })
  })

  it('takes from the first named queue that has a job', async () => {
    await insertJob({ queue: 'other', filePath: 'theirs.mp4', priority: 0 })
    await insertJob({ filePath: 'ours.mp4', priority: 9 })
    for (const path of ['theirs.mp4', 'ours.mp4']) {
      await putOriginal(path)
    }
    const claim = (...queues: string[]) =>
      asRunner('POST', '/runner/claim', {
        protocol: PROTOCOL_VERSION,
        runner: { id: 'test-runner' },
        queues,
        waitSeconds: 0,
      })
    const inOrder = await expectJson(await claim('default', 'other'), 200)
    expect(inOrder).toMatchObject({ filePath: 'ours.mp4' })
    const next = await expectJson(await claim('default', 'other'), 200)
    expect(next).toMatchObject({ queue: 'other', filePath: 'theirs.mp4' })
    expect((await claim('default', 'other')).status).toBe(204)
  })
})

describe('a stored probe', () => {
  const version = '1-0123456789abcdef'
  const probe = { version, results: { header: { streams: 2 } } }
  const claim = () => claimJob('default', 'laptop', { probeVersion: version })
  const count = () => env.DB.prepare('SELECT count(*) AS n FROM file_probes').first<number>('n')

  beforeEach(async () => {
    await run('DELETE FROM file_probes')
  })

  /** Completes a job for the file, whose runner sends the probe. */
  async function finishWith(filePath: string, sent: unknown) {
    await createJobs(filePath, ['w_160'])
    const runner = await claimAsRunner()
    const response = await runner.complete(await runner.upload(), { probe: sent })
    await expectJson(response, 200)
  }

  it('is sent with the next job for the same file, to a runner with its version', async () => {
    await finishWith('probed.mp4', probe)
    await vi.waitFor(async () => expect(await count()).toBe(1), WAIT)
    await createJobs('probed.mp4', ['w_320', 'w_480', 'w_640'])
    await createJobs('other.mp4', ['w_320'])
    expect(await claim()).toMatchObject({ filePath: 'probed.mp4', probe })
    const other = { probeVersion: '1-ffffffffffffffff' }
    expect(await claimJob('default', 'laptop', other)).not.toHaveProperty('probe')
    expect(await claimJob()).not.toHaveProperty('probe')
    const ofOther = await claim()
    expect(ofOther).toMatchObject({ filePath: 'other.mp4' })
    expect(ofOther).not.toHaveProperty('probe')
  })

  it('is not sent after a failed attempt, or for a file that was replaced', async () => {
    await finishWith('probed.mp4', probe)
    await vi.waitFor(async () => expect(await count()).toBe(1), WAIT)
    await createJobs('probed.mp4', ['w_320'])
    await run("UPDATE jobs SET attempt = 1 WHERE status = 'pending'")
    expect(await claim()).not.toHaveProperty('probe')
    await putOriginal('probed.mp4', 'other bytes')
    await createJobs('probed.mp4', ['w_480'])
    expect(await claim()).not.toHaveProperty('probe')
  })

  it.each([
    ['without a valid version', { ...probe, version: 'newest' }],
    ['that is too large', { ...probe, results: { header: 'x'.repeat(16_000) } }],
  ])('%s is not stored, and the job is completed', async (_, sent) => {
    await finishWith('large.mp4', sent)
    expect(await count()).toBe(0)
  })
})
