/** The routes of webhooks, and `webhookUrl` of jobs. What they send arrives at `internet.ts`. */
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Delivery, TestResult, Webhook as Shown } from '../../../src/contract/webhook.ts'
import { dispatchEvents } from '../../../src/services/webhooks/dispatch.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { countRows, openPlatform } from '../helpers/database.ts'
import { follow } from '../helpers/eventStream.ts'
import { createJobs, createOne, putOriginal } from '../helpers/jobs.ts'
import { insertJobIn } from '../helpers/jobStore.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'
import { WAIT } from '../helpers/wait.ts'

type Created = Shown & { secret: string }
const ECHO = 'https://hooks.example.com/echo'

beforeEach(async () => {
  for (const table of ['webhook_endpoints', 'webhook_deliveries', 'jobs', 'events']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
})

async function create(fields: Record<string, unknown> = {}): Promise<Created> {
  return expectJson(await api('POST', '/webhooks', { url: ECHO, ...fields }), 201)
}
async function show(id: string): Promise<Shown> {
  return expectJson(await api('GET', `/webhooks/${id}`), 200)
}
async function list(): Promise<Shown[]> {
  const response = await api('GET', '/webhooks')
  return (await expectJson<{ webhooks: Shown[] }>(response, 200)).webhooks
}
/** Oldest first. */
async function readLog(id: string, query = ''): Promise<Delivery[]> {
  const response = await api('GET', `/webhooks/${id}/deliveries${query}`)
  return (await expectJson<{ deliveries: Delivery[] }>(response, 200)).deliveries.toReversed()
}
function waitForLog(id: string, statuses: string[]): Promise<Delivery[]> {
  return vi.waitFor(
    async () => {
      const log = await readLog(id)
      expect(log.map(({ status }) => status)).toEqual(statuses)
      return log
    },
    { timeout: 15_000 },
  )
}
async function sendTest(id: string): Promise<TestResult> {
  return expectJson(await api('POST', `/webhooks/${id}/test`), 200)
}
/** The headers and the body of a message that was echoed. */
function readEcho({ response }: TestResult) {
  return JSON.parse(response!) as { headers: Record<string, string>; body: string }
}

describe('an endpoint', () => {
  it('is created with a secret that no other response has', async () => {
    const response = await api('POST', '/webhooks', { url: ECHO, description: 'first' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const { secret, ...shown } = await expectJson<Created>(response, 201)
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32,}=*$/)
    expect(shown).toMatchObject({ url: ECHO, description: 'first', queue: null, disabled: false })
    const other = await create()
    expect(await list()).toEqual([await show(other.id), shown])
    expect(await countRows('webhook_endpoints', "instr(secret, 'whsec_')")).toBe(0)
  })

  it.each([
    ['http://hooks.example.com/', 'It must begin with https://.'],
    ['https://10.0.0.1/', 'The address 10.0.0.1 is not on the public internet.'],
    ['https://private.example.com/', 'has the address 10.0.0.1'],
    ['https://unresolvable.example.com/', 'Its name could not be resolved.'],
  ])('is not created for %s, nor changed to it', async (url, problem) => {
    const { id } = await create()
    const refused = await api('POST', '/webhooks', { url })
    expect(await expectError(refused, 400, 'invalid_request')).toContain(problem)
    expect(await countRows('webhook_endpoints')).toBe(1)
    const unchanged = await api('PATCH', `/webhooks/${id}`, { url })
    expect(await expectError(unchanged, 400, 'invalid_request')).toContain(problem)
    expect(await show(id)).toMatchObject({ url: ECHO })
  })

  it('is changed, disabled, enabled and deleted, and another one is not', async () => {
    const { id } = await create()
    const { secret: _, ...other } = await create()
    const change = async (changes: object) =>
      expectJson<Shown>(await api('PATCH', `/webhooks/${id}`, changes), 200)
    const url = 'https://hooks.example.com/new'
    const changed = { url, types: ['job.error', 'job.prioritized'], description: 'second' }
    expect(await change(changed)).toMatchObject(changed)
    expect(await change({ disabled: true })).toMatchObject({ disabledReason: 'requested' })
    expect(await change({ disabled: false })).toMatchObject({ ...changed, disabled: false })
    await expectJson(await api('DELETE', `/webhooks/${id}`), 200)
    await expectError(await api('GET', `/webhooks/${id}`), 404, 'webhook_not_found')
    await expectError(await api('POST', `/webhooks/${id}/test`), 404, 'webhook_not_found')
    expect(await list()).toEqual([other])
  })

  it('of all queues is hidden from a key of one queue, which creates endpoints of its queue', async () => {
    const { id } = await create()
    const before = await show(id)
    const key = await makeKey({ queue: 'default', scopes: ['webhooks:read', 'webhooks:write'] })
    const own = await expectJson<Created>(await key.call('POST', '/webhooks', { url: ECHO }), 201)
    expect(own).toMatchObject({ queue: 'default' })
    const seen = await expectJson<{ webhooks: Shown[] }>(await key.call('GET', '/webhooks'), 200)
    expect(seen.webhooks.map((one) => one.id)).toEqual([own.id])
    for (const [method, path, body] of [
      ['PATCH', '', { disabled: true }],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['POST', '/replay', { sequence: 1 }],
      ['GET', '/deliveries'],
    ] as const) {
      const response = await key.call(method, `/webhooks/${id}${path}`, body)
      await expectError(response, 404, 'webhook_not_found')
    }
    expect(await show(id)).toEqual(before)
  })
})

describe('a test message', () => {
  it('is sent at once, is signed, and is not in the log', async () => {
    const { id, secret } = await create()
    const result = await sendTest(id)
    expect(result).toMatchObject({ delivered: true, responseStatus: 200, error: null })
    const { headers, body } = readEcho(result)
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: 'webhook.test',
      data: { webhookId: id },
    })
    expect(await readLog(id)).toEqual([])
  })

  it('that is redirected returns the failure, and changes nothing', async () => {
    const { id } = await create({ url: 'https://hooks.example.com/redirect' })
    expect(await sendTest(id)).toMatchObject({ delivered: false, responseStatus: 307 })
    expect(await show(id)).toMatchObject({ failingSince: null, failedAttempts: 0 })
  })

  it('after a rotation has the signatures of both secrets', async () => {
    const { id, secret } = await create()
    const response = await api('POST', `/webhooks/${id}/rotate-secret`)
    const rotated = await expectJson<Created>(response, 200)
    expect(rotated.secret).not.toBe(secret)
    const { headers, body } = readEcho(await sendTest(id))
    for (const key of [secret, rotated.secret]) {
      expect(new Webhook(key).verify(body, headers)).toMatchObject({ type: 'webhook.test' })
    }
  })
})

