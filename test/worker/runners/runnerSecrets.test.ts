/**
 * A claim belongs to the runner that made it: another runner with the token, the job and the fence
 * is rejected.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Assignment, PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { sha256Hex } from '../../../src/domain/digest.ts'
import { runnerCaller, expectJson, expectError } from '../helpers/requests.ts'
import { createJobs } from '../helpers/jobs.ts'
import { fakeRunner, RUNNER_MESSAGES, type FakeRunner, type Upload } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'

const OWN = 'the-secret-of-the-runner-that-claimed'
const own = runnerCaller(OWN)
const others = { another: runnerCaller('the-secret-of-another-runner'), none: runnerCaller(null) }

function sendClaim(send: typeof own, more: object = {}) {
  const runner = { id: 'gpu-box' }
  const request = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
  return send('POST', '/runner/claim', { ...request, ...more })
}
async function claimNewJob(filePath: string) {
  // Deletes jobs of other tests, which could be claimed instead of the new one.
  await env.DB.prepare('DELETE FROM jobs WHERE stage IS NULL').run()
  const [job] = await createJobs(filePath, ['w_640'])
  const assignment = await expectJson<Assignment>(await sendClaim(own), 200)
  expect(assignment.jobId).toBe(job!.id)
  return assignment
}
describe('another runner with the token, the job, the fence and the upload', () => {
  let claim: Assignment, holder: FakeRunner, upload: Upload
  beforeAll(async () => {
    await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
    claim = await claimNewJob('secrets/held.mp4')
    holder = fakeRunner(claim, own)
    upload = await holder.upload('result')
  })
  const readStoredState = async () => [
    await jobRow(claim.jobId),
    (await env.DB.prepare('SELECT * FROM outputs').all()).results,
    (await env.VARIANTS.list()).objects.map(({ key, etag }) => [key, etag]),
  ]

  it.each(Object.keys(RUNNER_MESSAGES))(
    'cannot send "%s" with its own secret or without one',
    async (message) => {
      const before = await readStoredState()
      for (const send of Object.values(others)) {
        const response = await RUNNER_MESSAGES[message]!(fakeRunner(claim, send), upload)
        await expectError(response, 409, 'lease_lost')
      }
      expect(await readStoredState()).toEqual(before)
    },
  )

  it('does not disturb the holder, which reads, reports and completes', async () => {
    expect((await holder.source()).status).toBe(200)
    await expectJson(await holder.report(99), 200)
    await expectJson(await holder.complete(upload), 200)
    const row = (await env.DB.prepare('SELECT output_key FROM variants').first<string>(
      'output_key',
    ))!
    expect(await (await env.VARIANTS.get(row))!.text()).toBe('result')
    // A repeated finish after a lost response succeeds, but only with the secret of the holder.
    await expectJson(await holder.complete(upload), 200)
    for (const send of Object.values(others)) {
      await expectJson(await fakeRunner(claim, send).complete(upload), 409)
    }
  })
})

describe('a claim', () => {
  it('stores the hash of the secret only', async () => {
    const { jobId } = await claimNewJob('secrets/hashed.mp4')
    const row = (await jobRow(jobId))!
    expect(row.runner_secret_hash).toBe(await sha256Hex(OWN))
    expect(JSON.stringify(row)).not.toContain(OWN)
  })

  it.each([
    ['no secret', runnerCaller(null)] as const,
    ['a short secret', runnerCaller('guessable')] as const,
  ])('with %s is rejected and takes no job', async (_, send) => {
    const [job] = await createJobs('secrets/refused.mp4', ['w_640'])
    const rejected = await expectJson<{ message: string }>(await sendClaim(send), 400)
    expect(rejected.message).toContain(
      'Runner-Secret is missing or not valid. A runner generates 128 random bits',
    )
    expect(await jobRow(job!.id)).toMatchObject({ status: 'pending' })
  })

  it('that is repeated under the same runner id with another secret returns no job', async () => {
    const { jobId } = await claimNewJob('secrets/again.mp4')
    const before = await jobRow(jobId)
    expect((await sendClaim(others.another, { again: true })).status).toBe(204)
    expect(await jobRow(jobId)).toEqual(before)
    expect(await expectJson(await sendClaim(own, { again: true }), 200)).toMatchObject({ jobId })
  })
})
