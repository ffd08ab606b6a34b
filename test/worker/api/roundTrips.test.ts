/**
 * Round trips to the database of each route of the API and of runners, and how many of them are one
 * after another (the depth). Each takes milliseconds, so a new one must be noticed. Work after the response
 * counts too. The key of the caller is cached, unless a test says otherwise.
 */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Assignment,
  PROTOCOL_VERSION,
  RUNNER_SECRET_HEADER,
} from '../../../src/contract/runnerProtocol.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'
import { follow } from '../helpers/eventStream.ts'
import { type FakeRunner, fakeRunner, startJob, type Upload } from '../helpers/fakeRunner.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { meter } from '../helpers/meteredDatabase.ts'
import { ASSETS } from '../helpers/pages.ts'
import { createUpload } from '../helpers/tus.ts'
import { expectJson, RUNNER_SECRET, visit, visitWith } from '../helpers/requests.ts'

const { d1, cost, statements } = meter(env.DB)

const RUNNER = { Authorization: 'Bearer test-runner-token', [RUNNER_SECRET_HEADER]: RUNNER_SECRET }

interface Sent {
  method: string
  path: string
  body?: unknown
  headers?: Record<string, string>
}

async function send({ method, path, body, headers = {} }: Sent) {
  const isRaw = body instanceof Uint8Array || body instanceof FormData
  const isJson = body !== undefined && !isRaw
  const { result, roundTrips, depth } = await cost(() =>
    visitWith({ DB: d1, ASSETS, WEBHOOK_PRIVATE_ADDRESSES: 'allow' }, path, {
      method,
      headers: {
        ...headers,
        ...(isJson && { 'Content-Type': 'application/json' }),
        ...(body instanceof Uint8Array && { 'Content-Length': String(body.length) }),
      },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
    }),
  )
  return { status: result.status, text: await result.text(), roundTrips, depth }
}

let key: MadeKey
let folderKey: MadeKey
let queueKey: MadeKey
/** A pending, a failed and a completed job. */
const ids = { pending: '', failed: '', completed: '' }
const uploads = { completed: '', aborted: '', direct: '' }
let uploadedPart: unknown
const TUS = { 'Tus-Resumable': '1.0.0' }
let tusPath = ''
/** Any receiver. */
const RECEIVER = 'http://127.0.0.1:1/'
let webhookId = ''
let ruleId = ''

beforeAll(async () => {
  key = await makeKey()
  folderKey = await makeKey({ scopes: ['jobs:read'], pathPrefix: 'trips' })
  queueKey = await makeKey({ scopes: ['jobs:read'], queue: 'default' })
  await putOriginal('trips/clip.mp4')
  const completed = await startJob('trips/clip.mp4', 'w_640')
  await completed.completeWith()
  const failed = await startJob('trips/clip.mp4', 'w_642')
  await failed.fail('input_invalid')
  ids.completed = completed.jobId
  ids.failed = failed.jobId
  ids.pending = (await createOne('trips/clip.mp4', 'w_644')).id
  await key.call('PUT', '/queues/default/presets/card', 'w_640')
  for (const name of ['completed', 'aborted', 'direct'] as const) {
    const filePath = `trips/${name}.mp4`
    const directSize = name === 'direct' ? 100 : undefined
    const begun = await key.call('POST', '/uploads', { filePath, directSize })
    uploads[name] = (await expectJson<{ uploadId: string }>(begun, 201)).uploadId
  }
  tusPath = await createUpload('trips/resumable.mp4', 100, key.headers)
  const sent = { method: 'POST', path: '/webhooks', body: { url: RECEIVER }, headers: key.headers }
  webhookId = (JSON.parse((await send(sent)).text) as { id: string }).id
  const rule = await key.call('POST', '/rules', { name: 'a rule', enabled: false })
  ruleId = (await expectJson<{ id: string }>(rule, 201)).id
})

// Reads the rows of the keys into the cache, where they do not expire while the clock stands still.
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  for (const one of [key, folderKey, queueKey]) {
    await visitWith({}, '/queue/stats', { headers: one.headers })
  }
})
afterEach(() => void vi.useRealTimers())

type Row = [
  route: string,
  sent: Partial<Sent> | (() => Partial<Sent>),
  trips: number,
  depth: number,
]

const file = { filePath: 'trips/clip.mp4' }

