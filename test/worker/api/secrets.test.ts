/**
 * The root key, the runner token, the signing secret and API keys must not appear in rows, in logs
 * or in the responses to these requests. One response may contain a key: the error that repeats a
 * key that its request sent as a transformation.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { API_KEY, expectJson, visitWith } from '../helpers/requests.ts'
import { createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { S3_ORIGINALS } from '../helpers/s3.ts'

const SIGNING = 'planted-signing-secret-'.padEnd(40, 's')
const SECRETS = {
  API_KEY: 'planted-api-key-4f1c',
  RUNNER_TOKEN: 'planted-runner-token-77aa',
  SIGNING_KEYS: `k1:${SIGNING}`,
}
const S3_SECRET = 'planted-s3-secret-0b1d'
const logged: string[] = []
beforeAll(() => {
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...values: unknown[]) => {
      logged.push(values.map(String).join(' '))
    })
  }
})
afterAll(() => vi.restoreAllMocks())

function auth(token: string) {
  return { Authorization: `Bearer ${token}` }
}
const json = { 'Content-Type': 'application/json' }

it('no row, no log line and no response contains a secret, except for an echoed key', async () => {
  const activeKey = await makeKey({ expiresAt: new Date(Date.now() + 60_000).toISOString() })
  const disabledKey = await makeKey()
  await env.DB.prepare('UPDATE api_keys SET disabled = 1 WHERE id = ?').bind(disabledKey.id).run()
  await createOne('secret/clip.mp4')
  await (await claimAsRunner()).completeWith('made')
  await createOne('secret/failed.mp4')
  await (await claimAsRunner()).fail('input_invalid', 'no')

  const answers: string[] = []
  const send = async (path: string, init: RequestInit = {}, settings = {}) => {
    const response = await visitWith({ ...SECRETS, ...settings }, path, init)
    const body = response.headers.get('Content-Type')?.includes('event-stream')
      ? await response.body!.cancel().then(() => '')
      : await response.text()
    answers.push(body, ...[...response.headers].map((pair) => pair.join(': ')))
    return { status: response.status, body }
  }
  const keys = [SECRETS.API_KEY, SECRETS.RUNNER_TOKEN, activeKey.key, disabledKey.key, SIGNING]
  for (const key of keys) {
    for (const path of ['/queue/jobs', '/api-keys', '/queue/events', '/queues', '/nowhere']) {
      await send(path, { headers: auth(key) })
    }
    const body = JSON.stringify({ apiKey: key })
    await send('/session', { method: 'POST', headers: json, body })
  }
  // With a failing database, these requests return internal errors.
  const broken = { prepare: () => { throw new Error('D1 is down') } } as never // prettier-ignore
  for (const key of keys) {
    const failed = await send('/queue/stats', { headers: auth(key) }, { DB: broken })
    expect([401, 500]).toContain(failed.status)
  }
  await send('/signed-urls', { method: 'POST' }, { SIGNING_KEYS: `bad:${SIGNING}, x` })
  const post = (path: string, body: object, key = SECRETS.API_KEY) =>
    send(path, { method: 'POST', headers: { ...auth(key), ...json }, body: JSON.stringify(body) })
  // The S3 API rejects this secret, and the other setting is not valid.
  const wrong = JSON.stringify({ ...S3_ORIGINALS, secretAccessKey: S3_SECRET })
  const begin = { filePath: 'secret/direct.mp4', directSize: 10 }
  const init = { method: 'POST', headers: { ...auth(SECRETS.API_KEY), ...json } }
  const rejected = await send(
    '/uploads',
    { ...init, body: JSON.stringify(begin) },
    { DIRECT_UPLOADS: wrong },
  )
  const invalid = await send('/health', {}, { S3_CREDENTIALS: wrong })
  expect([rejected.status, invalid.status]).toEqual([500, 503])
  expect(logged.some((line) => line.includes('SignatureDoesNotMatch'))).toBe(true)
  const signed = await post(
    '/signed-urls',
    { method: 'GET', path: 'secret/clip.mp4' },
    activeKey.key,
  )
  const token = await post('/queue/events/token', {}, activeKey.key)
  expect([signed.status, token.status]).toEqual([201, 201])
  const { url } = JSON.parse(signed.body) as { url: string }
  expect((await send(url.replace('http://reelqueue', ''))).status).toBe(200)
  expect(
    (await send(new URL((JSON.parse(token.body) as { url: string }).url).pathname)).status,
  ).toBe(401)
  await post('/queue/jobs', { filePath: 'x', transformations: [activeKey.key] })

  const tables = ['jobs', 'events', 'api_keys', 'attempts', 'idempotency_keys', 'queues']
  const rows = await Promise.all(
    tables.map(async (name) => JSON.stringify(await env.DB.prepare(`SELECT * FROM ${name}`).all())),
  )
  const texts = [...answers, ...rows, ...logged].join('\n')
  // Checks that the searched text contains an error log and a known path.
  expect(logged.some((line) => line.includes('request_failed'))).toBe(true)
  expect(texts).toContain('secret/clip.mp4')
  for (const secret of [...Object.values(SECRETS), SIGNING, S3_SECRET, disabledKey.key]) {
    expect(texts).not.toContain(secret)
  }
  // The error response repeats this key, which was sent as a transformation. The key must not be
  // stored or logged.
  expect([...rows, ...logged].join('\n')).not.toContain(activeKey.key)
  // Tokens and signatures in URLs must not be logged.
  for (const line of logged) {
    expect(line).not.toMatch(/token=|sig=/)
  }
})

it('the list of API keys does not contain the root key', async () => {
  const secret = API_KEY.Authorization.replace('Bearer ', '')
  const answer = await visitWith({}, '/api-keys', { headers: API_KEY })
  expect(JSON.stringify(await expectJson(answer, 200))).not.toContain(secret)
})
