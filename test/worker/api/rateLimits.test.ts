/**
 * Rate limits, access of visitors to variants and status, and the maximum number of queued jobs of
 * an API key.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import {
  api,
  RUNNER_SECRET,
  expectJson,
  expectError,
  visit,
  visitWith,
} from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'

function fromAddress(address: string) {
  return { headers: { 'CF-Connecting-IP': address } }
}

const LIMIT = 3
/**
 * Sends requests until one is rejected. Returns its response and its number (from 0). The requests
 * before it must have the status `accepted`. The runtime starts a new count at each full minute, so
 * up to six requests are accepted when a minute ends during the test.
 */
async function sendUntilRejected(accepted: number, send: (n: number) => Promise<Response>) {
  for (let n = 0; n <= 2 * LIMIT; n++) {
    const response = await send(n)
    if (n >= LIMIT && response.status === 429) {
      return { response, n }
    }
    expect(response.status).toBe(accepted)
  }
  throw new Error('no request was rejected')
}

describe('a rate limit', () => {
  const tight = { READS: env.TIGHT }

  it('counts each API key separately, and returns 429 above the limit', async () => {
    const [one, other] = [await makeKey(), await makeKey()]
    const read = (headers: Record<string, string>) =>
      visitWith(tight, '/queue/stats', {
        headers: { ...headers, ...fromAddress('203.0.113.1').headers },
      })
    const { response } = await sendUntilRejected(200, () => read(one.headers))
    expect(await expectError(response, 429, 'rate_limited')).toContain('10 s')
    expect(response.headers.get('Retry-After')).toBe('10')
    expect((await read(other.headers)).status).toBe(200)
    // Writes are counted separately from reads.
    const write = { method: 'POST', headers: one.headers }
    expect((await visitWith(tight, '/queue/jobs/x/cancel', write)).status).toBe(400)
  })

  it('counts visitors by IP address, and clients with an invalid key as visitors', async () => {
    const status = (init: RequestInit) => visitWith(tight, '/video-status/x.mp4', init)
    const { response } = await sendUntilRejected(404, () => status(fromAddress('203.0.113.2')))
    await expectError(response, 429, 'rate_limited')
    const wrong = { ...fromAddress('203.0.113.2').headers, Authorization: 'Bearer wrong' }
    await expectError(await status({ headers: wrong }), 429, 'rate_limited')
    expect((await status(fromAddress('203.0.113.3'))).status).toBe(404)
  })

  it('counts all addresses of an IPv6 /64 as one client', async () => {
    const status = (address: string) =>
      visitWith(tight, '/video-status/x.mp4', fromAddress(address))
    const { response } = await sendUntilRejected(404, (n) => status(`2001:db8:5:6:${n}::${n}`))
    await expectError(response, 429, 'rate_limited')
    await expectError(await status('2001:DB8:5:6:ffff::'), 429, 'rate_limited')
    expect((await status('2001:db8:5:7::1')).status).toBe(404)
  })

  it('on new variants does not apply to variants with a job or keys with jobs:write', async () => {
    await putOriginal('limits/clip.mp4')
    const visitVariant = (n: number, headers = {}) =>
      visitWith({ NEW_VARIANTS: env.TIGHT }, `/t/w_${100 + 2 * n}/limits/clip.mp4`, {
        headers: { ...fromAddress('203.0.113.4').headers, ...headers },
      })
    const { response, n } = await sendUntilRejected(202, visitVariant)
    await expectError(response, 429, 'rate_limited')
    expect(response.headers.get('Retry-After')).toBe('60')
    expect(await countRows('jobs', 'transformation = ?', `w_${100 + 2 * n}`)).toBe(0)
    expect((await visitVariant(0)).status).toBe(202)
    const { headers } = await makeKey({ scopes: ['jobs:write'] })
    expect((await visitVariant(n, headers)).status).toBe(202)
  })
})

