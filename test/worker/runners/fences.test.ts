/**
 * Messages of a runner that no longer holds its job are rejected and have no effect. Reports of the
 * holder extend its lease.
 */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { sha256Hex } from '../../../src/domain/digest.ts'
import { findJobSource } from '../../../src/services/jobs/jobSource.ts'
import { putPart } from '../../../src/services/jobs/outputUpload.ts'
import { type Client, trackClients } from '../helpers/eventStream.ts'
import { readJob } from '../helpers/jobs.ts'
import { api, expectJson, expectError, runnerCaller, RUNNER_SECRET } from '../helpers/requests.ts'
import {
  claimAsRunner,
  startJob,
  fakeRunner,
  RUNNER_MESSAGES,
  type FakeRunner,
  type Upload,
} from '../helpers/fakeRunner.ts'
import { jobRow, openPlatform } from '../helpers/database.ts'
import { WAIT } from '../helpers/wait.ts'

async function outputRows(jobId: string) {
  return (await env.DB.prepare('SELECT * FROM outputs WHERE job_id = ?').bind(jobId).all()).results
}
async function variantRows() {
  return (await env.DB.prepare('SELECT * FROM variants').all()).results
}
async function stored() {
  return (await env.VARIANTS.list()).objects.map(({ key, etag }) => [key, etag])
}

const messages = Object.keys(RUNNER_MESSAGES)

async function expectLost(response: Response) {
  return await expectError(response, 409, 'lease_lost')
}

describe('when another runner has claimed the job,', () => {
  let stale: FakeRunner, staleUpload: Upload
  let holder: FakeRunner, holderUpload: Upload
  beforeAll(async () => {
    await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
    stale = await startJob('contested.mp4')
    staleUpload = await stale.upload('stale')
    await expectJson(await stale.release(), 200)
    holder = await claimAsRunner()
    expect(holder).toMatchObject({ jobId: stale.jobId, fence: stale.fence + 1 })
    holderUpload = await holder.upload('held')
  })

  it.each(messages)('"%s" of the first runner is rejected and changes nothing', async (message) => {
    const before = [await jobRow(stale.jobId), await variantRows(), await stored()]
    const [output] = (await outputRows(stale.jobId)).filter((row) => row.fence === holder.fence)
    await expectLost(await RUNNER_MESSAGES[message]!(stale, staleUpload))
    await expectLost(await RUNNER_MESSAGES[message]!(stale, holderUpload))
    expect([await jobRow(stale.jobId), await variantRows(), await stored()]).toEqual(before)
    expect(await outputRows(stale.jobId)).toContainEqual(output)
  })

  it.each(['part', 'completed'])(
    '"%s" of the holder with the upload of the first runner is rejected too',
    async (message) => {
      const before = await jobRow(holder.jobId)
      await expectLost(await RUNNER_MESSAGES[message]!(holder, staleUpload))
      expect(await jobRow(holder.jobId)).toEqual(before)
    },
  )

  it.each([0, 3, 99])('the unknown fence %i is rejected', async (fence) => {
    const before = await jobRow(holder.jobId)
    const response = await fakeRunner({ jobId: holder.jobId, fence }).report(99)
    expect(response.status).toBe(fence === 0 ? 400 : 409)
    expect(await jobRow(holder.jobId)).toEqual(before)
  })

  it('the holder continues and completes with its own bytes', async () => {
    await expectJson(await holder.report(95), 200)
    expect(await readJob(holder.jobId)).toMatchObject({ progress: 95, stage: 'encode' })
    expect(await expectJson(await holder.complete(holderUpload), 200)).toEqual({
      status: 'completed',
    })
    const served = await api('GET', '/t/w_640/contested.mp4')
    expect(new TextDecoder().decode(await served.arrayBuffer())).toBe('held')
  })
})

describe.each([
  ['cancelled by force', (id: string) => api('POST', `/queue/jobs/${id}/cancel`, { force: true })],
  ['deleted', (id: string) => api('DELETE', `/queue/jobs/${id}`)],
])('when the job was %s,', (how, stop) => {
  it.each(messages)('"%s" is rejected and changes nothing', async (message) => {
    const runner = await startJob(`${how}/${message}.mp4`)
    const upload = await runner.upload()
    await expectJson(await stop(runner.jobId), 200)
    const before = [await jobRow(runner.jobId), await variantRows(), await stored()]
    await expectLost(await RUNNER_MESSAGES[message]!(runner, upload))
    expect([await jobRow(runner.jobId), await variantRows(), await stored()]).toEqual(before)
  })
})

it('a report extends the lease to its full length', async () => {
  const runner = await startJob('extended.mp4')
  const other = await startJob('control.mp4')
  const control = await jobRow(other.jobId)
  await env.DB.prepare('UPDATE jobs SET lease_expires_at = 1 WHERE id = ?').bind(runner.jobId).run()
  const sent = Date.now()
  const { leaseExpiresAt } = await expectJson<{ leaseExpiresAt: string }>(
    await runner.report(),
    200,
  )
  expect(Date.parse(leaseExpiresAt)).toBeGreaterThanOrEqual(sent + 30_000)
  expect(Date.parse(leaseExpiresAt)).toBeLessThanOrEqual(Date.now() + 30_000)
  expect((await jobRow(runner.jobId))!.lease_expires_at).toBeGreaterThanOrEqual(
    Date.parse(leaseExpiresAt),
  )
  expect(await jobRow(other.jobId)).toEqual(control)
})

