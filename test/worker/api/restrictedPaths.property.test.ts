/**
 * Sends paths that try to leave `a/` to the routes in ROUTES, with a key restricted to `a/`. The
 * lists of originals, jobs and uploads outside of `a/` must stay the same, and no response may
 * contain the content of an original or the id of a job outside.
 */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { canSeePath } from '../../../src/domain/caller.ts'
import { ASSETS } from '../helpers/pages.ts'
import { expectJson, visit, visitWith } from '../helpers/requests.ts'
import { putOriginal, createOne } from '../helpers/jobs.ts'
import { makeKey, type MadeKey, RESTRICTABLE_SCOPES } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

const SECRET = 'content outside of the folder'
let key: MadeKey
let outside: string
beforeAll(async () => {
  key = await makeKey({ scopes: RESTRICTABLE_SCOPES, pathPrefix: 'a/' })
  await putOriginal('a/in.mp4')
  for (const path of ['b/secret.mp4', 'secret.mp4', 'ab/secret.mp4', 'A/secret.mp4']) {
    await putOriginal(path, SECRET)
  }
  outside = (await createOne('b/secret.mp4', 'w_640')).id
})

const piece = fc.constantFrom(
  'a',
  'ab',
  'b',
  'A',
  '..',
  '.',
  '',
  '/',
  '//',
  '\\',
  '%2e%2e',
  '%2E',
  '%2f',
  '%5c',
  '%00',
  '%252e%252e',
  '%c0%ae',
  '\u0000',
  '\u202e',
  '\uff0f',
  '\u2024\u2024',
  'a\u0301',
  '＼',
  ' ',
  'secret.mp4',
  'in.mp4',
  'w_640',
  'w_640,q_60',
  '?',
  '#',
  ';',
  'a/',
  'b/',
  '/a/../',
  'ü',
)
const path = fc
  .tuple(
    fc.constantFrom('', 'a/', 'a/../', 'b/', 'w_640/', '/a/', './a/', 'a%2f..%2f', 'a/..%2fb/'),
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '/', '/secret.mp4', '.mp4'),
    fc.boolean(),
  )
  .map(([start, pieces, end, slashes]) => start + pieces.join(slashes ? '/' : '') + end)

function send(method: string, at: string, body?: BodyInit, more: Record<string, string> = {}) {
  return visit(at, {
    method,
    headers: { ...key.headers, ...more },
    ...(body !== undefined && { body }),
  })
}
function sendJson(at: string, body: object) {
  return send('POST', at, JSON.stringify(body), { 'Content-Type': 'application/json' })
}
/** Returns two forms of a path in a URL: with only `?` and `#` escaped, and fully escaped. */
function spellings(text: string) {
  return [
    text.replaceAll('?', '%3f').replaceAll('#', '%23'),
    encodeURIComponent(text.toWellFormed()),
  ]
}
async function sendSpellings(text: string, request: (spelled: string) => Promise<Response>) {
  return Promise.all(spellings(text).map(request))
}

const ROUTES: Record<string, (text: string) => Promise<Response[]>> = {
  'PUT /files': (text) => sendSpellings(text, (at) => send('PUT', `/files/${at}`, mp4())),
  'GET /t': (text) => sendSpellings(text, (at) => send('GET', `/t/${at}`)),
  'GET /t of a variant': (text) => sendSpellings(text, (at) => send('GET', `/t/w_644/${at}`)),
  'GET /embed': (text) =>
    sendSpellings(text, (at) => visitWith({ ASSETS }, `/embed/${at}`, { headers: key.headers })),
  'GET /video-status': (text) => sendSpellings(text, (at) => send('GET', `/video-status/${at}`)),
  'GET /video-status of a size': (text) =>
    sendSpellings(text, (at) => send('GET', `/video-status/${at}/size`)),
  'POST /queue/jobs': async (filePath) => [await sendJson('/queue/jobs', { filePath })],
  'GET /queue/jobs': async (filePath) => [
    await send('GET', `/queue/jobs?${new URLSearchParams({ filePath })}`),
  ],
  'POST /uploads': async (filePath) => [await sendJson('/uploads', { filePath })],
  'POST /upload by folder': async (folder) => [await upload({ folder })],
  'POST /upload by name': async (names) => [await upload({ names })],
  'POST /upload by the file’s own name': async (name) => [await uploadNamed(name)],
  'POST /queue/events/token': async (filePath) => [
    await sendJson('/queue/events/token', { filePath }),
    await sendJson('/queue/events/token', { pathPrefix: filePath }),
  ],
  'GET /queue/events': async (filePath) => {
    const response = await send('GET', `/queue/events?${new URLSearchParams({ filePath })}`)
    // The body of an open stream does not end, so it is not read. The stream may be open only for a
    // path inside the folder.
    if (response.status !== 200) {
      return [response]
    }
    await response.body!.cancel()
    expect(canSeePath(key, filePath.normalize('NFC'))).toBe(true)
    return []
  },
  'POST /signed-urls': async (text) => [
    await sendJson('/signed-urls', { method: 'GET', path: text }),
    await sendJson('/signed-urls', { method: 'PUT', path: text }),
  ],
  // Must be last, because it deletes files inside the folder.
  'DELETE /files': (text) => sendSpellings(text, (at) => send('DELETE', `/files/${at}`)),
}