describe('the rate limit of large reads', () => {
  const tight = { LARGE_READS: env.TIGHT }
  const restricted: Parameters<typeof makeKey>[0][] = [
    { scopes: ['jobs:read'], pathPrefix: 'large' },
    { scopes: ['jobs:read'], queue: 'default' },
    { scopes: ['jobs:read'] },
  ]

  it.each([
    ['statistics of a folder', '/queue/stats', 0],
    ['a list of the jobs of a folder', '/queue/jobs', 0],
    ['a list of the files of a queue', '/files', 1],
    ['a list with a large offset', '/queue/jobs?offset=1001', 2],
  ])('counts %s, and no other reads', async (_, path, large) => {
    const keys = await Promise.all(restricted.map((fields) => makeKey(fields)))
    const read = (key: number) => visitWith(tight, path, { headers: keys[key]!.headers })
    const { response } = await sendUntilRejected(200, () => read(large))
    await expectError(response, 429, 'rate_limited')
    expect(response.headers.get('Retry-After')).toBe('10')
    const cheap = ['/queue/stats?queue=default', '/queue/jobs?offset=1000', '/files?limit=1']
    const headers = (await makeKey({ scopes: ['jobs:read'] })).headers
    for (const other of cheap.flatMap((each) => Array<string>(2 * LIMIT).fill(each))) {
      expect((await visitWith(tight, other, { headers })).status).toBe(200)
    }
    const ofFile = '/queue/jobs?filePath=large/a.mp4'
    expect((await visitWith(tight, ofFile, { headers: keys[0]!.headers })).status).toBe(200)
  })
})

describe('a rate limit on routes without an API key', () => {
  const tight = { READS: env.TIGHT }

  it.each(['/health', '/openapi.json'])('counts the clients of %s by address', async (path) => {
    const read = (address: string) => visitWith(tight, path, fromAddress(`${address}:${path}`))
    const { response } = await sendUntilRejected(200, () => read('one'))
    await expectError(response, 429, 'rate_limited')
    expect(response.headers.get('Retry-After')).toBe('10')
    expect((await read('other')).status).toBe(200)
  })

  it('counts invalid tokens by address, without affecting runners at that address', async () => {
    const claim = (token: string, runner: string) =>
      visitWith(tight, '/runner/claim', {
        method: 'POST',
        headers: {
          ...fromAddress('203.0.113.9').headers,
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          [RUNNER_SECRET_HEADER]: RUNNER_SECRET,
        },
        body: JSON.stringify({
          protocol: PROTOCOL_VERSION,
          runner: { id: runner },
          queues: ['default'],
          waitSeconds: 0,
        }),
      })
    const { response } = await sendUntilRejected(401, () => claim('wrong', 'a'))
    await expectError(response, 429, 'rate_limited')
    expect([200, 204]).toContain((await claim('test-runner-token', 'a')).status)
  })
})

describe('a rate limit on runners', () => {
  const tight = { RUNNERS: env.TIGHT }
  const send = (path: string, body: object) =>
    visitWith(tight, `/runner/${path}`, {
      method: 'POST',
      headers: {
        ...fromAddress('203.0.113.10').headers,
        Authorization: 'Bearer test-runner-token',
        'Content-Type': 'application/json',
        [RUNNER_SECRET_HEADER]: RUNNER_SECRET,
      },
      body: JSON.stringify(body),
    })

  it('counts the requests about each job separately, even at the same address', async () => {
    const report = { fence: 1, progress: 1, stage: 'encode', etaSeconds: null }
    const finish = { outcome: 'released', fence: 1, reason: 'x' }
    const { response } = await sendUntilRejected(409, (n) =>
      n < LIMIT ? send('jobs/one/report', report) : send('jobs/one/finish', finish),
    )
    await expectError(response, 429, 'rate_limited')
    expect(response.headers.get('Retry-After')).toBe('10')
    expect((await send('jobs/two/report', report)).status).toBe(409)
  })

  it('counts the claims of each runner separately, even at the same address', async () => {
    const claim = (id: string) =>
      send('claim', {
        protocol: PROTOCOL_VERSION,
        runner: { id },
        queues: ['none-here'],
        waitSeconds: 0,
      })
    const { response } = await sendUntilRejected(204, () => claim('busy'))
    await expectError(response, 429, 'rate_limited')
    for (let n = 0; n < 20; n++) {
      expect((await claim(`fleet-${n}`)).status).toBe(204)
    }
  })
})

