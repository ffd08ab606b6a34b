/**
 * Error messages do not contain zod's default texts. They name what is allowed and the offending
 * text, and repeat at most 200 characters of the input.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { api, API_KEY, visit, type ErrorBody } from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import type { Context, Schema } from '../helpers/schemaArbitrary.ts'

/** Words of zod's default messages. */
const ZOD_WORDS =
  /\b(expected|received|invalid input|invalid option|too (small|big)|unrecognized)\b/i
const CONTROL = /[\p{Control}\u202e\u200b]/u

function expectReadable(message: string, where: string) {
  expect(message, where).not.toMatch(ZOD_WORDS)
  expect(message, where).not.toMatch(CONTROL)
  expect(message, where).not.toMatch(/undefined|\[object|NaN/)
  // A sentence, or the path of a value and a sentence about it.
  expect(message, where).toMatch(/\.$/)
}
async function messageOf(response: Response, status: number) {
  const { message } = await response.clone().json<ErrorBody>()
  expect(response.status, message).toBe(status)
  expectReadable(message, message)
  return message
}

describe('a message names what is allowed', () => {
  it.each([
    ['/queue/jobs?limit=abc', 'limit must be an integer from 1 to 500 (got "abc").'],
    ['/queue/jobs?limit=501', 'limit must be an integer from 1 to 500 (got "501").'],
    ['/queue/jobs?limit=0', 'limit must be an integer from 1 to 500 (got "0").'],
    ['/queue/jobs?limit=1.5', 'limit must be an integer from 1 to 500 (got "1.5").'],
    ['/queue/jobs?offset=-1', 'offset must be an integer from 0 to 10000 (got "-1").'],
    [
      '/queue/jobs?offset=10001',
      'offset: An offset is an integer from 0 to 10000 (got 10001). To read further jobs, pass the nextCursor of a page as cursor.',
    ],
    [
      '/queue/jobs?status=done',
      'status must be one of pending, running, completed, error, cancelled (got "done").',
    ],
    [
      '/queue/jobs?status=pending&status=error',
      'status must be one of pending, running, completed, error, cancelled (got a list).',
    ],
  ])('%s', async (path, message) => {
    expect(await messageOf(await api('GET', path), 400)).toBe(message)
  })

  const file = { filePath: 'a.mp4' }
  it.each<[string, string, object | string, string]>([
    [
      'POST',
      '/queue/jobs',
      {},
      'Send either filePath, for a stored file, or source with url and filePath, for a file that is to be imported.',
    ],
    ['POST', '/queue/jobs', { filePath: 7 }, 'filePath must be text (got 7).'],
    [
      'POST',
      '/queue/jobs',
      { ...file, priority: 101 },
      'priority must be an integer from 0 to 100 (got 101).',
    ],
    [
      'POST',
      '/queue/jobs',
      { ...file, transformations: [] },
      'transformations must be a list of 1 to 50 elements (got 0 elements).',
    ],
    [
      'POST',
      '/queue/jobs',
      { ...file, transformations: [5] },
      'transformations[0] must be text of at most 2000 characters or an object (got 5).',
    ],
    [
      'POST',
      '/queue/jobs',
      { ...file, transformations: ['w_640', { w: 0 }] },
      'transformations[1].w must be an integer from 2 to 7680 (got 0).',
    ],
    [
      'POST',
      '/queue/jobs',
      { ...file, transformations: [{ quality: 500 }] },
      'transformations[0].quality must be an integer from 1 to 100, or auto (got 500).',
    ],
    [
      'POST',
      '/queue/jobs',
      { ...file, priorty: 1 },
      '"priorty" is not a field. The fields are filePath, source, transformations, priority, queue, destination, webhookUrl, maxAttempts, timeoutSeconds, stallSeconds, chunkSeconds, maxChunksAtOnce, tags, metadata.',
    ],
    [
      'PUT',
      '/queues/default',
      { concurrency: 1001 },
      'concurrency must be an integer from 0 to 1000 (got 1001).',
    ],
    ['PUT', '/queues/default', { paused: 'yes' }, 'paused must be true or false (got "yes").'],
    [
      'POST',
      '/api-keys',
      { name: '', scopes: ['jobs:read'] },
      'name must be text of 1 to 100 characters (got "").',
    ],
    [
      'POST',
      '/api-keys',
      { name: 'a', scopes: ['jobs:read'], expiresAt: 'soon' },
      'expiresAt must be a time in ISO 8601, such as 2026-01-31T12:00:00Z, or null (got "soon").',
    ],
    ['POST', '/signed-urls', { method: 'GET' }, 'path is missing. It must be text.'],
    ['POST', '/signed-urls', { method: 'POST' }, 'method must be GET or PUT (got "POST").'],
    [
      'POST',
      '/probe',
      { ...file, waitSeconds: 26 },
      'waitSeconds must be a number from 0 to 25 (got 26).',
    ],
  ])('%s %s %j', async (method, path, body, message) => {
    expect(await messageOf(await api(method, path, body), 400)).toBe(message)
  })
})

describe('a message about a form names what is allowed', () => {
  const file = () => new File([mp4()], 'clip.mp4')
  it.each<[string, [string, string | File][], string]>([
    ['no file', [['folder', 'a']], 'files is missing. It must be a list of 1 to 20 elements.'],
    [
      '21 files',
      Array.from({ length: 21 }, () => ['files', file()]),
      'files must be a list of 1 to 20 elements (got 21 elements).',
    ],
    [
      'text as a file',
      [['files', 'clip.mp4']],
      'files[0] must be a file with a file name (got "clip.mp4").',
    ],
    [
      'text as the second file',
      [
        ['files', file()],
        ['files', 'clip.mp4'],
      ],
      'files[1] must be a file with a file name (got "clip.mp4").',
    ],
    [
      'a file as a name',
      [
        ['files', file()],
        ['names', file()],
      ],
      'names[0] must be text (got a file).',
    ],
    [
      'a file as a folder',
      [
        ['files', file()],
        ['folder', file()],
      ],
      'folder must be text (got a file).',
    ],
    [
      'a long transformation',
      [
        ['files', file()],
        ['transformations', 'w'.repeat(2_001)],
      ],
      'transformations[0] must be text of at most 2000 characters (got 2001 characters).',
    ],
    [
      '51 transformations',
      [
        ['files', file()],
        ...Array.from({ length: 51 }, () => ['transformations', 'w_640'] as [string, string]),
      ],
      'transformations must be a list of at most 50 elements (got 51 elements).',
    ],
  ])('%s', async (_name, fields, message) => {
    const body = new FormData()
    for (const [name, value] of fields) {
      body.append(name, value as string)
    }
    const response = await visit('/upload', { method: 'POST', headers: API_KEY, body })
    expect(await messageOf(response, 400)).toBe(message)
  })
})

describe('a message names the offending character or text', () => {
  it.each<[string, () => Promise<Response>, string]>([
    ['a NUL', () => visit('/t/a%00b.mp4'), 'U+0000 at position 2'],
    ['a backslash', () => visit('/t/ab%5Cc.mp4'), '"\\" (U+005C) at position 3'],
    ['a direction mark', () => visit('/t/a%E2%80%AE.mp4'), 'U+202E at position 2'],
    ['an incomplete escape', () => visit('/t/a%zz.mp4'), '"%zz"'],
    ['bytes that are not UTF-8', () => visit('/t/a%FFb.mp4'), '"%FF"'],
    ['a queue name', () => api('GET', '/queues/caf%C3%A9'), '"é" (U+00E9) at position 4'],
    [
      'a preset name',
      () => api('GET', '/queues/default/presets/my_card'),
      '"_" (U+005F) at position 3',
    ],
    ['a preset name in a URL', () => visit('/t/n_caf%C3%A9/a.mp4'), '"é" (U+00E9) at position 4'],
    [
      'a reference file in a URL',
      () => visit('/t/wm_a%5Cb.png/a.mp4'),
      '"\\" (U+005C) at position 2',
    ],
    [
      'a reference file',
      () => api('POST', '/queue/jobs', { filePath: 'a.mp4', transformations: [{ wm: 'a:b.png' }] }),
      '":" (U+003A) at position 2',
    ],
    ['white space', () => visit('/t/a/%20b.mp4'), 'the segment " b.mp4"'],
  ])('%s', async (_name, send, named) => {
    expect(await messageOf(await send(), 400)).toContain(named)
  })
})

describe('a message repeats at most 200 characters of its input', () => {
  const LONG = 'a'.repeat(900)
  beforeAll(() => putOriginal('long/clip.mp4'))
  const file = () => new File([mp4()], 'clip.mp4')
  function upload(fields: Record<string, string | File>) {
    const body = new FormData()
    Object.entries(fields).forEach(([name, value]) => body.append(name, value as string))
    return visit('/upload', { method: 'POST', headers: API_KEY, body })
  }
  const job = (fields: object) => () =>
    api('POST', '/queue/jobs', { filePath: 'long/clip.mp4', ...fields })

  it.each<[string, () => Promise<Response>]>([
    ['a route', () => visit(`/${LONG}`)],
    ['a job', () => api('GET', `/queue/jobs/${LONG}`)],
    ['a job to retry', () => api('POST', `/queue/jobs/${LONG}/retry`)],
    ['a job to cancel', () => api('POST', `/queue/jobs/${LONG}/cancel`)],
    ['a job to delete', () => api('DELETE', `/queue/jobs/${LONG}`)],
    ['the attempts of a job', () => api('GET', `/queue/jobs/${LONG}/attempts`)],
    ['a job of a stream token', () => api('POST', '/queue/events/token', { jobId: LONG })],
    ['a job of events', () => api('GET', `/queue/events?jobId=${LONG}`)],
    ['an upload', () => api('DELETE', `/uploads/${LONG}`)],
    ['a key', () => api('GET', `/api-keys/${LONG}`)],
    ['a queue', () => api('GET', `/queues/${LONG}`)],
    ['a preset', () => api('GET', `/queues/default/presets/${LONG}`)],
    ['a file', () => visit(`/t/${`${LONG.slice(0, 200)}/`.repeat(3)}b.mp4`)],
    ['a file of a variant', () => visit(`/t/w_640/${LONG.slice(0, 240)}/b.mp4`)],
    ['a file to delete', () => api('DELETE', `/files/${LONG.slice(0, 240)}/b.mp4`)],
    ['a long segment', () => visit(`/t/${LONG}.mp4`)],
    ['an extension', () => api('PUT', `/files/${LONG.slice(0, 240)}`, mp4())],
    ['a transformation', () => visit(`/t/w_${LONG}/long/clip.mp4`)],
    ['a key of a transformation', () => visit(`/t/w_640,${LONG}_1/long/clip.mp4`)],
    ['a pair', job({ transformations: [LONG] })],
    ['a key of an object', job({ transformations: [{ [LONG]: 1 }] })],
    ['a value of an object', job({ transformations: [{ wm: `${LONG.slice(0, 240)}.exe` }] })],
    ['a missing reference file', job({ transformations: [{ wm: `${LONG.slice(0, 240)}.png` }] })],
    ['a field', job({ [LONG]: 1 })],
    ['a queue of a job', job({ queue: LONG })],
    ['a long path in a URL', () => visit(`/t/wm_${LONG.slice(0, 300)}.png/long/clip.mp4`)],
    [
      'white space in a path',
      () => visit(`/t/wm_${LONG.slice(0, 99)}:${LONG.slice(0, 99)}%20/a.mp4`),
    ],
    ['appended files', () => visit(`/t/cat_${LONG.slice(0, 300)}.mp4+b.mp4/long/clip.mp4`)],
    ['the name of a file in a form', () => upload({ files: new File([mp4()], `${LONG}.mp4`) })],
    ['text as a file', () => upload({ files: LONG })],
    ['a name in a form', () => upload({ files: file(), names: `${LONG}.mp4` })],
    ['a folder in a form', () => upload({ files: file(), folder: LONG })],
    ['a transformation in a form', () => upload({ files: file(), transformations: LONG })],
    ['an event id', () => api('GET', '/queue/events', undefined, { 'Last-Event-ID': LONG })],
    ['a token', () => visit(`/queue/events?token=${LONG}`, { headers: { Accept: 'text/plain' } })],
    ['a scope', () => api('POST', '/api-keys', { name: 'a', scopes: [LONG] })],
    ['the queue of a key', () => api('POST', '/api-keys', { name: 'a', scopes: [], queue: LONG })],
    ['a preset', () => api('PUT', '/queues/default/presets/a', LONG)],
    ['a queue that gets a setting', () => api('PUT', '/queues/default', { [LONG]: 1 })],
    ['a path to probe', () => api('POST', '/probe', { filePath: `${LONG.slice(0, 250)}.mp4` })],
    ['a part', () => api('PUT', `/uploads/x/${LONG}`, mp4())],
    ['a size', () => visit(`/video-status/w_${LONG}/long/clip.mp4/size`)],
    ['a status', () => api('GET', `/queue/jobs?status=${LONG}`)],
    ['a number', () => api('GET', `/queue/jobs?limit=${LONG}`)],
    ['a cursor', () => api('GET', `/queue/jobs?cursor=${LONG}`)],
    ['an idempotency key', () => api('POST', '/queue/jobs', {}, { 'Idempotency-Key': LONG })],
    [
      'a range',
      () => visit('/t/long/clip.mp4', { headers: { Range: `bytes=9${'0'.repeat(900)}-` } }),
    ],
    ['a method', () => api('POST', '/signed-urls', { method: LONG })],
    [
      'a path to sign',
      () => api('POST', '/signed-urls', { method: 'PUT', path: `w_1,h_${LONG}/a` }),
    ],
  ])('%s', async (_name, send) => {
    const response = await send()
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    const { message } = await response.json<ErrorBody>()
    expectReadable(message, message)
    const repeated = message.match(/a{20,}|0{20,}/g) ?? []
    expect(repeated.join('').length, message).toBeLessThanOrEqual(200)
  })
})

describe('a message about one of something uses the singular', () => {
  it('for bytes', async () => {
    await putOriginal('one/byte.mp4', 'x')
    const range = await visit('/t/one/byte.mp4', { headers: { Range: 'bytes=1-' } })
    expect(await messageOf(range, 416)).toContain('the file, which has 1 byte (got')
    const request = { method: 'PUT', path: 'one/clip.mp4', maxBytes: 1 }
    const signed = await (await api('POST', '/signed-urls', request)).json<{ url: string }>()
    const put = await visit(signed.url.replace(/^.*?(?=\/files)/, ''), {
      method: 'PUT',
      body: mp4(),
    })
    expect(await messageOf(put, 413)).toContain('up to 1 byte (got')
    const key = await makeKey({ scopes: ['files:write'], maxStoredBytes: 1 })
    const stored = await visit('/files/one/clip.mp4', {
      method: 'PUT',
      headers: key.headers,
      body: mp4(),
    })
    expect(await messageOf(stored, 413)).toContain('may store 1 byte and')
  })

  it('for jobs and streams', async () => {
    await putOriginal('one/clip.mp4')
    const key = await makeKey({ maxQueuedJobs: 1, maxStreams: 1 })
    const request = { filePath: 'one/clip.mp4', transformations: ['w_100', 'w_102'] }
    const jobs = await key.call('POST', '/queue/jobs', request)
    expect(await messageOf(jobs, 429)).toContain('at most 1 pending job, which')
    const open = await key.call('GET', '/queue/events')
    const headers = { ...key.headers, Accept: 'application/json' }
    const streams = await visit('/queue/events', { headers })
    expect(await messageOf(streams, 429)).toContain('may have 1 open event stream. Close')
    await open.body!.cancel()
  })
})

it('the message for a body that is not JSON has none of zod’s words', async () => {
  const headers = { 'Content-Type': 'application/json' }
  for (const path of ['/queue/jobs', '/probe', '/uploads', '/api-keys']) {
    const body = new TextEncoder().encode('{"filePath":')
    await messageOf(await api('POST', path, body, headers), 400)
  }
})

it('messages for invalid query parameters and JSON bodies have none of zod’s words', async () => {
  interface Operation {
    parameters?: { name: string; in: string }[]
    requestBody?: { content: Record<string, { schema: Schema }> }
  }
  interface Document {
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Context['components'] }
  }
  const { paths, components } = await (await visit('/openapi.json')).json<Document>()
  const bad = [null, true, -1, 1.5, 1e9, '\u0000', '', 'É', [], {}, [{}], { x: 1 }]
  // A field with the same schema has the same messages in other requests.
  const seen = new Set<string>()
  const isNew = (field: [string, Schema]) => seen.size < seen.add(JSON.stringify(field)).size
  let rejected = 0
  for (const [path, operations] of Object.entries(paths)) {
    // The messages of these routes are fixed by the contract, and have no full stop.
    if (path.startsWith('/video-status')) {
      continue
    }
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const url = path.replaceAll(/\{\w+\}/g, 'x')
      const json = requestBody?.content['application/json']
      const fields = json ? listFields(json.schema, components.schemas) : []
      const bodies = json
        ? [
            ...bad,
            ...fields.filter(isNew).flatMap(([name], index) =>
              // The 85 fields of a transformation take turns with the values.
              (fields.length > 40
                ? [0, 1, 2].map((turn) => bad[(3 * index + turn) % 12])
                : bad
              ).map((value) => ({ ...REQUEST_FIELDS, [name]: value })),
            ),
          ]
        : [undefined]
      const query = parameters.filter((parameter) => parameter.in === 'query')
      const urls = [
        url,
        ...query.flatMap(({ name }) =>
          ['-1', 'É', '1.5'].map((value) => `${url}?${name}=${encodeURIComponent(value)}`),
        ),
      ]
      for (const target of urls) {
        for (const body of target === url ? bodies : [bodies[0]]) {
          const response = await api(
            method.toUpperCase(),
            target,
            body,
            path.startsWith('/runner') ? RUNNER : {},
          )
          if (response.status >= 400) {
            rejected++
            const { message } = await response.json<ErrorBody>()
            const where = `${method} ${target} ${JSON.stringify(body)}: ${message}`
            expect(response.status, where).not.toBe(500)
            expectReadable(message, where)
          } else {
            await response.body?.cancel()
          }
        }
      }
    }
  }
  expect(rejected).toBeGreaterThan(300)
}, 120_000)

const RUNNER = { Authorization: 'Bearer test-runner-token' }
/** Returns the fields of a JSON object with their schemas. */
function listFields(
  { $ref, ...schema }: Schema,
  components: Context['components'],
): [string, Schema][] {
  const parts = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => list ?? [])
  const named = $ref === undefined ? undefined : components[$ref.split('/').at(-1)!]
  const nested = [...parts, ...(named ? [named] : [])]
  return [
    ...Object.entries(schema.properties ?? {}),
    ...nested.flatMap((each) => listFields(each, components)),
  ]
}

const REQUEST_FIELDS = {
  filePath: 'a.mp4',
  name: 'a',
  scopes: ['jobs:read'],
  method: 'GET',
  path: 'a.mp4',
  parts: [],
}
