/** Sessions: cookies of browsers that signed in with an API key. */
import { beforeAll, expect, it, vi } from 'vitest'
import { SCOPES } from '../../../src/contract/apiKey.ts'
import { api, expectError, expectJson, visit, visitWith } from '../helpers/requests.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'

const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' }
const json = { 'Content-Type': 'application/json' }

function signIn(apiKey: string, headers: Record<string, string> = SAME_ORIGIN) {
  const body = JSON.stringify({ apiKey })
  return visit('/session', { method: 'POST', headers: { ...json, ...headers }, body })
}
/** Signs in, and returns the headers of requests in the session. */
async function openSession(apiKey: string) {
  const response = await signIn(apiKey)
  await expectJson(response, 201)
  return { ...SAME_ORIGIN, Cookie: response.headers.get('Set-Cookie')!.split(';')[0]! }
}

let key: MadeKey
let session: { Cookie: string }
beforeAll(async () => {
  key = await makeKey({ name: 'operator', scopes: ['jobs:read', 'queues:admin', 'events:read'] })
  session = await openSession(key.key)
})

it('a session has a cookie that scripts cannot read and that does not show the key', async () => {
  const response = await signIn(key.key)
  expect(await expectJson(response, 201)).toEqual({
    keyId: key.id,
    name: 'operator',
    scopes: ['jobs:read', 'queues:admin', 'events:read'],
    queue: null,
    pathPrefix: null,
    expiresAt: expect.any(String) as string,
  })
  expect(response.headers.get('Cache-Control')).toBe('no-store')
  const cookie = response.headers.get('Set-Cookie')!
  expect(cookie).toMatch(/^reelqueue-80=[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/)
  for (const text of [key.key, btoa(key.key), key.key.slice(3)]) {
    expect(cookie).not.toContain(text)
  }
})

it('with TLS, only this host can set and receive the cookie', async () => {
  const body = JSON.stringify({ apiKey: key.key })
  const headers = { ...json, Origin: 'https://reelqueue' }
  const { default: worker } = (await import('cloudflare:workers')).exports
  const init = { method: 'POST', headers, body }
  const response = await worker.fetch('https://reelqueue/session', init)
  expect(response.headers.get('Set-Cookie')).toMatch(
    /^__Host-reelqueue=[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
  )
  await response.body!.cancel()
})

it('a session has the scopes of its key, on every route', async () => {
  expect(await expectJson(await visit('/session', { headers: session }), 200)).toMatchObject({
    name: 'operator',
  })
  await expectJson(await visit('/queue/jobs', { headers: session }), 200)
  await expectError(await visit('/api-keys', { headers: session }), 403, 'forbidden')
  const stream = await visit('/queue/events', { headers: session })
  expect(stream.headers.get('Content-Type')).toContain('text/event-stream')
  await stream.body!.cancel()
  // Control: without the cookie.
  await expectError(await visit('/session'), 401, 'unauthorized')
})

it('the root key can sign in, and an unknown key cannot', async () => {
  const root = await openSession('test-api-key')
  expect(await expectJson(await visit('/session', { headers: root }), 200)).toMatchObject({
    keyId: 'root',
    name: 'Root key',
    scopes: SCOPES,
  })
  const refused = await signIn('rq_unknown')
  expect(refused.headers.get('Set-Cookie')).toBeNull()
  expect(await expectError(refused, 401, 'unauthorized')).not.toContain('rq_unknown')
})

it.each([
  ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a page of another host of the same site', { 'Sec-Fetch-Site': 'same-site' }],
  ['another origin, said by Origin', { Origin: 'http://other.reelqueue' }],
  ['a client that says no origin', {}],
])('a session changes nothing at the request of %s', async (_, headers) => {
  const { Cookie } = session
  const pause = (more: Record<string, string>) =>
    visit('/queues/default', {
      method: 'PATCH',
      headers: { ...json, Cookie, ...more },
      body: '{"leaseSeconds": 30}',
    })
  await expectError(await pause(headers), 403, 'cross_site_request')
  if (Object.keys(headers).length > 0) {
    await expectError(await signIn(key.key, headers), 403, 'cross_site_request')
    const end = await visit('/session', { method: 'DELETE', headers })
    await expectError(end, 403, 'cross_site_request')
  }
  // Control: the same request from a page of this service, in both forms.
  await expectJson(await pause(SAME_ORIGIN), 200)
  await expectJson(await pause({ Origin: 'http://reelqueue' }), 200)
})

it('an API key in the request comes before the session', async () => {
  const other = await makeKey({ name: 'other', scopes: ['keys:admin'] })
  const response = await other.call('GET', '/session', undefined, session)
  expect(await expectJson(response, 200)).toMatchObject({ name: 'other', expiresAt: null })
  await expectJson(await other.call('GET', '/api-keys', undefined, session), 200)
  await expectError(await visit('/session', { headers: { ...session, Authorization: 'Bearer x' } }), 401, 'unauthorized') // prettier-ignore
})

it('a session ends with its key, after a day, and when the signing key changes', async () => {
  const short = await makeKey()
  const cookie = await openSession(short.key)
  const read = (headers: Record<string, string>) => visit('/session', { headers })
  await expectJson(await read(cookie), 200)
  await expectJson(await api('PATCH', `/api-keys/${short.id}`, { disabled: true }), 200)
  expect(await expectError(await read(cookie), 401, 'unauthorized')).toContain('is disabled')

  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3_600_000 + 1 })
  const late = await read(session)
  vi.useRealTimers()
  expect(await expectError(late, 401, 'unauthorized')).toContain('Sign in again')

  const rotated = await visitWith({ SIGNING_KEYS: `k:${'x'.repeat(40)}` }, '/session', {
    headers: session,
  })
  await expectError(rotated, 401, 'unauthorized')
  await expectJson(await read(session), 200)
})

it('the cookie of an ended session leaves the access of visitors', async () => {
  const ended = { ...SAME_ORIGIN, Cookie: 'reelqueue-80=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }
  await expectError(await visit('/session', { headers: ended }), 401, 'unauthorized')
  const stream = await visit('/queue/events?filePath=a/clip.mp4', { headers: ended })
  expect(stream.headers.get('Content-Type')).toContain('text/event-stream')
  await stream.body!.cancel()
})

it('signing out deletes the cookie', async () => {
  const response = await visit('/session', { method: 'DELETE', headers: session })
  await expectJson(response, 200)
  expect(response.headers.get('Set-Cookie')).toMatch(/^reelqueue-80=; Max-Age=0; Path=\//)
})
