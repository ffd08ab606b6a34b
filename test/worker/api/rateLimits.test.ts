/** Rate limits of callers, and the maximum number of queued jobs of an API key. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { api, RUNNER_SECRET, expectJson, expectError, visitWith } from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'

function from(address: string) {
  return { headers: { 'CF-Connecting-IP': address } }
}

describe('a rate limit', () => {
  const tight = { READS: env.TIGHT }
  const three = async (request: () => Promise<Response>) => {
    for (let n = 0; n < 3; n++) {
      expect((await request()).status).toBeLessThan(429)
    }
  }

  it('counts each API key separately, and returns 429 above the limit', async () => {
    const [one, other] = [await makeKey(), await makeKey()]
    const read = (headers: Record<string, string>) =>
      visitWith(tight, '/queue/stats', { headers: { ...headers, ...from('203.0.113.1').headers } })
    await three(() => read(one.headers))
    const refused = await read(one.headers)
    expect(await expectError(refused, 429, 'rate_limited')).toContain('10 s')
    expect(refused.headers.get('Retry-After')).toBe('10')
    expect((await read(other.headers)).status).toBe(200)
    // Another class is another count.
    const write = { method: 'POST', headers: one.headers }
    expect((await visitWith(tight, '/queue/jobs/x/cancel', write)).status).toBe(400)
  })

  it('counts visitors by address, and invalid keys as visitors', async () => {
    const status = (init: RequestInit) => visitWith(tight, '/video-status/x.mp4', init)
    await three(() => status(from('203.0.113.2')))
    await expectError(await status(from('203.0.113.2')), 429, 'rate_limited')
    const wrong = { ...from('203.0.113.2').headers, Authorization: 'Bearer wrong' }
    await expectError(await status({ headers: wrong }), 429, 'rate_limited')
    expect((await status(from('203.0.113.3'))).status).toBe(404)
  })

  it('on new variants does not apply to existing ones or to API keys', async () => {
    await putOriginal('limits/clip.mp4')
    const ask = (width: number, headers = {}) =>
      visitWith({ NEW_VARIANTS: env.TIGHT }, `/t/w_${width}/limits/clip.mp4`, {
        headers: { ...from('203.0.113.4').headers, ...headers },
      })
    for (const width of [100, 102, 104]) {
      expect((await ask(width)).status).toBe(202)
    }
    const refused = await ask(106)
    await expectError(refused, 429, 'rate_limited')
    expect(refused.headers.get('Retry-After')).toBe('60')
    expect(await countRows('jobs', "transformation = 'w_106'")).toBe(0)
    expect((await ask(100)).status).toBe(202)
    const { headers } = await makeKey({ scopes: ['jobs:write'] })
    expect((await ask(106, headers)).status).toBe(202)
  })
})

describe('a rate limit on routes without an API key', () => {
  const tight = { READS: env.TIGHT }

  it.each(['/health', '/openapi.json'])('counts the clients of %s by address', async (path) => {
    const ask = (address: string) => visitWith(tight, path, from(`${address}:${path}`))
    for (let n = 0; n < 3; n++) {
      expect((await ask('one')).status).toBe(200)
    }
    const refused = await ask('one')
    await expectError(refused, 429, 'rate_limited')
    expect(refused.headers.get('Retry-After')).toBe('10')
    expect((await ask('other')).status).toBe(200)
  })

  it('counts invalid tokens by address, without affecting runners at that address', async () => {
    const claim = (token: string, runner: string) =>
      visitWith(tight, '/runner/claim', {
        method: 'POST',
        headers: {
          ...from('203.0.113.9').headers,
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
    for (let n = 0; n < 3; n++) {
      expect((await claim('wrong', 'a')).status).toBe(401)
    }
    await expectError(await claim('wrong', 'a'), 429, 'rate_limited')
    expect([200, 204]).toContain((await claim('test-runner-token', 'a')).status)
  })
})

describe('a rate limit on runners', () => {
  const tight = { RUNNERS: env.TIGHT }
  const send = (path: string, body: object) =>
    visitWith(tight, `/runner/${path}`, {
      method: 'POST',
      headers: {
        ...from('203.0.113.10').headers,
        Authorization: 'Bearer test-runner-token',
        'Content-Type': 'application/json',
        [RUNNER_SECRET_HEADER]: RUNNER_SECRET,
      },
      body: JSON.stringify(body),
    })

  it('counts the requests about one job, without affecting other runners at the same address', async () => {
    const said = { fence: 1, progress: 1, stage: 'encode', etaSeconds: null }
    for (let n = 0; n < 3; n++) {
      expect((await send('jobs/one/report', said)).status).toBe(409)
    }
    const refused = await send('jobs/one/finish', { outcome: 'released', fence: 1, reason: 'x' })
    await expectError(refused, 429, 'rate_limited')
    expect(refused.headers.get('Retry-After')).toBe('10')
    expect((await send('jobs/two/report', said)).status).toBe(409)
  })

  it('counts the claims of each runner separately, even at the same address', async () => {
    const claim = (id: string) =>
      send('claim', {
        protocol: PROTOCOL_VERSION,
        runner: { id },
        queues: ['none-here'],
        waitSeconds: 0,
      })
    for (let n = 0; n < 3; n++) {
      expect((await claim('busy')).status).toBe(204)
    }
    await expectError(await claim('busy'), 429, 'rate_limited')
    for (let n = 0; n < 20; n++) {
      expect((await claim(`fleet-${n}`)).status).toBe(204)
    }
  })
})

describe('access of visitors to variants', () => {
  it.each([
    ['open', 202, 200],
    ['ready', 401, 200],
    ['off', 401, 401],
  ])(
    'with PUBLIC_VARIANTS %s, a new variant returns %i and an original %i',
    async (setting, made, original) => {
      const filePath = `open/${setting}.mp4`
      await putOriginal(filePath)
      const ask = (path: string) => visitWith({ PUBLIC_VARIANTS: setting }, path)
      expect((await ask(`/t/w_640/${filePath}`)).status).toBe(made)
      expect((await ask(`/t/${filePath}`)).status).toBe(original)
      expect(await countRows('jobs', 'file_path = ?', filePath)).toBe(made === 202 ? 1 : 0)
    },
  )

  it.each([
    ['named', 404],
    ['off', 401],
  ])(
    'with PUBLIC_STATUS %s, a status returns %i, and its size likewise',
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
    const ask = (...transformations: string[]) =>
      key.call('POST', '/queue/jobs', { filePath: 'caps/clip.mp4', transformations, priority: 0 })
    await expectJson(await ask('w_100', 'w_102'), 202)
    await expectError(await ask('w_104', 'w_106'), 429, 'cap_reached')
    expect(await queued(key.id)).toBe(2)
    // What is there already is no more.
    await expectJson(await ask('w_100', 'w_102', 'w_104'), 202)
    await expectJson(await ask('w_100', 'w_102', 'w_104'), 202)
    await expectError(await ask('w_106'), 429, 'cap_reached')
    const others = { filePath: 'caps/clip.mp4', transformations: ['w_106'] }
    await expectJson(await (await makeKey()).call('POST', '/queue/jobs', others), 202)
    // One that has begun waits no more.
    await claimAsRunner()
    await expectJson(await ask('w_108'), 202)
    expect(await queued(key.id)).toBe(3)
  })

  it('holds for concurrent requests', async () => {
    await putOriginal('caps/race.mp4')
    const key = await makeKey({ maxQueuedJobs: 4 })
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        key.call('POST', '/queue/jobs', {
          filePath: 'caps/race.mp4',
          transformations: [`w_${200 + 2 * n}`],
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(4)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(8)
    expect(await queued(key.id)).toBe(4)
    await expectJson(await api('PATCH', `/api-keys/${key.id}`, { maxQueuedJobs: null }), 200)
    const more = { filePath: 'caps/race.mp4', transformations: ['w_300'] }
    expect((await key.call('POST', '/queue/jobs', more)).status).toBe(202)
  })
})
