import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { API_KEY, visit, api, type ErrorBody } from '../helpers/requests.ts'
import { createOne } from '../helpers/jobs.ts'
import { countRows } from '../helpers/database.ts'

const JSON_TYPE = { ...API_KEY, 'Content-Type': 'application/json' }
const RUNNER = { Authorization: 'Bearer test-runner-token', 'Content-Type': 'application/json' }
const SQL = "x' OR 1=1; DROP TABLE jobs;--"
const LONG = 'a'.repeat(5_000)
const INTERNAL =
  /sqlite|d1_|drizzle|select |insert |no such table|constraint|\bat .+:\d+|\/src\/|node_modules|job_[0-9a-f]{32}\/\d/i

/** Expects the common form of errors, without internal details. */
async function expectErrorShape(response: Response, status: number): Promise<ErrorBody> {
  const text = await response.text()
  expect({ status: response.status, text }).toMatchObject({ status })
  const body = JSON.parse(text) as ErrorBody
  for (const field of ['error', 'message', 'code', 'requestId'] as const) {
    expect(body[field]).toEqual(expect.stringMatching(/./))
  }
  expect(body.requestId).toBe(response.headers.get('X-Request-Id'))
  expect(response.headers.get('Content-Type')).toMatch(/^application\/json/)
  expect(text).not.toMatch(INTERNAL)
  return body
}

