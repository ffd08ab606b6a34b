/** A runner with a valid token and its own lease cannot access the job of another. */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { visit, api, asRunner, expectJson, expectError } from '../helpers/requests.ts'
import {
  claimAsRunner,
  startJob,
  fakeRunner,
  OUTPUT,
  RUNNER_MESSAGES,
  type FakeRunner,
  type Upload,
} from '../helpers/fakeRunner.ts'
import { jobRow } from '../helpers/database.ts'

let mine: FakeRunner, theirs: FakeRunner
let myUpload: Upload, theirUpload: Upload
beforeAll(async () => {
  await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
  // The job is claimed twice, so that its fence differs from that of the other job.
  await (await startJob('isolation/mine.mp4')).release()
  mine = await claimAsRunner()
  theirs = await startJob('isolation/theirs.mp4')
  ;[myUpload, theirUpload] = [await mine.upload('mine'), await theirs.upload('theirs')]
})

async function readStoredState() {
  return [
    await jobRow(theirs.jobId),
    (await env.DB.prepare('SELECT * FROM outputs WHERE job_id = ?').bind(theirs.jobId).all())
      .results,
    (await env.DB.prepare('SELECT * FROM variants').all()).results,
    (await env.VARIANTS.list()).objects.map(({ key, etag }) => [key, etag]),
  ]
}

describe.each(Object.keys(RUNNER_MESSAGES))('"%s"', (message) => {
  const send = RUNNER_MESSAGES[message]!
  it("about another job is rejected with a fence that is not that job's", async () => {
    const before = await readStoredState()
    for (const fence of [mine.fence, theirs.fence + 7, 1_000]) {
      const impostor = fakeRunner({ jobId: theirs.jobId, fence })
      for (const upload of [myUpload, theirUpload]) {
        await expectError(await send(impostor, upload), 409, 'lease_lost')
      }
    }
    expect(await readStoredState()).toEqual(before)
  })

  it('about a job that does not exist, or an invalid id, is rejected', async () => {
    const before = await readStoredState()
    for (const jobId of ['job_nowhere', 'x', '%2e%2e%2fclaim', "x' OR '1'='1"]) {
      expect((await send(fakeRunner({ jobId, fence: 1 }), theirUpload)).status).toBe(409)
    }
    expect(await readStoredState()).toEqual(before)
  })
})

it('source, report, output and finish need the runner token; an API key returns 401', async () => {
  const before = await readStoredState()
  const requests: [string, RequestInit][] = []
  const at = `/runner/jobs/${theirs.jobId}`
  requests.push([`${at}/source?fence=${theirs.fence}`, { method: 'GET' }])
  for (const action of ['report', 'output', 'finish']) {
    requests.push([`${at}/${action}`, { method: 'POST' }])
  }
  for (const [path, init] of requests) {
    for (const headers of [{}, { Authorization: 'Bearer test-api-key' }]) {
      expect((await visit(path, { ...init, headers })).status).toBe(401)
    }
  }
  expect(await readStoredState()).toEqual(before)
})

it('a container that knows the job, fence and upload of another is rejected', async () => {
  const before = await readStoredState()
  const { jobId, fence } = theirs
  const at = `http://gateway.reelqueue/runner/jobs/${jobId}`
  const progressReport = { fence, progress: 99, stage: 'upload', etaSeconds: 0 }
  const notes = { stderrTail: '', command: '', timings: {} }
  const query = new URLSearchParams({ fence: String(fence), uploadId: theirUpload.uploadId })
  const requests: [string, string, object?][] = [
    ['GET', `${at}/source?fence=${fence}`],
    ['POST', `${at}/report`, progressReport],
    ['POST', `${at}/output`, { ...progressReport, sizeBytes: 4 }],
    ['PUT', `${at}/output/1?${query}`, {}],
    ['POST', `${at}/finish`, { outcome: 'released', fence, reason: 'mine now' }],
    [
      'POST',
      `${at}/finish`,
      { outcome: 'completed', fence, ...notes, ...theirUpload, output: OUTPUT },
    ],
  ]
  const otherContainer = exports.RunnerGateway({ props: { runner: 'slot-9-99999999' } })
  for (const [method, url, body] of requests) {
    const response = await otherContainer.fetch(url, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    await expectError(response, 409, 'lease_lost')
  }
  expect(await readStoredState()).toEqual(before)
})

it('the upload of another job accepts no part and completes nothing', async () => {
  const before = await readStoredState()
  for (const [message, runner] of [
    ['part', mine],
    ['completed', mine],
  ] as const) {
    await expectError(await RUNNER_MESSAGES[message]!(runner, theirUpload), 409, 'lease_lost')
  }
  expect(await readStoredState()).toEqual(before)
})

it('the runner token is not an API key', async () => {
  for (const [method, path] of [
    ['GET', '/queue/jobs'],
    ['GET', '/api-keys'],
    ['DELETE', `/queue/jobs/${theirs.jobId}`],
  ] as const) {
    expect((await asRunner(method, path)).status).toBe(401)
  }
  expect((await api('GET', `/queue/jobs/${theirs.jobId}`)).status).toBe(200)
})

it('each runner continues with its own job, as a control', async () => {
  expect(await (await theirs.source()).text()).toBe('the bytes of isolation/theirs.mp4')
  expect(await expectJson(await theirs.complete(theirUpload), 200)).toEqual({ status: 'completed' })
  expect(await expectJson(await mine.complete(myUpload), 200)).toEqual({ status: 'completed' })
})