/** Builds the body of the form itself, so that only quotes in the file name are escaped. */
function uploadNamed(name: string) {
  const head = [
    '--edge',
    `Content-Disposition: form-data; name="files"; filename="${name.replaceAll('"', '%22')}"`,
    'Content-Type: video/mp4',
  ]
  const body = new Blob([`${head.join('\r\n')}\r\n\r\n`, mp4(), '\r\n--edge--\r\n'])
  return send('POST', '/upload', body, { 'Content-Type': 'multipart/form-data; boundary=edge' })
}

function upload(fields: Record<string, string>) {
  const form = new FormData()
  form.append('files', new File([mp4()], 'clip.mp4'))
  for (const [field, value] of Object.entries(fields)) {
    form.append(field, value)
  }
  return send('POST', '/upload', form)
}

async function keys(bucket: R2Bucket) {
  return (await bucket.list()).objects.map((object) => object.key)
}
async function readOutside() {
  const { results: jobs } = await env.DB.prepare(
    "SELECT id, file_path, status FROM jobs WHERE file_path NOT GLOB 'a/*'",
  ).all()
  const { results: uploads } = await env.DB.prepare(
    "SELECT file_path FROM uploads WHERE file_path NOT GLOB 'a/*'",
  ).all()
  const originals = (await keys(env.ORIGINALS)).filter((name) => !name.startsWith('a/'))
  return { jobs, uploads, originals }
}

it('every route with a path in its URL is in the list', async () => {
  const { paths } = await expectJson<{ paths: Record<string, object> }>(
    await visit('/openapi.json'),
    200,
  )
  const withPath = Object.entries(paths).filter(([path]) => path.includes('{path}'))
  const routes = withPath.flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.split('/{')[0]}`),
  )
  expect(Object.keys(ROUTES)).toEqual(expect.arrayContaining(routes))
})

describe('paths that try to leave the folder', () => {
  let before: Awaited<ReturnType<typeof readOutside>>
  beforeEach(async () => {
    before = await readOutside()
    expect(before.originals).toHaveLength(4)
    expect(before.jobs).toHaveLength(1)
  })

  it.each(Object.keys(ROUTES))(
    'show and change nothing outside of it with %s',
    async (route) => {
      const statuses = new Set<number>()
      await fc.assert(
        fc.asyncProperty(path, async (text) => {
          for (const response of await ROUTES[route]!(text)) {
            statuses.add(response.status)
            const answer = await response.text()
            expect(response.status).toBeLessThan(500)
            expect(answer).not.toContain(SECRET)
            expect(answer).not.toContain(outside)
          }
        }),
        {
          numRuns: 60,
          // The last one leaves the route itself: /embed answers all others with the same page.
          examples: [
            ['a/in.mp4'],
            ['b/secret.mp4'],
            ['a/../b/secret.mp4'],
            ['ab'],
            ['a/\\'],
            ['../b/secret.mp4'],
          ],
        },
      )
      expect(await readOutside()).toEqual(before)
      // The responses must have had different statuses, such as 201 and 403.
      expect(statuses.size, [...statuses].join()).toBeGreaterThan(1)
    },
    60_000,
  )
})