type Case = [name: string, status: number, path: string, init?: RequestInit]
function post(body: unknown, headers: HeadersInit = JSON_TYPE): RequestInit {
  return {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}
function get(headers: HeadersInit = API_KEY): RequestInit {
  return { headers }
}

const CASES: Case[] = [
  // Bodies.
  ['a body that is not JSON', 400, '/queue/jobs', post('{"filePath":')],
  ['no body', 400, '/queue/jobs', { method: 'POST', headers: API_KEY }],
  ['an empty body', 400, '/queue/jobs', post('')],
  ['JSON null', 400, '/queue/jobs', post(null)],
  ['a JSON array', 400, '/queue/jobs', post([])],
  ['a text body', 400, '/queue/jobs', post('{}', { ...API_KEY, 'Content-Type': 'text/plain' })],
  ['an unknown field', 400, '/queue/jobs', post({ filePath: 'a.mp4', transform: 'w_1' })],
  ['a field of another type', 400, '/queue/jobs', post({ filePath: 7 })],
  ['an unknown field of cancel', 400, '/queue/jobs/x/cancel', post({ force: true, hard: 1 })],
  ['a cancel that is not JSON', 400, '/queue/jobs/x/cancel', post('force')],
  [
    'an empty list of transformations',
    400,
    '/queue/jobs',
    post({ filePath: 'a.mp4', transformations: [] }),
  ],
  // Values.
  ['a priority that is too high', 400, '/queue/jobs', post({ filePath: 'a.mp4', priority: 101 })],
  ['a long path', 400, '/queue/jobs', post({ filePath: `${LONG}.mp4` })],
  [
    'a long transformation',
    400,
    '/queue/jobs',
    post({ filePath: 'a.mp4', transformations: [LONG] }),
  ],
  ['a long queue name', 400, '/queue/jobs', post({ filePath: 'a.mp4', queue: LONG })],
  ['a long job id', 404, `/queue/jobs/${LONG}`, get()],
  ['the attempts of a long job id', 404, `/queue/jobs/${LONG}/attempts`, get()],
  ['the events of a long job id', 404, `/queue/events?jobId=${LONG}`, get()],
  ['a stream token of a long job id', 404, '/queue/events/token', post({ jobId: LONG })],
  ['a long upload id', 404, `/uploads/${LONG}`, get()],
  ['a long key id', 404, `/api-keys/${LONG}`, get()],
  ['a long job id to retry', 400, `/queue/jobs/${LONG}/retry`, post(undefined, API_KEY)],
  [
    'a long idempotency key',
    400,
    '/queue/jobs',
    post({ filePath: 'a.mp4' }, { ...JSON_TYPE, 'Idempotency-Key': LONG }),
  ],
  ['a long cursor', 400, `/queue/jobs?cursor=${LONG}`, get()],
  ['SQL as a job id', 404, `/queue/jobs/${encodeURIComponent(SQL)}`, get()],
  ['SQL as a status', 400, `/queue/jobs?status=${encodeURIComponent(SQL)}`, get()],
  ['SQL as a limit', 400, `/queue/jobs?limit=${encodeURIComponent(SQL)}`, get()],
  ['SQL as a path', 404, '/queue/jobs', post({ filePath: `${SQL}.mp4` })],
  ['SQL as a queue', 400, `/queue/stats?queue=${encodeURIComponent(SQL)}`, get()],
  ['SQL as the path of a variant', 404, `/t/w_640/${encodeURIComponent(SQL)}.mp4`],
  ['SQL as an event id', 400, `/queue/events?lastEventId=${encodeURIComponent(SQL)}`],
  ['a negative event id', 400, '/queue/events?lastEventId=-1'],
  ['an invalid event id header', 400, '/queue/events', get({ 'Last-Event-ID': 'abc' })],
  // Encodings.
  ['an incomplete escape', 400, '/t/w_640/%E0%A4%A.mp4'],
  [
    'bytes that are not UTF-8',
    400,
    '/files/%FF.mp4',
    { method: 'PUT', headers: API_KEY, body: 'x' },
  ],
  ['a NUL', 400, '/t/a%00b.mp4'],
  ['a path with ..', 400, '/t/w_640/a%2F..%2Fb.mp4'],
  ['an absolute path', 400, '/t/w_640//b.mp4'],
  // Routes and methods.
  ['an unknown route', 404, '/nothing/here'],
  ['a file that the dashboard does not have', 404, '/assets/none.js'],
  ['an unknown route below a known one', 404, '/queue/jobs/x/pause', post({})],
  ['a wrong method', 405, '/queue/jobs', { method: 'PUT', headers: API_KEY, body: '{}' }],
  ['a wrong method on events', 405, '/queue/events', { method: 'POST' }],
  ['a wrong method on a variant', 405, '/t/w_640/a.mp4', { method: 'DELETE' }],
  ['a wrong method on a file', 405, '/files/a.mp4', { method: 'POST', headers: API_KEY }],
  ['a wrong method on retry', 405, '/queue/jobs/x/retry', get()],
  ['a wrong method on claim', 405, '/runner/claim', get(RUNNER)],
  // Keys.
  ['no key', 401, '/queue/jobs'],
  ['a wrong key', 401, '/queue/jobs', get({ Authorization: 'Bearer nonsense' })],
  ['an empty key', 401, '/queue/jobs', get({ Authorization: 'Bearer ' })],
  ['a key of another scheme', 401, '/queue/stats', get({ Authorization: 'Basic test-api-key' })],
  ['the runner’s token at the API', 401, '/queue/stats', get(RUNNER)],
  ['the API’s key at the gateway', 401, '/runner/claim', post({}, JSON_TYPE)],
  ['no key for an upload', 401, '/upload', { method: 'POST', body: new FormData() }],
  ['no key for a file', 401, '/files/a.mp4', { method: 'PUT', body: 'x' }],
  ['no key for a delete', 401, '/queue/jobs/x', { method: 'DELETE' }],
  // The gateway.
  ['a claim without a runner', 400, '/runner/claim', post({ protocol: 1 }, RUNNER)],
  [
    'a future protocol version',
    400,
    '/runner/claim',
    post({ protocol: 99, runner: { id: 'r' }, queues: ['default'], waitSeconds: 0 }, RUNNER),
  ],
  ['a source without a fence', 400, '/runner/jobs/x/source', get(RUNNER)],
  ['a source of an unknown job', 409, '/runner/jobs/x/source?fence=1', get(RUNNER)],
]

describe('error responses have one shape and show no internal details', () => {
  let control = ''
  beforeAll(async () => {
    control = (await createOne('errors/control.mp4')).id
  })

  it.each(CASES)('%s returns %i and changes no job', async (_name, status, path, init) => {
    await expectErrorShape(await visit(path, init), status)
    expect(await countRows('jobs')).toBe(1)
    expect(await countRows('jobs', "id = ? AND status = 'pending'", control)).toBe(1)
  })
})

it('an unsupported method returns 405 and lists the supported methods', async () => {
  const response = await api('PATCH', '/queue/jobs')
  const { message } = await expectErrorShape(response, 405)
  const allow = response.headers.get('Allow')!.split(', ')
  expect(allow.toSorted()).toEqual(['GET', 'HEAD', 'POST'])
  expect(message).toContain('POST')
})

it('a request without an API key returns 401 with the authentication scheme', async () => {
  const response = await visit('/queue/stats')
  expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
  await expectErrorShape(response, 401)
})

it('an unsupported content type returns 400 and names the supported one', async () => {
  const headers = { ...API_KEY, 'Content-Type': 'application/x-www-form-urlencoded' }
  const { message } = await expectErrorShape(
    await visit('/queue/jobs', post('filePath=a.mp4', headers)),
    400,
  )
  expect(message).toContain('application/json')
})

it('an internal error returns 500 with the request id of its log line', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  await env.DB.prepare('ALTER TABLE queues RENAME TO queues_away').run()
  try {
    for (const path of ['/queue/stats', '/health', '/queue/events?queue=default']) {
      // Without this header, the error of the event stream would be sent with status 200.
      const headers = { Accept: 'application/json' }
      const body = await expectErrorShape(await api('GET', path, undefined, headers), 500)
      expect(body.code).toBe('internal')
      expect(body.message).toContain('request id')
      const line = JSON.parse(String(logged.mock.lastCall![0])) as { error: string }
      expect(line).toMatchObject({ event: 'request_failed', requestId: body.requestId })
      // The reason is logged, and the values of the query's parameters are not.
      expect(line.error).toContain('no such table: queues')
      expect(line.error).not.toContain('params')
    }
  } finally {
    await env.DB.prepare('ALTER TABLE queues_away RENAME TO queues').run()
    logged.mockRestore()
  }
  expect(await (await visit('/health')).json()).toEqual({ status: 'ok' })
})
