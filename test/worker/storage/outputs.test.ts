/** Outputs in R2: the output of a completed job is served, and others are deleted. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { collectGarbage } from '../../../src/services/maintenance/garbageCollector.ts'
import { openDatabase } from '../../../src/db/database.ts'
import { failJobsOfRunner } from '../../../src/services/queues/wakeRunners.ts'
import { runWatchdog } from '../../../src/services/maintenance/watchdog.ts'
import { api, expectJson } from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { claimAsRunner, startJob, type Upload } from '../helpers/fakeRunner.ts'
import { openPlatform, jobRow } from '../helpers/database.ts'
import { WAIT } from '../helpers/wait.ts'

async function outputs(jobId: string) {
  return (
    await env.DB.prepare('SELECT * FROM outputs WHERE job_id = ? ORDER BY created_at')
      .bind(jobId)
      .all<{ key: string; upload_id: string; retired: number }>()
  ).results
}
async function keyOf(jobId: string, { uploadId }: Upload) {
  return (await outputs(jobId)).find((row) => row.upload_id === uploadId)!.key
}

/** Waits until an output is deleted. Its object is deleted before its row. */
function waitUntilDeleted(jobId: string, key: string) {
  return vi.waitFor(async () => {
    expect((await outputs(jobId)).map((row) => row.key)).not.toContain(key)
    expect(await env.VARIANTS.head(key)).toBeNull()
  }, WAIT)
}
function expectAborted(key: string, { uploadId, parts }: Upload) {
  return expect(env.VARIANTS.resumeMultipartUpload(key, uploadId).complete(parts)).rejects.toThrow()
}

function expireLease(jobId: string) {
  return env.DB.prepare('UPDATE jobs SET lease_expires_at = 1 WHERE id = ?').bind(jobId).run()
}
async function runWatchdogOnce() {
  const { platform, settled } = openPlatform()
  await runWatchdog(platform, 'default')
  await settled()
}

/** Returns the content of a file's variant. */
async function serve(path: string) {
  return new TextDecoder().decode(await (await api('GET', `/t/w_640/${path}`)).arrayBuffer())
}
beforeAll(async () => {
  await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
  const runner = await startJob('control.mp4')
  const upload = await runner.upload('control')
  await expectJson(await runner.complete(upload), 200)
})

/** Deletes pending jobs, which the next test could claim once their retries are due. */
afterEach(async () => {
  await env.DB.prepare("DELETE FROM jobs WHERE status = 'pending'").run()
})

describe('the upload of an attempt that ends without success', () => {
  it.each(['incomplete', 'completed in R2 only'])(
    'is deleted when the lease expires while it is %s',
    async (state) => {
      const runner = await startJob(`${state}.mp4`)
      const upload = await runner.upload()
      const key = await keyOf(runner.jobId, upload)
      if (state !== 'incomplete') {
        await env.VARIANTS.resumeMultipartUpload(key, upload.uploadId).complete(upload.parts)
      }
      await expireLease(runner.jobId)
      await runWatchdogOnce()
      await waitUntilDeleted(runner.jobId, key)
      await expectAborted(key, upload)
      expect(await jobRow(runner.jobId)).toMatchObject({ status: 'pending' })
      expect(await serve('control.mp4')).toBe('control')
    },
  )

  it.each([
    ['fails', (id: string, fail: () => Promise<Response>) => fail()],
    ['is cancelled', (id: string) => api('POST', `/queue/jobs/${id}/cancel`, { force: true })],
    ['is deleted', (id: string) => api('DELETE', `/queue/jobs/${id}`)],
  ])('is aborted when its job %s', async (how, end) => {
    const runner = await startJob(`${how}.mp4`)
    const upload = await runner.upload()
    const key = await keyOf(runner.jobId, upload)
    await expectJson(await end(runner.jobId, () => runner.fail('input_invalid')), 200)
    await waitUntilDeleted(runner.jobId, key)
    await expectAborted(key, upload)
  })

  it('has its row deleted by the run after an interrupted garbage collection', async () => {
    const runner = await startJob('cut-short.mp4')
    const key = await keyOf(runner.jobId, await runner.upload())
    await env.DB.prepare('UPDATE outputs SET retired = 1 WHERE job_id = ?').bind(runner.jobId).run()
    // The state after a crash between the two deletions: no object, but still a row.
    await env.VARIANTS.delete(key)
    expect(await collectGarbage(openPlatform().platform)).toBe(1)
    expect(await outputs(runner.jobId)).toEqual([])
    expect(await collectGarbage(openPlatform().platform)).toBe(0)
  })
})

