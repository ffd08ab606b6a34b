/** What imports refuse: addresses, redirects, sizes and contents, and what becomes of the jobs then. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ROOT } from '../../../src/domain/caller.ts'
import { countRows } from '../helpers/database.ts'
import { listRequests, openImports, remoteUrl, storedVersion } from '../helpers/imports.ts'
import { readJob } from '../helpers/jobs.ts'

let paths = 0

/** Imports a file. Returns its path and its job after the end. */
async function runImport(
  url: string,
  options: Parameters<ReturnType<typeof openImports>['create']>[2] & {
    maxBytes?: number
    path?: string
  } = {},
) {
  const { maxBytes, path = `refusals/${++paths}.mp4`, ...fields } = options
  const imports = openImports()
  const { remoteFiles } = imports.platform
  imports.platform.remoteFiles = { ...remoteFiles, maxBytes: maxBytes ?? remoteFiles.maxBytes }
  const [created] = await imports.create(path, url, fields)
  await imports.runAll()
  return { path, job: await readJob(created!.row.id) }
}

afterEach(() => vi.useRealTimers())

it.each([
  [
    'has a private address',
    () => 'https://private.files.example.com/a.mp4',
    'The URL is refused: The name private.files.example.com has the address 192.168.1.20',
  ],
  [
    'redirects to a private address',
    () => remoteUrl('redirect=https://private.files.example.com/a.mp4'),
    'The redirect to private.files.example.com is refused',
  ],
  [
    'redirects to the metadata service',
    () => remoteUrl('redirect=https://169.254.169.254/latest/meta-data'),
    'The redirect to 169.254.169.254 is refused',
  ],
  [
    'redirects to a URL without TLS',
    () => remoteUrl(`redirect=${encodeURIComponent(remoteUrl().replace('https', 'http'))}`),
    'It must begin with https://.',
  ],
  [
    'gets a private address between the check and the request',
    () => `https://rebind-${crypto.randomUUID()}.files.example.com/a.mp4`,
    'has the address 127.0.0.1, which is not on the public internet.',
  ],
])('a server is refused that %s', async (_, makeUrl, message) => {
  const { job, path } = await runImport(makeUrl())
  expect(job).toMatchObject({
    status: 'error',
    errorCode: 'import_refused',
    error: expect.stringContaining(message),
  })
  expect(await env.ORIGINALS.head(path)).toBeNull()
})

function redirectOften(times: number): string {
  let url = remoteUrl()
  for (let count = 0; count < times; count++) {
    url = remoteUrl(`redirect=${encodeURIComponent(url)}`)
  }
  return url
}

describe('redirects', () => {
  it('are followed five times, and no further', async () => {
    expect(await storedVersion((await runImport(redirectOften(5))).path)).toBe(1)
    expect((await runImport(redirectOften(6))).job).toMatchObject({
      errorCode: 'import_refused',
      error: 'There are more than 5 redirects. Name the URL to which they lead.',
    })
  })

  it('to another origin do not take the request headers along, also not back', async () => {
    const headers = { Authorization: 'Bearer secret' }
    const last = remoteUrl()
    const other = remoteUrl(`redirect=${encodeURIComponent(last)}`, 'other.files.example.com')
    const same = remoteUrl(`redirect=${encodeURIComponent(other)}`)
    const first = remoteUrl(`redirect=${encodeURIComponent(same)}`)
    const { path } = await runImport(first, { headers })
    expect(await storedVersion(path)).toBe(1)
    const sent = await Promise.all([first, same, other, last].map(listRequests))
    expect(sent.map(([request]) => request!['authorization'])).toEqual([
      'Bearer secret',
      'Bearer secret',
      undefined,
      undefined,
    ])
  })
})

it.each([
  ['404', 'status=404', 'import_unavailable', 'has no such file (404). Check the source.'],
  [
    '403',
    'token=Bearer%20x',
    'import_unavailable',
    'refuses access (403). Send the request headers',
  ],
  ['400', 'status=400', 'import_unavailable', 'answered with 400. It must answer'],
  ['an empty file', 'size=0&noRanges', 'import_invalid', 'The file is empty.'],
  ['a page', 'html', 'import_invalid', 'The server files.example.com calls it text/html.'],
])('%s fails at once, with a message that says what to do', async (_, query, code, message) => {
  const url = remoteUrl(query)
  const { job, path } = await runImport(url)
  expect(job).toMatchObject({
    status: 'error',
    errorCode: code,
    error: expect.stringContaining(message),
  })
  expect(await listRequests(url)).toHaveLength(1)
  expect(await env.ORIGINALS.head(path)).toBeNull()
  expect(await countRows('uploads', 'file_path = ?', path)).toBe(0)
})

