/** Requests that need an invalid setting are rejected, and the log names the setting. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSettings, validateSettings } from '../../../src/platform/settings.ts'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import {
  API_KEY,
  RUNNER_SECRET,
  api,
  expectJson,
  expectError,
  visitWith,
} from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'

const claimRequest = {
  protocol: PROTOCOL_VERSION,
  // The id of a runner in a slot, whose contacts are recorded.
  runner: { id: 'slot-0-0123abcd' },
  queues: ['no-such-queue'],
  waitSeconds: 0,
}

const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
afterEach(() => logged.mockClear())

const BAD: [keyof Env, string, string][] = [
  ['PUBLIC_EVENTS', 'yes', '/queue/events?filePath=settings/clip.mp4'],
  ['PUBLIC_STATUS', 'true', '/video-status/settings/clip.mp4'],
  ['PUBLIC_VARIANTS', 'public', '/t/w_640/settings/clip.mp4'],
  ['PUBLIC_VARIANTS', 'OPEN', '/t/settings/clip.mp4'],
  ['CORS_ORIGINS', '*', '/queue/stats'],
  ['CORS_ORIGINS', 'https://app.example.com/', '/openapi.json'],
  ['CORS_ORIGINS', 'app.example.com', '/t/settings/clip.mp4'],
  ['EMBED_ORIGINS', 'app.example.com', '/embed/settings/clip.mp4'],
]

describe.each(BAD)('%s = %j', (name, value, path) => {
  it('rejects a request that needs it, which creates no job and allows no origin', async () => {
    await putOriginal('settings/clip.mp4')
    const { headers } = await makeKey()
    const before = await countRows('jobs')
    const response = await visitWith({ [name]: value }, path, { headers })
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
    const message = await expectError(response, 503, 'not_configured')
    expect(message).toBe(
      'A setting of this service is not valid. Its log names the setting under this request id.',
    )
    expect(await countRows('jobs')).toBe(before)
  })

  it('is named in the log with the request id of the response, without its value', async () => {
    const response = await visitWith({ [name]: value }, path, { headers: API_KEY })
    const { requestId } = await expectJson<{ requestId: string }>(response, 503)
    const [line] = logged.mock.calls.map(([text]) => JSON.parse(text) as Record<string, string>)
    expect(line).toMatchObject({ event: 'bad_setting', requestId })
    expect(line!.error).toContain(name)
    expect(line!.error).not.toContain(`"${value}"`)
  })

  it('makes /health return 503', async () => {
    expect((await visitWith({ [name]: value }, '/health')).status).toBe(503)
    expect((await visitWith({}, '/health')).status).toBe(200)
  })
})

/** Requests that need none of the settings in {@link UNUSED}, with the status of the response. */
const REQUESTS: [string, string, unknown, number][] = [
  ['GET', '/queue/stats', undefined, 200],
  ['GET', '/queue/jobs', undefined, 200],
  ['POST', '/queue/jobs', { filePath: 'settings/clip.mp4', transformations: ['w_64'] }, 202],
  ['PUT', '/queues/settings', { concurrency: 2 }, 200],
  ['GET', '/openapi.json', undefined, 200],
  ['POST', '/runner/claim', claimRequest, 204],
]
const UNUSED: [keyof Env, string][] = [
  ['RUNNER_SLOTS', 'many'],
  ['RUNNER_DISK_BYTES', '-1'],
  ['RUNNER_IDLE_SECONDS', 'soon'],
  ['CONTAINER_GATEWAY_URL', 'here'],
  ['JOB_RETENTION_DAYS', 'soon'],
  ['EVENT_RETENTION_DAYS', '0'],
  ['UPLOAD_RETENTION_DAYS', ''],
  ['PUBLIC_EVENTS', 'yes'],
  ['PUBLIC_STATUS', 'true'],
  ['PUBLIC_VARIANTS', 'public'],
  ['SIGNING_KEYS', 'too-short:secret'],
]

describe.each(UNUSED)('%s = %j', (name, value) => {
  it.each(REQUESTS)('does not affect %s %s', async (method, path, body, status) => {
    await putOriginal('settings/clip.mp4')
    const isRunner = path.startsWith('/runner/')
    const token = isRunner ? { Authorization: 'Bearer test-runner-token' } : API_KEY
    const headers = { ...token, [RUNNER_SECRET_HEADER]: RUNNER_SECRET }
    const response = await visitWith({ [name]: value }, path, {
      method,
      headers: { ...headers, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    expect(response.status).toBe(status)
    expect(logged.mock.calls).toEqual([])
  })
})

it.each([
  ['JOB_RETENTION_DAYS', 'soon'],
  ['SIGNING_KEYS', 'too-short:secret'],
  ['RUNNER_DISK_BYTES', '-1'],
  ['ORIGINALS_BUCKET', ''],
] as const)(
  '/health returns 503 for %s = %j, and the log names the setting',
  async (name, value) => {
    const response = visitWith({ [name]: value }, '/health')
    await expectError(await response, 503, 'not_configured')
    expect(logged.mock.calls.join()).toContain(name)
    expect(logged.mock.calls.join()).not.toContain('too-short')
  },
)

it('the settings of wrangler.toml are valid, with and without the optional ones', async () => {
  expect(() => validateSettings(env)).not.toThrow()
  const optional = [
    'PUBLIC_EVENTS',
    'PUBLIC_STATUS',
    'PUBLIC_VARIANTS',
    'CORS_ORIGINS',
    'EMBED_ORIGINS',
  ]
  const rest = Object.entries(env).filter(([name]) => !optional.includes(name))
  expect(rest).toHaveLength(Object.keys(env).length - optional.length)
  expect(() => validateSettings(Object.fromEntries(rest) as unknown as Env)).not.toThrow()
  expect((await api('GET', '/queue/stats')).status).toBe(200)
})

describe('a setting of public access that is not set', () => {
  it.each([
    ['PUBLIC_EVENTS', 'events'],
    ['PUBLIC_STATUS', 'status'],
    ['PUBLIC_VARIANTS', 'variants'],
    ['PUBLIC_MAX_PENDING_JOBS', 'maxPendingJobs'],
    ['PUBLIC_MAX_STREAMS', 'maxStreams'],
    ['PUBLIC_MAX_STREAMS_PER_ADDRESS', 'maxStreamsPerAddress'],
  ] as const)('%s has the value of wrangler.toml', (name, field) => {
    const unset: Env = { ...env }
    Reflect.deleteProperty(unset, name)
    expect(env[name]).toBeDefined()
    expect(createSettings(unset).publicAccess[field]).toBe(createSettings(env).publicAccess[field])
  })
})