describe('the garbage collector runs once', () => {
  const FILES = ['several-1.mp4', 'several-2.mp4', 'several-3.mp4', 'several-4.mp4']

  /** Counts the reads of retired outputs, of which each run of the garbage collector has one. */
  function countRuns() {
    const { platform, settled } = openPlatform()
    let runs = 0
    const prepare = (text: string) => {
      runs += /from "outputs" where \(?retired = 1/.test(text) ? 1 : 0
      return env.DB.prepare(text)
    }
    const database = new Proxy(env.DB, {
      get: (target, name) => (name === 'prepare' ? prepare : Reflect.get(target, name, target)),
    })
    return { platform: { ...platform, db: openDatabase(database) }, settled, runs: () => runs }
  }
  async function startUploads() {
    const runners = []
    for (const path of FILES) {
      const runner = await startJob(path)
      await runner.upload()
      runners.push(runner.jobId)
    }
    return runners
  }

  it('for all leases that expire in a round of the watchdog', async () => {
    const ids = await startUploads()
    await Promise.all(ids.map(expireLease))
    const { platform, settled, runs } = countRuns()
    await runWatchdog(platform, 'default')
    await settled()
    expect(runs()).toBe(1)
    for (const id of ids) {
      expect(await jobRow(id)).toMatchObject({ status: 'pending', error_code: 'runner_lost' })
      expect(await outputs(id)).toEqual([])
    }
    // A round in which nothing expires does not run it.
    await runWatchdog(platform, 'default')
    await settled()
    expect(runs()).toBe(1)
  })

  it('for all jobs of a runner that has ended', async () => {
    const ids = await startUploads()
    const { platform, settled, runs } = countRuns()
    const failed = await failJobsOfRunner(platform, 'test-runner', 'The container ended.')
    expect(failed).toBeGreaterThanOrEqual(FILES.length)
    await settled()
    expect(runs()).toBe(1)
    for (const id of ids) {
      expect(await outputs(id)).toEqual([])
    }
  })
})

describe('finishing a job', () => {
  it('keeps the upload that the request names; the others are aborted', async () => {
    const runner = await startJob('twins.mp4')
    const first = await runner.upload('first')
    const second = await runner.upload('second')
    const third = await runner.upload('third')
    const [firstKey, thirdKey] = [
      await keyOf(runner.jobId, first),
      await keyOf(runner.jobId, third),
    ]
    await expectJson(await runner.complete(second), 200)
    await waitUntilDeleted(runner.jobId, firstKey)
    await waitUntilDeleted(runner.jobId, thirdKey)
    await expectAborted(firstKey, first)
    expect(await outputs(runner.jobId)).toEqual([])
    expect(await serve('twins.mp4')).toBe('second')
  })

  it('accepts an upload that is already completed in R2', async () => {
    const runner = await startJob('answer-lost.mp4')
    const upload = await runner.upload('whole')
    const key = await keyOf(runner.jobId, upload)
    await env.VARIANTS.resumeMultipartUpload(key, upload.uploadId).complete(upload.parts)
    expect(await expectJson(await runner.complete(upload), 200)).toEqual({ status: 'completed' })
    expect(await serve('answer-lost.mp4')).toBe('whole')
  })

  it('replaces the variant of an older job, whose object is deleted', async () => {
    const older = await startJob('replaced.mp4')
    const upload = await older.upload()
    const before = await keyOf(older.jobId, upload)
    await expectJson(await older.complete(upload), 200)
    const newer = await startJob('replaced.mp4')
    expect(newer.jobId).not.toBe(older.jobId)
    expect(await serve('replaced.mp4')).toBe(`made by ${older.jobId} 1`)
    await newer.completeWith()
    await waitUntilDeleted(older.jobId, before)
    expect(await serve('replaced.mp4')).toBe(`made by ${newer.jobId} 1`)
    expect(await jobRow(older.jobId)).toMatchObject({ status: 'completed' })
    expect(await serve('control.mp4')).toBe('control')
  })

  it('makes a variant that stays when the job is deleted', async () => {
    const runner = await startJob('kept.mp4')
    await runner.completeWith()
    await expectJson(await api('DELETE', `/queue/jobs/${runner.jobId}`), 200)
    await collectGarbage(openPlatform().platform)
    expect(await jobRow(runner.jobId)).toBeNull()
    expect(await serve('kept.mp4')).toBe(`made by ${runner.jobId} 1`)
  })

  it('releases the job if the original was replaced; the next attempt uses the new original', async () => {
    const runner = await startJob('moved-on.mp4')
    const upload = await runner.upload('of the old one')
    const key = await keyOf(runner.jobId, upload)
    const replaced = await putOriginal('moved-on.mp4', 'another original')
    expect((await runner.source()).status).toBe(412)
    expect(await expectJson(await runner.complete(upload), 200)).toEqual({ status: 'pending' })
    await waitUntilDeleted(runner.jobId, key)
    const again = await claimAsRunner()
    expect(again).toMatchObject({ jobId: runner.jobId, fence: 2 })
    await again.completeWith()
    expect(await serve('moved-on.mp4')).toBe(`made by ${runner.jobId} 2`)
    const variant = await env.DB.prepare('SELECT * FROM variants WHERE job_id = ?')
      .bind(runner.jobId)
      .first()
    expect(variant).toMatchObject({ source_etag: replaced.etag })
  })
})