it('a message has only the beginning of what a server says', async () => {
  const { job } = await runImport(remoteUrl(`html&type=text/${'a'.repeat(2_000)}`))
  expect(job.error).toContain(`calls it text/${'a'.repeat(95)}….`)
})

it('a header of the caller replaces that of the service, also in lower case', async () => {
  const url = remoteUrl()
  await runImport(url, { headers: { 'user-agent': 'Films/1.0' } })
  expect(await listRequests(url)).toMatchObject([{ 'user-agent': 'Films/1.0' }])
})

it('a server that needs a header gets it', async () => {
  const { path } = await runImport(remoteUrl('token=Bearer%20x'), {
    headers: { Authorization: 'Bearer x' },
  })
  expect(await storedVersion(path)).toBe(1)
})

describe('a server that fails for a while', () => {
  it('is asked again, at the time that it names', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now()
    const url = remoteUrl('status=503:2&retryAfter=600')
    const { path } = await runImport(url)
    expect(await storedVersion(path)).toBe(1)
    expect(await listRequests(url)).toHaveLength(3)
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_200_000)
  })

  it('is asked again if its name could not be resolved, and is refused if it has none', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const unresolved = await runImport('https://servfail.files.example.com/a.mp4')
    expect(unresolved.job).toMatchObject({
      errorCode: 'import_unavailable',
      error: expect.stringContaining('(response code 2)'),
    })
    const { job } = await runImport('https://nowhere.example.com/a.mp4')
    expect(job).toMatchObject({
      errorCode: 'import_refused',
      error: expect.stringContaining('The name nowhere.example.com has no address.'),
    })
  })

  it('is given up after five failures in a row', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const url = remoteUrl('status=503')
    const { job } = await runImport(url)
    expect(job).toMatchObject({ status: 'error', errorCode: 'import_unavailable' })
    expect(job.error).toBe('The server files.example.com answered with 503.')
    expect(await listRequests(url)).toHaveLength(5)
  })
})

describe('a server that sends ranges shorter than requested', () => {
  const SIZE = 6_100_000
  it('is given up after five failures in a row, if they are shorter than a part', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const url = remoteUrl(`size=${SIZE}&short=10000`)
    const { job, path } = await runImport(url)
    expect(job).toMatchObject({
      status: 'error',
      errorCode: 'import_unavailable',
      error: expect.stringContaining('sends ranges that are shorter than a part (5242880 bytes)'),
    })
    expect(await listRequests(url)).toHaveLength(5)
    expect(await countRows('uploads', 'file_path = ?', path)).toBe(0)
  })

  it('fails at once, if nothing says that the next range is of the same file', async () => {
    const url = remoteUrl(`size=${SIZE}&short=6000000&etag=none`)
    const { job } = await runImport(url)
    expect(job).toMatchObject({
      errorCode: 'import_unavailable',
      error: expect.stringContaining('answers a request for the whole file with a range of it'),
    })
    expect(await listRequests(url)).toHaveLength(2)
  })

  it('is asked for the rest, if they are longer than a part', async () => {
    const { path } = await runImport(remoteUrl(`size=${SIZE}&short=6000000`))
    expect(await storedVersion(path)).toBe(1)
  })
})

describe('a file is too large', () => {
  it.each([
    ['by its size', ''],
    ['by the bytes that arrive, if the server does not say its size', 'noRanges&noLength'],
  ])('%s', async (_, query) => {
    const { job, path } = await runImport(remoteUrl(`size=60000&${query}`), { maxBytes: 59_999 })
    expect(job).toMatchObject({ errorCode: 'import_too_large' })
    expect(job.error).toContain('an import may have 59999')
    expect(await env.ORIGINALS.head(path)).toBeNull()
    expect(await countRows('uploads', 'file_path = ?', path)).toBe(0)
  })

  it('for the storage quota of the key, which is charged for what it imports', async () => {
    const id = 'key_0123456789abcdef'
    await env.DB.prepare(
      `INSERT INTO api_keys (id, name, hash, scopes, created_at, max_stored_bytes)
       VALUES (?, 'import', 'hash', '["jobs:write","files:write"]', 0, 100000)`,
    )
      .bind(id)
      .run()
    const caller = { ...ROOT, keyId: id }
    const stored = () =>
      env.DB.prepare('SELECT stored_bytes AS n FROM api_keys WHERE id = ?').bind(id).first('n')
    await runImport(remoteUrl('size=60000'), { caller })
    expect(await stored()).toBe(60_000)
    const { job } = await runImport(remoteUrl('size=60000'), { caller })
    expect(job).toMatchObject({ errorCode: 'import_too_large' })
    expect(job.error).toContain('This key may store 100000 bytes')
    expect(await stored()).toBe(60_000)
  })
})