const ROWS: Row[] = [
  ['GET /health', {}, 1, 1],
  ['GET /openapi.json', {}, 0, 0],
  ['GET /video-status/{path}', { path: '/video-status/trips/clip.mp4' }, 1, 1],
  ['GET /video-status/{path} of a variant', { path: '/video-status/w_640/trips/clip.mp4' }, 1, 1],
  ['GET /video-status/{path} with a preset', { path: '/video-status/n_card/trips/clip.mp4' }, 2, 2],
  ['GET /video-status/{path}/size', { path: '/video-status/w_640/trips/clip.mp4/size' }, 1, 1],
  ['GET /queue/stats', {}, 1, 1],
  ['GET /queue/stats of one queue', { path: '/queue/stats?queue=default' }, 1, 1],
  ['GET /queue/stats of a folder', () => ({ headers: folderKey.headers }), 1, 1],
  ['GET /queue/stats/history', {}, 1, 1],
  ['GET /queue/stats/history of a folder', () => ({ headers: folderKey.headers }), 1, 1],
  ['GET /metrics', {}, 1, 1],
  ['GET /queue/jobs', {}, 1, 1],
  ['GET /queue/jobs of a file', { path: '/queue/jobs?filePath=trips/clip.mp4' }, 1, 1],
  ['GET /queue/jobs of a folder', () => ({ headers: folderKey.headers }), 1, 1],
  ['GET /queue/jobs of a queue', () => ({ headers: queueKey.headers }), 1, 1],
  ['GET /queue/jobs/{jobId}', () => ({ path: `/queue/jobs/${ids.completed}` }), 1, 1],
  [
    'GET /queue/jobs/{jobId}/attempts',
    () => ({ path: `/queue/jobs/${ids.completed}/attempts` }),
    1,
    1,
  ],
  ['GET /queue/jobs/{jobId}/chunks', () => ({ path: `/queue/jobs/${ids.completed}/chunks` }), 1, 1],
  ['POST /queue/events/token', { body: { queue: 'default' } }, 1, 1],
  ['POST /queue/jobs', { body: { ...file, transformations: ['w_100', 'w_102'] } }, 1, 1],
  [
    'POST /queue/jobs with presets',
    { body: { ...file, transformations: ['n_card', 'n_card,w_90'] } },
    2,
    2,
  ],
  [
    'POST /queue/jobs with an Idempotency-Key',
    { body: { ...file, transformations: ['w_104'] }, headers: { 'Idempotency-Key': 'a' } },
    2,
    2,
  ],
  ['GET /queue/jobs of a time', { path: '/queue/jobs?createdAfter=2027-01-01T00:00:00Z' }, 2, 2],
  [
    'POST /queue/jobs/batch as a dry run',
    { body: { action: 'delete', filter: {}, dryRun: true } },
    1,
    1,
  ],
  ['POST /queue/jobs/batch', { body: { action: 'delete', filter: { tag: 'none' } } }, 2, 2],
  [
    'POST /queue/jobs/batch of listed jobs',
    () => ({ body: { action: 'prioritize', priority: 3, jobIds: [ids.pending] } }),
    1,
    1,
  ],
  ['POST /queue/jobs/{jobId}/retry', () => ({ path: `/queue/jobs/${ids.failed}/retry` }), 1, 1],
  ['POST /queue/jobs/{jobId}/cancel', () => ({ path: `/queue/jobs/${ids.pending}/cancel` }), 2, 2],
  ['DELETE /queue/jobs/{jobId}', () => ({ path: `/queue/jobs/${ids.pending}` }), 2, 2],
  ['GET /t/{path} of an original', { path: '/t/trips/clip.mp4' }, 0, 0],
  ['GET /t/{path} of a variant', { path: '/t/w_640/trips/clip.mp4' }, 1, 1],
  ['GET /t/{path} of a new variant', { path: '/t/w_110/trips/clip.mp4' }, 3, 3],
  ['GET /embed/{path}', { path: '/embed/w_640/trips/clip.mp4' }, 1, 1],
  ['GET /files', {}, 0, 0],
  ['GET /files of a queue', () => ({ headers: queueKey.headers }), 1, 1],
  ['PUT /files/{path}', { path: '/files/trips/new.mp4', body: mp4() }, 5, 5],
  ['DELETE /files/{path}', { path: '/files/trips/new.mp4' }, 6, 5],
  ['POST /upload', () => ({ body: uploadForm() }), 5, 5],
  ['POST /uploads', { body: { filePath: 'trips/other.mp4' } }, 1, 1],
  ['GET /uploads/{uploadId}', () => ({ path: `/uploads/${uploads.completed}` }), 2, 2],
  [
    'PUT /uploads/{uploadId}/{part}',
    () => ({ path: `/uploads/${uploads.completed}/1`, body: mp4() }),
    3,
    3,
  ],
  [
    'POST /uploads/{uploadId}/complete',
    () => ({ path: `/uploads/${uploads.completed}/complete`, body: { parts: [uploadedPart] } }),
    6,
    6,
  ],
  [
    'GET /uploads/{uploadId}/{part}/url',
    () => ({ path: `/uploads/${uploads.direct}/1/url` }),
    1,
    1,
  ],
  ['DELETE /uploads/{uploadId}', () => ({ path: `/uploads/${uploads.aborted}` }), 2, 2],
  [
    'POST /tus',
    {
      headers: {
        ...TUS,
        'Upload-Length': '100',
        'Upload-Metadata': `filePath ${btoa('trips/tus.mp4')}`,
      },
    },
    2,
    2,
  ],
  ['GET /tus/{uploadId}', () => ({ path: tusPath, headers: TUS }), 1, 1],
  [
    'PATCH /tus/{uploadId}',
    () => ({
      path: tusPath,
      body: mp4(),
      headers: {
        ...TUS,
        'Upload-Offset': '0',
        'Content-Type': 'application/offset+octet-stream',
      },
    }),
    4,
    4,
  ],
  ['DELETE /tus/{uploadId}', () => ({ path: tusPath, headers: TUS }), 2, 2],
  ['POST /probe', { body: { ...file, waitSeconds: 0 } }, 3, 3],
  ['POST /signed-urls', { body: { method: 'GET', path: 'w_640/trips/clip.mp4' } }, 0, 0],
  ['POST /session', () => ({ body: { apiKey: key.key } }), 1, 1],
  ['GET /session', {}, 1, 1],
  ['DELETE /session', {}, 0, 0],
  ['GET /queues', {}, 1, 1],
  ['GET /queues/{name}', { path: '/queues/default' }, 1, 1],
  ['PUT /queues/{name}', { path: '/queues/trips', body: { concurrency: 2 } }, 3, 3],
  ['PATCH /queues/{name}', { path: '/queues/trips', body: { concurrency: 3 } }, 1, 1],
  ['GET /queues/{name}/presets', { path: '/queues/default/presets' }, 1, 1],
  ['GET /queues/{name}/presets/{preset}', { path: '/queues/default/presets/card' }, 1, 1],
  [
    'PUT /queues/{name}/presets/{preset}',
    { path: '/queues/default/presets/wide', body: 'w_1280' },
    3,
    3,
  ],
  ['DELETE /queues/{name}/presets/{preset}', { path: '/queues/default/presets/wide' }, 1, 1],
  ['GET /api-keys', {}, 1, 1],
  ['POST /api-keys', { body: { name: 'new', scopes: ['jobs:read'] } }, 2, 2],
  ['GET /api-keys/{keyId}', () => ({ path: `/api-keys/${queueKey.id}` }), 1, 1],
  [
    'PATCH /api-keys/{keyId}',
    () => ({ path: `/api-keys/${queueKey.id}`, body: { name: 'x' } }),
    1,
    1,
  ],
  ['DELETE /api-keys/{keyId}', () => ({ path: `/api-keys/${queueKey.id}` }), 1, 1],
  ['POST /webhooks', { body: { url: RECEIVER } }, 2, 2],
  ['GET /webhooks', {}, 1, 1],
  ['GET /webhooks/job-secret', {}, 0, 0],
  ['GET /webhooks/{webhookId}', () => ({ path: `/webhooks/${webhookId}` }), 1, 1],
  [
    'PATCH /webhooks/{webhookId}',
    () => ({ path: `/webhooks/${webhookId}`, body: { description: 'x' } }),
    2,
    2,
  ],
  [
    'POST /webhooks/{webhookId}/rotate-secret',
    () => ({ path: `/webhooks/${webhookId}/rotate-secret` }),
    2,
    2,
  ],
  ['POST /webhooks/{webhookId}/test', () => ({ path: `/webhooks/${webhookId}/test` }), 1, 1],
  [
    'GET /webhooks/{webhookId}/deliveries',
    () => ({ path: `/webhooks/${webhookId}/deliveries` }),
    2,
    2,
  ],
  [
    'POST /webhooks/{webhookId}/replay',
    () => ({ path: `/webhooks/${webhookId}/replay`, body: { from: 1, to: 9 } }),
    2,
    2,
  ],
  ['DELETE /webhooks/{webhookId}', () => ({ path: `/webhooks/${webhookId}` }), 1, 1],
  ['GET /rules', {}, 1, 1],
  ['POST /rules', { body: { name: 'new', enabled: false } }, 3, 3],
  ['POST /rules/test', { body: { key: 'trips/clip.mp4', size: 1 } }, 1, 1],
  ['GET /rules/{ruleId}', () => ({ path: `/rules/${ruleId}` }), 1, 1],
  ['PATCH /rules/{ruleId}', () => ({ path: `/rules/${ruleId}`, body: { name: 'x' } }), 3, 3],
  ['DELETE /rules/{ruleId}', () => ({ path: `/rules/${ruleId}` }), 1, 1],
  [
    'POST /queue/jobs with a webhookUrl',
    { body: { ...file, transformations: ['w_106'], webhookUrl: RECEIVER } },
    1,
    1,
  ],
]

