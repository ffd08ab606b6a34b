/**
 * Runners share a token, and a fence can be guessed. What a runner has claimed is its own all the
 * same: another one that says the right job and fence, with a good token, is refused.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Assignment, PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { sha256Hex } from '../../../src/domain/digest.ts'
import { OUTPUT } from '../helpers/fakeRunner.ts'
import { createJobs, expectJson, jobRow, runnerWith } from '../helpers/support.ts'

const OWN = 'the-secret-of-the-one-that-claimed'
const own = runnerWith(OWN)
const others = { another: runnerWith('the-secret-of-some-other-one'), none: runnerWith(null) }

function ask(send: typeof own, more: object = {}) {
  const runner = { id: 'gpu-box' }
  const request = { protocol: PROTOCOL_VERSION, runner, queues: ['default'], waitSeconds: 0 }
  return send('/runner/claim', 'POST', { ...request, ...more })
}
async function claimed(filePath: string) {
  // Whatever else waits, or was given and not heard of, is not to be had instead.
  await env.DB.prepare('DELETE FROM jobs WHERE stage IS NULL').run()
  const [job] = await createJobs(filePath, ['w_640'])
  const assignment = await expectJson<Assignment>(await ask(own), 200)
  expect(assignment.jobId).toBe(job!.id)
  return assignment
}
const notes = { stderrTail: '', command: '', timings: {} }
async function begin({ jobId, fence }: Assignment) {
  const standing = { fence, progress: 90, stage: 'upload', etaSeconds: 0, sizeBytes: 6 }
  const begun = await own(`/runner/jobs/${jobId}/output`, 'POST', standing)
  const { uploadId } = await expectJson<{ uploadId: string }>(begun, 200)
  const query = new URLSearchParams({ fence: String(fence), uploadId })
  const bytes = new TextEncoder().encode('result')
  const put = await own(`/runner/jobs/${jobId}/output/1?${query}`, 'PUT', bytes)
  return { uploadId, parts: [await expectJson<object>(put, 200)] }
}
type Upload = Awaited<ReturnType<typeof begin>>

/** Everything that can be said of a claim, with all of it right. */
const WORDS: Record<string, (send: typeof own, a: Assignment, u: Upload) => Promise<Response>> = {
  source: (send, { jobId, fence }) => send(`/runner/jobs/${jobId}/source?fence=${fence}`),
  report: (send, { jobId, fence }) =>
    send(`/runner/jobs/${jobId}/report`, 'POST', {
      fence,
      progress: 99,
      stage: 'encode',
      etaSeconds: 0,
    }),
  output: (send, { jobId, fence }) =>
    send(`/runner/jobs/${jobId}/output`, 'POST', {
      fence,
      progress: 99,
      stage: 'upload',
      etaSeconds: 0,
      sizeBytes: 5,
    }),
  part: (send, { jobId, fence }, { uploadId }) =>
    send(
      `/runner/jobs/${jobId}/output/1?${new URLSearchParams({ fence: String(fence), uploadId })}`,
      'PUT',
      new TextEncoder().encode('theirs'),
    ),
  completed: (send, { jobId, fence }, upload) =>
    send(`/runner/jobs/${jobId}/finish`, 'POST', {
      outcome: 'completed',
      fence,
      ...notes,
      ...upload,
      output: OUTPUT,
    }),
  failed: (send, { jobId, fence }) =>
    send(`/runner/jobs/${jobId}/finish`, 'POST', {
      outcome: 'failed',
      fence,
      ...notes,
      errorCode: 'input_invalid',
      message: 'no',
    }),
  released: (send, { jobId, fence }) =>
    send(`/runner/jobs/${jobId}/finish`, 'POST', { outcome: 'released', fence, reason: 'mine' }),
}

describe('another runner with the token, the job, the fence and the upload', () => {
  let assignment: Assignment, upload: Upload
  beforeAll(async () => {
    await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
    assignment = await claimed('secrets/held.mp4')
    upload = await begin(assignment)
  })
  const world = async () => [
    await jobRow(assignment.jobId),
    (await env.DB.prepare('SELECT * FROM outputs').all()).results,
    (await env.VARIANTS.list()).objects.map(({ key, etag }) => [key, etag]),
  ]

  it.each(Object.keys(WORDS))('is refused "%s" with its own secret and with none', async (word) => {
    const before = await world()
    for (const send of Object.values(others)) {
      const refused = await expectJson(await WORDS[word]!(send, assignment, upload), 409)
      expect(refused).toMatchObject({ code: 'lease_lost' })
    }
    expect(await world()).toEqual(before)
  })

  it('while the one that claimed reads, reports and completes with its own bytes', async () => {
    expect((await WORDS.source!(own, assignment, upload)).status).toBe(200)
    await expectJson(await WORDS.report!(own, assignment, upload), 200)
    await expectJson(await WORDS.completed!(own, assignment, upload), 200)
    const row = (await env.DB.prepare('SELECT output_key FROM variants').first<string>(
      'output_key',
    ))!
    expect(await (await env.VARIANTS.get(row))!.text()).toBe('result')
    // Told again after a lost answer it is answered again, to the one that said it alone.
    await expectJson(await WORDS.completed!(own, assignment, upload), 200)
    for (const send of Object.values(others)) {
      await expectJson(await WORDS.completed!(send, assignment, upload), 409)
    }
  })
})

describe('a claim', () => {
  it('keeps the hash of the secret, and the secret is in no row', async () => {
    const { jobId } = await claimed('secrets/hashed.mp4')
    const row = (await jobRow(jobId))!
    expect(row.runner_secret_hash).toBe(await sha256Hex(OWN))
    expect(JSON.stringify(row)).not.toContain(OWN)
  })

  it.each([['none', runnerWith(null)] as const, ['a short one', runnerWith('guessable')] as const])(
    'with %s for a secret is refused, and takes no job',
    async (_, send) => {
      const [job] = await createJobs('secrets/refused.mp4', ['w_640'])
      const refused = await expectJson<{ message: string }>(await ask(send), 400)
      expect(refused.message).toContain('Runner-Secret: a runner makes up 128 random bits')
      expect(await jobRow(job!.id)).toMatchObject({ status: 'pending' })
    },
  )

  it('that is sent again under another’s name gives nothing of that one', async () => {
    const { jobId } = await claimed('secrets/again.mp4')
    const before = await jobRow(jobId)
    expect((await ask(others.another, { again: true })).status).toBe(204)
    expect(await jobRow(jobId)).toEqual(before)
    expect(await expectJson(await ask(own, { again: true }), 200)).toMatchObject({ jobId })
  })
})