describe('a replay', () => {
  it('sends one, a range, or what failed since a time, and nothing else', async () => {
    const { id, secret } = await create({ types: ['job.completed'] })
    const url = `https://hooks.example.com/verify/${encodeURIComponent(secret)}`
    await expectJson(await api('PATCH', `/webhooks/${id}`, { url }), 200)
    for (let n = 0; n < 3; n++) {
      await insertJobIn('completed')
    }
    await dispatchEvents(openPlatform().platform)
    const sent = ['delivered', 'delivered', 'delivered']
    const log = await waitForLog(id, sent)
    const [first, second, third] = log.map(({ sequence }) => sequence)
    const replay = async (body: object) => {
      const before = await readLog(id)
      const response = await api('POST', `/webhooks/${id}/replay`, body)
      const { replayed } = await expectJson<{ replayed: number }>(response, 202)
      const after = await waitForLog(id, sent)
      const changed = after.filter((one, n) => one.queuedAt !== before[n]!.queuedAt)
      return { replayed, sequences: changed.map(({ sequence }) => sequence) }
    }
    expect(await replay({ sequence: first })).toEqual({ replayed: 1, sequences: [first] })
    expect(await replay({ from: first, to: second })).toEqual({
      replayed: 2,
      sequences: [first, second],
    })
    const fail = env.DB.prepare(
      "UPDATE webhook_deliveries SET status = 'failed', last_attempt_at = ? WHERE seq = ?",
    )
    await env.DB.batch([fail.bind(Date.now() - 60_000, second), fail.bind(Date.now(), third)])
    const failedSince = new Date(Date.now() - 30_000).toISOString()
    const response = await api('POST', `/webhooks/${id}/replay`, { failedSince })
    expect(await expectJson(response, 202)).toEqual({ replayed: 1, nextSequence: null })
    await waitForLog(id, ['delivered', 'failed', 'delivered'])
    expect(await readLog(id, '?status=failed')).toMatchObject([{ sequence: second }])
    expect(await readLog(id, `?before=${third}&limit=1`)).toMatchObject([{ sequence: second }])
  })

  it.each([
    [400, 'invalid_request', {}],
    [400, 'invalid_request', { from: 1 }],
    [400, 'invalid_request', { sequence: 1, failedSince: '2026-11-27T00:00:00Z' }],
    [404, 'delivery_not_found', { sequence: 999 }],
  ])('is refused with %d %s: %j', async (status, code, body) => {
    const { id } = await create()
    await expectError(await api('POST', `/webhooks/${id}/replay`, body), status, code)
  })

  it('is refused for a disabled endpoint', async () => {
    const { id } = await create()
    await api('PATCH', `/webhooks/${id}`, { disabled: true })
    const response = await api('POST', `/webhooks/${id}/replay`, { sequence: 1 })
    await expectError(response, 409, 'webhook_disabled')
  })
})