function uploadForm() {
  const form = new FormData()
  form.append('files', new File([mp4()], 'trips/form.mp4'))
  return form
}

it.each([
  ['all queues', ''],
  ['a queue', '?queue=default'],
  ['a job', () => `?jobId=${ids.pending}`],
  ['a job and a queue', () => `?queue=default&jobId=${ids.pending}`],
])('GET /queue/events of %s makes one round trip, in the hub', async (_, query) => {
  // Each query is prepared, by the Worker as by the hubs.
  const sent = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, 'prepare')
  try {
    const client = await follow(typeof query === 'function' ? query() : query, key.headers)
    await client.first(({ event }) => event === 'connected')
    expect(sent).toHaveBeenCalledTimes(1)
    await client.close()
  } finally {
    vi.restoreAllMocks()
  }
})

it.each(ROWS)('%s', async (route, sent, trips, depth) => {
  const [method, path] = route.split(' ') as [string, string]
  const given = typeof sent === 'function' ? sent() : sent
  const measured = await send({
    method,
    path,
    ...given,
    headers: { ...key.headers, ...given.headers },
  })
  expect(measured.status, measured.text).toBeLessThan(300)
  expect(measured).toMatchObject({ roundTrips: trips, depth })
  if (path.endsWith('/{part}')) {
    uploadedPart = JSON.parse(measured.text)
  }
})

