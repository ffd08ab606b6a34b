/** `POST /probe` creates a probe job and waits for its document. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it, vi } from 'vitest'
import { probeDocument } from '../../../src/contract/probe.ts'
import { api, expectJson, expectError } from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { jobRow, countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { WAIT } from '../helpers/wait.ts'

const DOCUMENT = {
  format: 'mp4',
  formatName: 'mov,mp4',
  durationSeconds: 2,
  sizeBytes: 9,
  bitRate: 36,
  startSeconds: 0,
  chapters: 0,
  tags: {},
  streams: [],
  remux: { mp4: null, mov: null, webm: 'webm does not hold h264', mkv: null },
}
function probe(filePath: string, waitSeconds = 0, more: object = {}) {
  return api('POST', '/probe', { filePath, waitSeconds, ...more })
}
async function socketsOpen() {
  const { socketCount } = await import('../helpers/eventStream.ts')
  return socketCount()
}

beforeAll(async () => {
  await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
})

async function finish(document = JSON.stringify(DOCUMENT)) {
  const runner = await claimAsRunner()
  await expectJson(await runner.complete(await runner.upload(document)), 200)
  return runner
}

it('returns the document in the same response once the job completes', async () => {
  await putOriginal('a/clip.mp4')
  const probing = probe('a/clip.mp4', 20)
  await vi.waitFor(async () => expect(await socketsOpen()).toBe(1), WAIT)
  const { jobId } = await finish()
  expect(await jobRow(jobId)).toMatchObject({
    transformation: 'f_json',
    priority: 1,
    required_encoders: '[]',
  })
  const found = await expectJson(await probing, 200)
  expect(found).toEqual({ filePath: 'a/clip.mp4', ...DOCUMENT })
  expect(probeDocument.parse(found)).toEqual(found)
  // The second request returns the stored document.
  expect(await expectJson(await probe('a/clip.mp4'), 200)).toEqual(found)
  expect(await countRows('jobs', "file_path = 'a/clip.mp4'")).toBe(1)
})

it('returns 202 until the job completes, and again after the file is replaced', async () => {
  await putOriginal('slow.mp4')
  const responses = await Promise.all([probe('slow.mp4'), probe('slow.mp4', 0.05)])
  const [first, second] = await Promise.all(
    responses.map((answer) => expectJson<Record<string, string>>(answer, 202)),
  )
  expect(first).toEqual({
    status: 'pending',
    statusUrl: '/video-status/f_json/slow.mp4',
    jobId: second!['jobId'],
  })
  await finish()
  expect((await probe('slow.mp4')).status).toBe(200)
  await putOriginal('slow.mp4', 'replaced')
  expect((await probe('slow.mp4')).status).toBe(202)
  await api('DELETE', `/queue/jobs/${(await claimAsRunner()).jobId}`)
})

it('returns 422 with the error of a failed job', async () => {
  await putOriginal('broken.mp4')
  const probing = probe('broken.mp4', 20)
  await vi.waitFor(
    async () => expect(await countRows('jobs', "file_path = 'broken.mp4'")).toBe(1),
    WAIT,
  )
  const runner = await claimAsRunner()
  await runner.fail('input_invalid')
  expect(await expectJson(await probing, 422)).toMatchObject({
    code: 'processing_failed',
    message: 'it was input_invalid',
    jobId: runner.jobId,
  })
})

it('needs a visible file, an existing queue and, for a new probe, jobs:write', async () => {
  await expectError(await probe('none.mp4'), 404, 'file_not_found')
  await putOriginal('kept.mp4')
  await expectError(await probe('kept.mp4', 0, { queue: 'none' }), 404, 'queue_not_found')
  await expectError(await probe('kept.mp4', 26), 400, 'invalid_request')
  const reader = await makeKey({ scopes: ['jobs:read'] })
  const rejected = await reader.call('POST', '/probe', { filePath: 'kept.mp4', waitSeconds: 0 })
  await expectError(rejected, 403, 'forbidden')
  const existing = await reader.call('POST', '/probe', { filePath: 'a/clip.mp4' })
  expect(await expectJson(existing, 200)).toMatchObject({ format: 'mp4' })
  expect(await countRows('jobs', "file_path = 'kept.mp4'")).toBe(0)
  const restricted = await makeKey({ scopes: ['jobs:read', 'jobs:write'], pathPrefix: 'b/' })
  await expectError(
    await restricted.call('POST', '/probe', { filePath: 'a/clip.mp4' }),
    404,
    'file_not_found',
  )
})
