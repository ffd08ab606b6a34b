/**
 * The gateway behaves the same for containers, local runners and remote runners. The runner of a
 * container is identified by its props, others by the id in their claims.
 */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import type { UploadedPart } from '../../../src/contract/uploadParts.ts'
import { expectJson, expectError } from '../helpers/requests.ts'
import { createJobs } from '../helpers/jobs.ts'
import { OUTPUT } from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'

type Send = (path: string, init: RequestInit) => Promise<Response>

const token = { Authorization: 'Bearer test-runner-token' }
function withToken(origin: string): Send {
  return (path, init) =>
    exports.default.fetch(origin + path, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...token },
    })
}

const RUNNERS: [string, { runner: string; send: Send }][] = [
  [
    'a container, identified by its props',
    {
      runner: 'slot-3-0a1b2c3d',
      send: (path, init) =>
        exports
          .RunnerGateway({ props: { runner: 'slot-3-0a1b2c3d' } })
          .fetch(`http://gateway.reelqueue${path}`, init),
    },
  ],
  ['a local runner, with the token', { runner: 'local-1', send: withToken('http://127.0.0.1') }],
  [
    'a remote runner, with the token over HTTPS',
    { runner: 'gpu-box', send: withToken('https://reelqueue.example') },
  ],
]

describe.each(RUNNERS)('%s', (_, { runner, send: sendBare }) => {
  const secret = { [RUNNER_SECRET_HEADER]: `the-secret-of-this-${runner}` }
  const send: Send = (path, init) =>
    sendBare(path, { ...init, headers: { ...(init.headers as Record<string, string>), ...secret } })
  const queue = runner.toLowerCase()
  const post = (path: string, body: unknown) =>
    send(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  const claim = (protocol = PROTOCOL_VERSION) =>
    post('/runner/claim', { protocol, runner: { id: runner }, queues: [queue], waitSeconds: 0 })
  const claimNewJob = async (filePath: string) => {
    await createJobs(filePath, ['w_640'], { queue })
    return expectJson<{ jobId: string; fence: number }>(await claim(), 200)
  }
  const progressFields = { progress: 50, stage: 'encode', etaSeconds: 1 }
  const log = { stderrTail: '', command: 'ffmpeg', timings: {} }

  beforeAll(async () => {
    await env.DB.prepare('INSERT INTO queues (name) VALUES (?)').bind(queue).run()
  })

  it('completes a job: claim, read, report, upload, finish', async () => {
    expect((await claim()).status).toBe(204)
    const { jobId, fence } = await claimNewJob(`${queue}/whole.mp4`)
    const at = `/runner/jobs/${jobId}`
    const range = await send(`${at}/source?fence=${fence}`, { headers: { Range: 'bytes=4-8' } })
    expect(range.status).toBe(206)
    expect(await range.text()).toBe('bytes')
    await expectJson(await post(`${at}/report`, { fence, ...progressFields }), 200)
    const begun = await post(`${at}/output`, { fence, ...progressFields, sizeBytes: 6 })
    const { uploadId } = await expectJson<{ uploadId: string }>(begun, 200)
    const query = new URLSearchParams({ fence: String(fence), uploadId })
    const put = await send(`${at}/output/1?${query}`, { method: 'PUT', body: 'result' })
    const parts = [await expectJson<UploadedPart>(put, 200)]
    const finish = { outcome: 'completed', fence, ...log, uploadId, parts, output: OUTPUT }
    expect(await expectJson(await post(`${at}/finish`, finish), 200)).toEqual({
      status: 'completed',
    })
    expect(await jobRow(jobId)).toMatchObject({
      status: 'completed',
      runner_id: runner,
      progress: 100,
    })
  })

  it('cannot use another fence than that of its claim, and nothing changes', async () => {
    const { jobId, fence } = await claimNewJob(`${queue}/other-fence.mp4`)
    const before = await jobRow(jobId)
    const at = `/runner/jobs/${jobId}`
    const other = fence + 1
    const query = new URLSearchParams({ fence: String(other), uploadId: 'any' })
    const responses = [
      await send(`${at}/source?fence=${other}`, {}),
      await post(`${at}/report`, { fence: other, ...progressFields }),
      await post(`${at}/output`, { fence: other, ...progressFields, sizeBytes: 6 }),
      await send(`${at}/output/1?${query}`, { method: 'PUT', body: 'result' }),
      await post(`${at}/finish`, { outcome: 'released', fence: other, reason: 'none' }),
    ]
    for (const response of responses) {
      await expectError(response, 409, 'lease_lost')
    }
    expect(await jobRow(jobId)).toEqual(before)
  })

  it('receives errors that name the invalid field and the supported versions', async () => {
    expect(await expectJson(await post('/runner/claim', { protocol: 1 }), 400)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('runner'),
    })
    const response = await expectJson<{ message: string }>(await claim(PROTOCOL_VERSION + 1), 400)
    expect(response.message).toContain(`${PROTOCOL_VERSION}, not ${PROTOCOL_VERSION + 1}`)
  })
})