describe('access of visitors to variants and status', () => {
  it.each([
    ['open', 202, 200],
    ['ready', 401, 200],
    ['off', 401, 401],
  ])(
    'with PUBLIC_VARIANTS %s, a new variant returns %i and an original %i',
    async (setting, variant, original) => {
      const filePath = `open/${setting}.mp4`
      await putOriginal(filePath)
      const get = (path: string) => visitWith({ PUBLIC_VARIANTS: setting }, path)
      expect((await get(`/t/w_640/${filePath}`)).status).toBe(variant)
      expect((await get(`/t/${filePath}`)).status).toBe(original)
      expect(await countRows('jobs', 'file_path = ?', filePath)).toBe(variant === 202 ? 1 : 0)
    },
  )

  it.each([
    ['named', 404],
    ['off', 401],
  ])(
    'with PUBLIC_STATUS %s, requests for a status and for a size return %i',
    async (setting, status) => {
      for (const path of ['/video-status/none.mp4', '/video-status/none.mp4/size']) {
        expect((await visitWith({ PUBLIC_STATUS: setting }, path)).status).toBe(status)
      }
    },
  )
})

describe('maxQueuedJobs of an API key', () => {
  const queued = (id: string) => countRows('jobs', "api_key_id = ? AND status = 'pending'", id)

  it('accepts or rejects whole requests, and counts duplicates once', async () => {
    await putOriginal('caps/clip.mp4')
    const key = await makeKey({ maxQueuedJobs: 3 })
    const create = (...transformations: string[]) =>
      key.call('POST', '/queue/jobs', { filePath: 'caps/clip.mp4', transformations, priority: 0 })
    await expectJson(await create('w_100', 'w_102'), 202)
    await expectError(await create('w_104', 'w_106'), 429, 'cap_reached')
    expect(await queued(key.id)).toBe(2)
    // Jobs that exist already are not counted again.
    await expectJson(await create('w_100', 'w_102', 'w_104'), 202)
    await expectJson(await create('w_100', 'w_102', 'w_104'), 202)
    await expectError(await create('w_106'), 429, 'cap_reached')
    const others = { filePath: 'caps/clip.mp4', transformations: ['w_106'] }
    await expectJson(await (await makeKey()).call('POST', '/queue/jobs', others), 202)
    // A running job no longer counts as queued.
    await claimAsRunner()
    await expectJson(await create('w_108'), 202)
    expect(await queued(key.id)).toBe(3)
  })

  it('returns 429 with Retry-After for jobs, variants, probes and form uploads', async () => {
    const filePath = 'caps/routes.mp4'
    await putOriginal(filePath)
    const key = await makeKey({ maxQueuedJobs: 1 })
    const request = { filePath, transformations: ['w_100'] }
    await expectJson(await key.call('POST', '/queue/jobs', request), 202)
    const form = new FormData()
    form.append('files', new File([mp4()], 'caps/form.mp4'))
    form.append('transformations', 'w_100')
    for (const response of [
      await key.call('POST', '/queue/jobs', { filePath, transformations: ['w_102'] }),
      await key.call('GET', `/t/w_102/${filePath}`),
      await key.call('POST', '/probe', { filePath, waitSeconds: 0 }),
      await visit('/upload', { method: 'POST', headers: key.headers, body: form }),
    ]) {
      expect(response.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/)
      await expectError(response, 429, 'cap_reached')
    }
  })

  it('holds for concurrent requests, and can be removed', async () => {
    await putOriginal('caps/race.mp4')
    const key = await makeKey({ maxQueuedJobs: 4 })
    const responses = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        key.call('POST', '/queue/jobs', {
          filePath: 'caps/race.mp4',
          transformations: [`w_${200 + 2 * n}`],
        }),
      ),
    )
    expect(responses.filter(({ status }) => status === 202)).toHaveLength(4)
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(8)
    expect(await queued(key.id)).toBe(4)
    await expectJson(await api('PATCH', `/api-keys/${key.id}`, { maxQueuedJobs: null }), 200)
    const more = { filePath: 'caps/race.mp4', transformations: ['w_300'] }
    expect((await key.call('POST', '/queue/jobs', more)).status).toBe(202)
  })
})
