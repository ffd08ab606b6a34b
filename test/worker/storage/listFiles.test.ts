/** `GET /files` lists what is stored and visible, in pages. */
import { beforeAll, expect, it } from 'vitest'
import { api, expectError, expectJson, visit } from '../helpers/requests.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { makeKey } from '../helpers/apiKeys.ts'

interface Page {
  files: { filePath: string; size: number; etag: string; contentType: string; uploadedAt: string }[]
  nextCursor: string | null
}
const PATHS = ['a/1.mp4', 'a/2.png', 'a/b/3.mp4', 'ab/4.mp4', 'b/été.mp4', 'c.mp4']

beforeAll(async () => {
  for (const path of PATHS) {
    await putOriginal(path)
  }
})

async function readPage(query: string, send = api): Promise<Page> {
  return expectJson<Page>(await send('GET', `/files${query}`), 200)
}
/** Reads all pages. Returns the paths of each page. */
async function readAll(query: string, send = api): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page = await readPage(`?${query}${next}`, send)
    pages.push(page.files.map(({ filePath }) => filePath))
    cursor = page.nextCursor
  } while (cursor !== null)
  return pages
}

it('lists files in the order of their paths, with their properties', async () => {
  const { files, nextCursor } = await readPage('')
  expect(files.map(({ filePath }) => filePath)).toEqual(PATHS)
  expect(nextCursor).toBeNull()
  const original = await visit('/t/a/2.png')
  expect(files[1]).toEqual({
    filePath: 'a/2.png',
    size: Number(original.headers.get('Content-Length')),
    etag: original.headers.get('ETag'),
    contentType: 'image/png',
    uploadedAt: expect.stringMatching(/Z$/),
  })
})

it.each([
  ['a/', ['a/1.mp4', 'a/2.png', 'a/b/3.mp4']],
  ['a', PATHS.slice(0, 4)],
  ['b/e\u0301', ['b/été.mp4']],
  ['none/', []],
])('lists the files with the prefix %s', async (prefix, expected) => {
  expect(await readAll(`prefix=${encodeURIComponent(prefix)}`)).toEqual([expected])
})

it('lists every file once, in pages of 1, 2, 5, 6 and 1,000 files', async () => {
  for (const limit of [1, 2, 5, 6, 1000]) {
    const pages = await readAll(`limit=${limit}`)
    expect(pages.flat()).toEqual(PATHS)
    expect(pages).toHaveLength(Math.ceil(PATHS.length / limit))
  }
  expect(await readAll('prefix=a/&limit=2')).toEqual([['a/1.mp4', 'a/2.png'], ['a/b/3.mp4']])
})

it('continues after the last file of a page, even if that file was deleted', async () => {
  await putOriginal('deleted/1.mp4')
  await putOriginal('deleted/2.mp4')
  const { nextCursor } = await readPage('?prefix=deleted/&limit=1')
  await api('DELETE', '/files/deleted/1.mp4')
  const rest = await readPage(`?prefix=deleted/&cursor=${encodeURIComponent(nextCursor!)}`)
  expect(rest.files.map(({ filePath }) => filePath)).toEqual(['deleted/2.mp4'])
  await api('DELETE', '/files/deleted/2.mp4')
})

it('a cursor shows no path, and is accepted by no other list', async () => {
  const { nextCursor } = await readPage('?limit=1')
  expect(nextCursor).toMatch(/^[A-Za-z0-9_-]{40,}$/)
  expect(atob(nextCursor!.replaceAll('-', '+').replaceAll('_', '/'))).not.toContain('1.mp4')
  await expectError(await api('GET', `/queue/jobs?cursor=${nextCursor}`), 400, 'invalid_request')
  // A key that is restricted to a folder sees no other files with the cursor of another key.
  const folder = await makeKey({ scopes: ['files:write'], pathPrefix: 'a/b' })
  const page = await readPage(`?cursor=${nextCursor}`, folder.call)
  expect(page.files.map(({ filePath }) => filePath)).toEqual(['a/b/3.mp4'])
})

it.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'cursor=YS8xLm1wNA'])(
  'rejects %s',
  async (query) => {
    await expectError(await api('GET', `/files?${query}`), 400, 'invalid_request')
  },
)

it('lists for a restricted key only the files that it can see', async () => {
  const folder = await makeKey({ scopes: ['files:write'], pathPrefix: 'a' })
  for (const [prefix, expected] of [
    ['', ['a/1.mp4', 'a/2.png', 'a/b/3.mp4']],
    ['a', ['a/1.mp4', 'a/2.png', 'a/b/3.mp4']],
    ['a/b/', ['a/b/3.mp4']],
    ['ab/', []],
    ['b/', []],
  ] as const) {
    expect(await readAll(`prefix=${prefix}`, folder.call)).toEqual([expected])
  }
  await expectJson(await api('PUT', '/queues/side', {}), 200)
  const queue = await makeKey({ scopes: ['jobs:read'], queue: 'side' })
  expect((await readAll('', queue.call)).flat()).toEqual([])
  await createOne('ab/4.mp4', 'w_640', { queue: 'side' })
  expect((await readAll('limit=1', queue.call)).flat()).toEqual(['ab/4.mp4'])
})

it('requires a key with the scope jobs:read or files:write', async () => {
  await expectError(await visit('/files'), 401, 'unauthorized')
  const other = await makeKey({ scopes: ['events:read'] })
  await expectError(await other.call('GET', '/files'), 403, 'forbidden')
})