it('a report with less progress does not lower the recorded progress', async () => {
  const runner = await startJob('steady.mp4')
  for (const [reported, stored] of [
    [40, 40],
    [30, 40],
    [41.5, 41],
  ] as const) {
    await expectJson(await runner.report(reported), 200)
    expect(await readJob(runner.jobId)).toMatchObject({ progress: stored })
  }
})

describe('a report that the hub records', () => {
  const progress = (client: Client) =>
    client.seen.flatMap(({ event, data }) => (event === 'job:progress' ? [data['progress']] : []))

  it.each([
    ['of a stale fence', async (runner: FakeRunner) => runner],
    [
      'of another runner',
      async ({ jobId, fence }: FakeRunner) =>
        fakeRunner({ jobId, fence }, runnerCaller('the-secret-of-another-runner')),
    ],
  ])('%s is rejected, and no stream receives its progress', async (how, findSender) => {
    const stale = await startJob(`reports/${how}.mp4`)
    await expectJson(await stale.report(10), 200)
    await expectJson(await stale.release(), 200)
    const holder = await claimAsRunner()
    expect(holder.jobId).toBe(stale.jobId)
    const { watch, closeAll } = trackClients()
    const client = await watch(`?jobId=${stale.jobId}`)
    await expectJson(await holder.report(20), 200)
    await expectJson(await holder.report(21), 200)
    const sender = await findSender(how === 'of a stale fence' ? stale : holder)
    await expectLost(await sender.report(50))
    await expectJson(await holder.report(22), 200)
    await vi.waitFor(() => expect(progress(client)).toContain(22), WAIT)
    expect(progress(client)).toEqual([20, 21, 22])
    await closeAll()
  })

  it.each([
    [
      'cancelled by force',
      (id: string) => api('POST', `/queue/jobs/${id}/cancel`, { force: true }),
    ],
    ['deleted', (id: string) => api('DELETE', `/queue/jobs/${id}`)],
    ['cancelled because its file was deleted', () => api('DELETE', '/files/stopped.mp4')],
  ])('is rejected once the job was %s', async (_, stop) => {
    const runner = await startJob('stopped.mp4')
    for (const percent of [10, 11]) {
      await expectJson(await runner.report(percent), 200)
    }
    await expectJson(await stop(runner.jobId), 200)
    await vi.waitFor(async () => expectLost(await runner.report(12)), WAIT)
  })
})

describe('the transfers of a runner', () => {
  afterEach(() => vi.useRealTimers())

  /** The platform, and the number of statements that it has prepared. */
  function countStatements() {
    let statements = 0
    const prepare = (text: string) => {
      statements += 1
      return env.DB.prepare(text)
    }
    const database = new Proxy(env.DB, {
      get: (target, name) => (name === 'prepare' ? prepare : Reflect.get(target, name, target)),
    })
    return { platform: openPlatform(database).platform, statements: () => statements }
  }

  async function startTransfers(filePath: string) {
    const runner = await startJob(filePath)
    const { uploadId } = await expectJson<{ uploadId: string }>(await runner.beginOutput(), 200)
    const { platform, statements } = countStatements()
    const claim = {
      jobId: runner.jobId,
      fence: runner.fence,
      runnerSecretHash: await sha256Hex(RUNNER_SECRET),
    }
    vi.useFakeTimers({ toFake: ['Date'] })
    const readRange = () => findJobSource(platform, claim, undefined)
    const sendPart = (partNumber: number) =>
      putPart(
        platform,
        claim,
        { uploadId, partNumber, sizeBytes: 1 },
        { body: new Response('a').body! },
      )
    return { runner, readRange, sendPart, statements }
  }

  it('of 100 MB each way in 4 seconds need at most 8 statements', async () => {
    const { readRange, sendPart, statements } = await startTransfers('transferred.mp4')
    for (let range = 0; range < 25; range++) {
      vi.advanceTimersByTime(80)
      expect(await readRange()).toMatchObject({ ok: true, file: { path: 'transferred.mp4' } })
    }
    for (let part = 1; part <= 13; part++) {
      vi.advanceTimersByTime(150)
      expect(await sendPart(part)).toMatchObject({ ok: true })
    }
    expect(statements()).toBeLessThanOrEqual(8)
  })

  it('end within 2 seconds of the end of the lease, wherever it was ended', async () => {
    const { runner, readRange, sendPart } = await startTransfers('ended-elsewhere.mp4')
    expect([(await readRange()).ok, (await sendPart(1)).ok]).toEqual([true, true])
    // As another isolate does it.
    await env.DB.prepare("UPDATE jobs SET status = 'pending' WHERE id = ?").bind(runner.jobId).run()
    vi.advanceTimersByTime(2_000)
    expect(await readRange()).toMatchObject({ ok: false, code: 'lease_lost' })
    expect(await sendPart(2)).toMatchObject({ ok: false, code: 'lease_lost' })
  })
})