describe('the webhookUrl of a request', () => {
  it('gets the end of its jobs, also of one that existed, signed with the secret of the key', async () => {
    const key = await makeKey()
    const response = await key.call('GET', '/webhooks/job-secret')
    const { secrets } = await expectJson<{ secrets: string[] }>(response, 200)
    const webhookUrl = `https://hooks.example.com/verify/${encodeURIComponent(secrets[0]!)}`
    const [existing, other] = await createJobs('urls/a.mp4', ['w_640', 'w_320'])
    const request = { filePath: 'urls/a.mp4', transformations: ['w_640', 'w_160'], webhookUrl }
    const { jobs } = await expectJson<{ jobs: { id: string }[] }>(
      await key.call('POST', '/queue/jobs', request),
      202,
    )
    const ids = jobs.map(({ id }) => id)
    expect(ids[0]).toBe(existing!.id)
    for (const id of [other!.id, ...ids]) {
      await expectJson(await api('POST', `/queue/jobs/${id}/cancel`), 200)
    }
    const [endpoint] = await list()
    expect(endpoint).toMatchObject({ forJobs: true, url: 'https://hooks.example.com' })
    const log = await waitForLog(endpoint!.id, ['delivered', 'delivered'])
    expect(log.map(({ jobId, type, url }) => [jobId, type, url])).toEqual(
      ids.map((id) => [id, 'job.cancelled', webhookUrl]),
    )
  })

  it('needs a public address and the scope webhooks:write; otherwise no job is created', async () => {
    await putOriginal('urls/b.mp4')
    const send = (call: typeof api, webhookUrl: string) =>
      call('POST', '/queue/jobs', {
        filePath: 'urls/b.mp4',
        transformations: ['w_640'],
        webhookUrl,
      })
    const refused = await send(api, 'https://metadata.example.com/')
    expect(await expectError(refused, 400, 'invalid_request')).toContain('169.254.169.254')
    const key = await makeKey({ scopes: ['jobs:write', 'jobs:read'] })
    await expectError(await send(key.call, ECHO), 403, 'forbidden')
    expect(await countRows('jobs')).toBe(0)
    expect(await countRows('webhook_endpoints')).toBe(0)
    // Control: the same key without a webhookUrl.
    await createOne('urls/b.mp4')
    expect(await countRows('jobs')).toBe(1)
  })
})

it('an endpoint that answers with 410 is disabled, which the event streams say', async () => {
  const gone = await create({
    url: 'https://hooks.example.com/status/410',
    types: ['job.completed'],
  })
  const client = await follow()
  await insertJobIn('completed')
  await dispatchEvents(openPlatform().platform)
  const { data } = await client.first(({ event }) => event === 'webhook:disabled')
  expect(data).toEqual({ webhookId: gone.id, reason: 'gone' })
  expect(await show(gone.id)).toMatchObject({ disabled: true, disabledReason: 'gone' })
})

it('the metrics count what endpoints accepted and refused; a key of a queue sees its own', async () => {
  const types = ['job.completed']
  const good = await create({ types })
  const gone = await create({ url: 'https://hooks.example.com/status/410', types })
  const key = await makeKey({ queue: 'default', scopes: ['metrics:read', 'webhooks:write'] })
  const own = await expectJson<Created>(await key.call('POST', '/webhooks', { url: ECHO }), 201)
  await insertJobIn('completed')
  await dispatchEvents(openPlatform().platform)
  await waitForLog(good.id, ['delivered'])
  await vi.waitFor(async () => expect(await show(gone.id)).toMatchObject({ disabled: true }), WAIT)
  const readSeries = async (response: Response) =>
    (await response.text()).split('\n').filter((line) => line.startsWith('reelqueue_webhook'))
  const all = await readSeries(await api('GET', '/metrics'))
  expect(all).toEqual(
    expect.arrayContaining([
      `reelqueue_webhook_attempts_total{webhook="${good.id}",result="delivered"} 1`,
      `reelqueue_webhook_attempts_total{webhook="${good.id}",result="failed"} 0`,
      `reelqueue_webhook_attempts_total{webhook="${gone.id}",result="delivered"} 0`,
      `reelqueue_webhook_attempts_total{webhook="${gone.id}",result="failed"} 1`,
      `reelqueue_webhook_failing_seconds{webhook="${good.id}"} 0`,
      `reelqueue_webhook_disabled{webhook="${good.id}"} 0`,
      `reelqueue_webhook_disabled{webhook="${gone.id}"} 1`,
    ]),
  )
  const seen = await readSeries(await key.call('GET', '/metrics'))
  expect(seen).toEqual(all.filter((line) => line.includes(own.id)))
  expect(seen).toHaveLength(4)
})