/** The latest request of a runner, and what it cost. */
const latest = { roundTrips: 0, depth: 0 }

/** Sends a request as a runner. See `asRunner`. */
async function sendAsRunner(
  method: string,
  path: string,
  body?: unknown,
  more: Record<string, string> = {},
): Promise<Response> {
  const isRaw = body instanceof Uint8Array
  const headers = {
    ...RUNNER,
    ...(body !== undefined && !isRaw && { 'Content-Type': 'application/json' }),
    ...(isRaw && { 'Content-Length': String(body.length) }),
    ...more,
  }
  const sent = isRaw ? (body as BodyInit) : body === undefined ? null : JSON.stringify(body)
  const { result, roundTrips, depth } = await cost(() =>
    visitWith({ DB: d1 }, path, { method, headers, body: sent }),
  )
  Object.assign(latest, { roundTrips, depth })
  return result
}

function claim(): Promise<Response> {
  const request = {
    protocol: PROTOCOL_VERSION,
    runner: { id: 'r' },
    queues: ['default'],
    waitSeconds: 0,
  }
  return sendAsRunner('POST', '/runner/claim', request)
}

/** Claims a job, with which the requests that follow are made. */
async function claimNext(): Promise<Response> {
  const response = await claim()
  const assignment: Assignment = await response.clone().json()
  runner = fakeRunner(assignment, sendAsRunner)
  return response
}

let runner: FakeRunner
const upload: Upload = { uploadId: '', parts: [] }

async function begin(): Promise<Response> {
  const response = await runner.beginOutput()
  const { uploadId } = await response.clone().json<{ uploadId: string }>()
  upload.uploadId = uploadId
  return response
}

async function putPart(part: number): Promise<Response> {
  const text = 'x'.repeat(part === 1 ? 5 * 1024 ** 2 : 1)
  const response = await runner.putPart(upload.uploadId, text, part)
  upload.parts.push(await response.clone().json())
  return response
}

/**
 * The requests for a job from its claim to its end, and those for a package. A lease is looked up in
 * the database at most every two seconds, and the clock stands still here.
 */
