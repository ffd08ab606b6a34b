/** Security headers of responses, and CORS. */
import { beforeAll, describe, expect, it } from 'vitest'
import { exports } from 'cloudflare:workers'
import { API_KEY, visit, visitWith } from '../helpers/requests.ts'
import { createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'

beforeAll(async () => {
  await createOne('h/clip.mp4')
  await (await claimAsRunner()).completeWith('made')
})

const RESPONSES: [string, RequestInit, number][] = [
  ['/health', {}, 200],
  ['/openapi.json', {}, 200],
  ['/queue/jobs', { headers: API_KEY }, 200],
  ['/queue/jobs', {}, 401],
  ['/queue/events', { headers: API_KEY }, 200],
  ['/nowhere', {}, 404],
  ['/queue/stats', { method: 'PUT' }, 405],
  ['/t/%ff', {}, 400],
  ['/t/h/clip.mp4', {}, 200],
  ['/t/h/clip.mp4', { headers: { Range: 'bytes=0-3' } }, 206],
  ['/t/h/clip.mp4', { headers: { Range: 'bytes=9999-' } }, 416],
  ['/t/w_640/h/clip.mp4', {}, 200],
  ['/t/w_642/h/clip.mp4', {}, 202],
  ['/t/w_0/h/clip.mp4', {}, 400],
  ['/video-status/h/clip.mp4', {}, 200],
  ['/runner/claim', { method: 'POST' }, 401],
]

it.each(RESPONSES)('%s %j returns %i with security headers', async (path, init, status) => {
  const response = await visit(path, init)
  expect(response.status).toBe(status)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': expect.stringContaining('max-age='),
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'cross-origin-resource-policy': path.startsWith('/t/') ? 'cross-origin' : 'same-origin',
  })
  await response.body?.cancel()
})

it('the gateway for containers sends X-Content-Type-Options', async () => {
  const gateway = exports.RunnerGateway({ props: { runner: 'slot-0-00000000' } })
  const response = await gateway.fetch('http://gateway.reelqueue/nowhere')
  expect(response.status).toBe(404)
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
})

it('an internal error sends nosniff, and shows no source path, stack or setting', async () => {
  const broken = { prepare: () => { throw new Error('the database is gone') } } as never // prettier-ignore
  const response = await visitWith({ DB: broken }, '/video-status/x.mp4')
  expect(response.status).toBe(500)
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
  expect(await response.text()).not.toMatch(/zod|stack|src\/|PUBLIC/i)
})

describe('CORS', () => {
  const app = 'https://app.example.com'
  const CORS_ORIGINS = `${app}, https://www.example.com`
  const sendFrom = (
    Origin: string,
    settings: object,
    init: RequestInit = {},
    path = '/queue/jobs',
  ) => visitWith(settings, path, { ...init, headers: { ...API_KEY, Origin } })
  const allowed = (response: Response) => response.headers.get('Access-Control-Allow-Origin')

  it('allows a configured origin, in error responses too, and no other origin', async () => {
    for (const path of ['/queue/jobs', '/nowhere', '/t/h/clip.mp4', '/queue/jobs?limit=0']) {
      expect(allowed(await sendFrom(app, { CORS_ORIGINS }, {}, path))).toBe(app)
    }
    for (const origin of ['https://evil.example.com', 'https://app.example.com.evil.com', 'null']) {
      const response = await sendFrom(origin, { CORS_ORIGINS })
      expect(allowed(response)).toBeNull()
      expect(response.headers.get('Vary')).toContain('Origin')
    }
  })

  it('responds to a preflight request without allowing credentials', async () => {
    const response = await sendFrom(app, { CORS_ORIGINS }, { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(response.headers.get('Access-Control-Allow-Headers')).toContain('Authorization')
    expect(response.headers.get('Access-Control-Allow-Methods')).toContain('PATCH')
    expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull()
  })

  it('is off by default, and off for runner routes even if origins are configured', async () => {
    expect(allowed(await sendFrom(app, {}))).toBeNull()
    expect(
      allowed(await sendFrom(app, { CORS_ORIGINS }, { method: 'POST' }, '/runner/claim')),
    ).toBeNull()
  })
})
