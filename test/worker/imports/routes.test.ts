/** `source` of `POST /queue/jobs`: what requests may say, and who may send them. */
import { env } from 'cloudflare:workers'
import { expect, it, vi } from 'vitest'
import { makeKey } from '../helpers/apiKeys.ts'
import { countRows } from '../helpers/database.ts'
import { remoteUrl } from '../helpers/imports.ts'
import { type CreatedJob, readJob } from '../helpers/jobs.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'

function post(body: unknown, headers: Record<string, string> = {}) {
  return api('POST', '/queue/jobs', body, headers)
}

it('a message of the queue imports the file, and no response has the headers', async () => {
  const headers = { 'X-Token': 'a secret of the caller' }
  const source = {
    url: remoteUrl('token=', 'files.example.com'),
    filePath: 'routes/a.mp4',
    headers,
  }
  const response = await post({
    source: { ...source, url: remoteUrl() },
    transformations: ['w_64'],
  })
  const { jobs } = await expectJson<{ jobs: CreatedJob[] }>(response, 202)
  expect(jobs).toMatchObject([{ filePath: 'routes/a.mp4', status: 'pending', stage: 'import' }])
  expect(JSON.stringify(jobs)).not.toContain('a secret')
  const stored = await env.DB.prepare('SELECT * FROM imports').all()
  expect(JSON.stringify(stored.results)).not.toContain('a secret')
  await vi.waitFor(
    async () => expect(await readJob(jobs[0]!.id)).toMatchObject({ stage: null, errorCode: null }),
    { timeout: 20_000, interval: 100 },
  )
  expect(await env.ORIGINALS.head('routes/a.mp4')).not.toBeNull()
})

it.each([
  ['neither a path nor a source', {}, 'Send either filePath'],
  [
    'both',
    { filePath: 'a.mp4', source: { url: 'https://files.example.com/a.mp4', filePath: 'a.mp4' } },
    'Send either filePath',
  ],
  [
    'a URL without TLS',
    { source: { url: 'http://files.example.com/a.mp4', filePath: 'a.mp4' } },
    'https://',
  ],
  [
    'a URL and an object',
    { source: { url: 'https://files.example.com/a.mp4', key: 'a.mp4', filePath: 'a.mp4' } },
    'source: Name the file either by url',
  ],
  [
    'a key without a credential',
    { source: { key: 'a.mp4', filePath: 'a.mp4' } },
    'source: Name the file either by url',
  ],
  [
    'a private address',
    { source: { url: 'https://10.0.0.1/a.mp4?sig=secret', filePath: 'a.mp4' } },
    'Nothing can be imported from https://10.0.0.1/a.mp4: The address 10.0.0.1 is not',
  ],
  [
    'a password in the URL',
    { source: { url: 'https://user:pass@files.example.com/a.mp4', filePath: 'a.mp4' } },
    'Send a password as the header Authorization',
  ],
  [
    'a header of the service',
    {
      source: {
        url: 'https://files.example.com/a.mp4',
        filePath: 'a.mp4',
        headers: { Range: 'x' },
      },
    },
    'source.headers: The service sets the request header "Range" itself',
  ],
  [
    'a header with a line break',
    {
      source: {
        url: 'https://files.example.com/a.mp4',
        filePath: 'a.mp4',
        headers: { A: 'x\r\nB: y' },
      },
    },
    'The value of the request header "A"',
  ],
])('a request with %s is rejected', async (_, body, message) => {
  const text = await expectError(await post(body), 400, 'invalid_request')
  expect(text).toContain(message)
  expect(text).not.toContain('secret')
})

it('the path of a source is checked like every other', async () => {
  const url = 'https://files.example.com/a.mp4'
  await expectError(await post({ source: { url, filePath: '../a.mp4' } }), 400, 'invalid_path')
  await expectError(await post({ source: { url, filePath: 'a.exe' } }), 415, 'content_mismatch')
  const message = await expectError(
    await post({ source: { url, filePath: 'w_640/a.mp4' } }),
    400,
    'invalid_path',
  )
  expect(message).toContain('the folder "w_640" would be read as a transformation')
  // It would name another bucket.
  const source = { credential: 'archive', key: '../other/a.mp4', filePath: 'a.mp4' }
  await expectError(await post({ source }), 400, 'invalid_path')
})

it('a key needs both scopes, and imports only into its folder', async () => {
  const source = { url: remoteUrl(), filePath: 'elsewhere/a.mp4' }
  const without = (await makeKey({ scopes: ['jobs:write'] })).headers
  expect(await expectError(await post({ source }, without), 403, 'forbidden')).toContain(
    'files:write',
  )
  const scopes = ['jobs:write', 'files:write']
  const restricted = (await makeKey({ scopes, pathPrefix: 'mine/' })).headers
  await expectError(await post({ source }, restricted), 403, 'forbidden')
  expect(await countRows('imports', "file_path = 'elsewhere/a.mp4'")).toBe(0)
  expect((await post({ source: { ...source, filePath: 'mine/a.mp4' } }, restricted)).status).toBe(
    202,
  )
})

it('another file to the same path is refused while one is imported, also with the same variants', async () => {
  const filePath = 'routes/busy.mp4'
  // Due later, so that no message takes a step.
  const later = Date.now() + 3_600_000
  await expectJson(await post({ source: { url: remoteUrl('status=503'), filePath } }), 202)
  await vi.waitFor(
    async () =>
      expect(await countRows('imports', 'file_path = ? AND failures > 0', filePath)).toBe(1),
    { timeout: 20_000, interval: 100 },
  )
  await env.DB.prepare('UPDATE imports SET due_at = ? WHERE file_path = ?')
    .bind(later, filePath)
    .run()
  const refused = await post(
    { source: { url: remoteUrl(), filePath }, webhookUrl: 'https://busy.example.com/' },
    { 'Idempotency-Key': 'busy-1' },
  )
  await expectError(refused, 409, 'import_busy')
  expect(await countRows('idempotency_keys', "key = 'busy-1'")).toBe(0)
  // The jobs of the other import do not report to it.
  expect(await countRows('job_webhooks', "url = 'https://busy.example.com/'")).toBe(0)
})