const RUNNER_ROWS: [what: string, send: () => Promise<Response>, trips: number, depth: number][] = [
  ['POST /runner/claim', claimNext, 1, 1],
  ['POST /runner/jobs/{id}/report', () => runner.report(1), 1, 1],
  ['POST /runner/jobs/{id}/report of progress alone', () => runner.report(2), 0, 0],
  ['GET /runner/jobs/{id}/source', () => runner.source(), 1, 1],
  ['GET /runner/jobs/{id}/source, another range', () => runner.source(), 0, 0],
  [
    'GET /runner/jobs/{id}/chunks of a job that is not split',
    () => runner.listCompletedChunks(),
    0,
    0,
  ],
  ['POST /runner/jobs/{id}/output', begin, 2, 2],
  ['PUT /runner/jobs/{id}/output/{part}', () => putPart(1), 0, 0],
  ['PUT /runner/jobs/{id}/output/{part}, another part', () => putPart(2), 0, 0],
  ['POST /runner/jobs/{id}/finish', () => runner.complete(upload), 3, 3],
  ['POST /runner/claim of the next job', claimNext, 1, 1],
  ['PUT /runner/jobs/{id}/files/{name}', () => runner.putFile('a.m4s', 'a'), 3, 3],
  ['PUT /runner/jobs/{id}/files/{name}, another file', () => runner.putFile('b.m4s', 'b'), 2, 2],
  ['GET /runner/jobs/{id}/files', () => runner.listFiles(), 0, 0],
  ['POST /runner/jobs/{id}/report with a playable package', () => runner.reportPlayable(), 1, 1],
  ['POST /runner/jobs/{id}/finish, a failure', () => runner.fail('input_invalid'), 4, 4],
  ['POST /runner/claim without a job', claim, 1, 1],
]

describe('a runner', () => {
  let now: number
  beforeAll(async () => {
    await putOriginal('trips/runner.mp4')
    await createOne('trips/runner.mp4', 'w_640', { priority: 0 })
    await createOne('trips/runner.mp4', 'f_hls', { priority: 0 })
    now = Date.now()
  })
  // One time for all of them: on a slow machine, two seconds could pass between two of these tests.
  beforeEach(() => {
    vi.setSystemTime(now)
  })

  it.each(RUNNER_ROWS)('%s', async (_, request, trips, depth) => {
    const response = await request()
    expect(response.status, await response.text()).toBeLessThan(300)
    expect(latest).toEqual({ roundTrips: trips, depth })
  })
})

it('has every route', async () => {
  const { paths } = await expectJson<{ paths: Record<string, object> }>(
    await visit('/openapi.json'),
    200,
  )
  const routes = Object.entries(paths)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((route) => route !== 'GET /queue/events')
  const listed = [...ROWS, ...RUNNER_ROWS].map(([route]) =>
    route.split(/[ ,]/).slice(0, 2).join(' '),
  )
  expect(routes.filter((route) => !listed.includes(route))).toEqual([])
})

describe('the first request with a key', () => {
  it('reads the key, and records its use at most once an hour', async () => {
    const fresh = await makeKey()
    const read = () => send({ method: 'GET', path: '/queue/stats', headers: fresh.headers })
    expect(await read()).toMatchObject({ status: 200, roundTrips: 3, depth: 2 })
    expect(await read()).toMatchObject({ status: 200, roundTrips: 1, depth: 1 })
    vi.setSystemTime(Date.now() + 5_000)
    expect(await read()).toMatchObject({ status: 200, roundTrips: 2, depth: 2 })
  })
})

it.each([
  ['a list', '/queue/jobs', /"(runner_secret_hash|command|stderr_tail|reference_files|chunk)"/],
  ['a list of a folder', '/queue/jobs', /"(runner_secret_hash|command|stderr_tail|chunk)"/],
  ['a status', '/video-status/w_640/trips/clip.mp4', /"(plan|input|output|timings|command)"/],
])('%s reads no column that it does not show', async (what, path, hidden) => {
  const { headers } = what.endsWith('folder') ? folderKey : key
  const measured = meter(env.DB)
  await visitWith({ DB: measured.d1 }, path, { headers })
  expect([...measured.statements].join()).toMatch(/"status"/)
  expect([...measured.statements].join()).not.toMatch(hidden)
})

/**
 * The list of all jobs, and that of a large folder, read the table in its order and stop at a limit.
 * rowCounts.test.ts counts their rows.
 */
const STOPS_AT_LIMIT =
  /from "jobs" where "jobs"\."parent_id" is null order by "jobs"\."seq" desc limit \?$|AS found left join "jobs"|^\s*SELECT CAST\(total\(/

it('no statement reads a whole table', async () => {
  expect(statements.size).toBeGreaterThan(30)
  for (const sql of [...statements].filter((each) => !STOPS_AT_LIMIT.test(each))) {
    const parameters = Array(sql.split('?').length - 1).fill(null)
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...parameters)
      .all<{ detail: string }>()
    for (const { detail } of plan.results) {
      expect(detail, sql).not.toMatch(/^SCAN (jobs|events|variants|ended_attempts|outputs|files)\b/)
    }
  }
})
