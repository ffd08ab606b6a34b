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

const OWN = 'the-secret-of-the-one-that-claimed'
const own = runnerCaller(OWN)
const others = { another: runnerCaller('the-secret-of-some-other-one'), none: runnerCaller(null) }

function ask(send: typeof own, more: object = {}) {
  const runner = { id: 'gpu-box' }
  const request = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
  return send('POST', '/runner/claim', { ...request, ...more })
}
async function claimed(filePath: string) {
  // Whatever else waits, or was given and not heard of, is not to be had instead.
  await env.DB.prepare('DELETE FROM jobs WHERE stage IS NULL').run()
  const [job] = await createJobs(filePath, ['w_640'])
  const assignment = await expectJson<Assignment>(await ask(own), 200)
  expect(assignment.jobId).toBe(job!.id)
  return assignment
}
describe('another runner with the token, the job, the fence and the upload', () => {
  let claim: Assignment, holder: FakeRunner, upload: Upload
  beforeAll(async () => {
    await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
    claim = await claimed('secrets/held.mp4')
    holder = fakeRunner(claim, own)
    upload = await holder.upload('result')
  })
  const world = async () => [
    await jobRow(claim.jobId),
    (await env.DB.prepare('SELECT * FROM outputs').all()).results,
    (await env.VARIANTS.list()).objects.map(({ key, etag }) => [key, etag]),
  ]

  it.each(Object.keys(RUNNER_MESSAGES))(
    'cannot send "%s" with its own secret or without one',
    async (word) => {
      const before = await world()
      for (const send of Object.values(others)) {
        const response = await RUNNER_MESSAGES[word]!(fakeRunner(claim, send), upload)
        await expectError(response, 409, 'lease_lost')
      }
      expect(await world()).toEqual(before)
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
    // Told again after a lost answer it is answered again, to the one that said it alone.
    await expectJson(await holder.complete(upload), 200)
    for (const send of Object.values(others)) {
      await expectJson(await fakeRunner(claim, send).complete(upload), 409)
    }
  })
})

describe('a claim', () => {
  it('stores the hash of the secret only', async () => {
    const { jobId } = await claimed('secrets/hashed.mp4')
    const row = (await jobRow(jobId))!
    expect(row.runner_secret_hash).toBe(await sha256Hex(OWN))
    expect(JSON.stringify(row)).not.toContain(OWN)
  })

  it.each([
    ['none', runnerCaller(null)] as const,
    ['a short one', runnerCaller('guessable')] as const,
  ])('with %s as its secret is rejected and takes no job', async (_, send) => {
    const [job] = await createJobs('secrets/refused.mp4', ['w_640'])
    const refused = await expectJson<{ message: string }>(await ask(send), 400)
    expect(refused.message).toContain(
      'Runner-Secret is missing or not valid. A runner generates 128 random bits',
    )
    expect(await jobRow(job!.id)).toMatchObject({ status: 'pending' })
  })

  it('that is repeated under the id of another runner does not return its job', async () => {
    const { jobId } = await claimed('secrets/again.mp4')
    const before = await jobRow(jobId)
    expect((await ask(others.another, { again: true })).status).toBe(204)
    expect(await jobRow(jobId)).toEqual(before)
    expect(await expectJson(await ask(own, { again: true }), 200)).toMatchObject({ jobId })
  })
})
