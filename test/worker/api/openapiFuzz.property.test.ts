/**
 * Sends arbitrary requests for every operation of the OpenAPI document. No response is a 5xx, every
 * status is documented, and every JSON body follows its schema.
 *
 * FUZZ_SEED selects the requests: with the same seed they are the same. FUZZ_RUNS is the number of
 * requests for each operation.
 */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { app } from '../../../src/app.ts'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { startJob } from '../helpers/fakeRunner.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { api, asRunner, expectJson, visit } from '../helpers/requests.ts'
import {
  arbitraryField,
  arbitraryOf,
  type Context,
  type Schema,
  someFields,
} from '../helpers/schemaArbitrary.ts'

interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}
interface Operation {
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Context['components'] }
}

interface FuzzedRequest {
  path: string
  query: [string, string][]
  headers: [string, string][]
  body: unknown
}

const { FUZZ_SEED: seed, FUZZ_RUNS: numRuns } = env
const document = (await (await app.request('/openapi.json', {}, env)).json()) as Document
const { schemas } = document.components
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
)

/** Values that the service accepts. Most requests have them, or they would all return 400 or 404. */
const existing: Record<string, unknown[]> = {
  filePath: ['videos/clip.mp4', 'videos/other.mp4'],
  path: ['videos/clip.mp4', 'w_64/videos/clip.mp4', 'n_card/videos/other.mp4', 'videos/new.mp4'],
  queue: ['default'],
  // The first is the name of a queue, the second that of a file of a package.
  name: ['default', 'v_00001.m4s'],
  queues: [['default']],
  preset: ['card'],
  transformations: [['w_64'], ['f_webm', { w: 32, t: true }], ['n_card']],
  fence: [1],
  protocol: [PROTOCOL_VERSION],
  waitSeconds: [0],
  partNumber: [1],
  part: [1],
}
const USABLE_QUEUE = {
  paused: false,
  draining: false,
  concurrency: 50,
  leaseSeconds: 600,
  maxAttempts: 3,
  timeoutSeconds: 3_600,
}
let isChanged = true
/** Creates again what the operation before may have deleted. */
async function createExisting() {
  await env.DB.batch(['jobs', 'uploads'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
  await putOriginal('videos/other.mp4')
  await expectJson(await api('PUT', '/queues/default', USABLE_QUEUE), 200)
  await expectJson(await api('PUT', '/queues/default/presets/card', 'w_48'), 200)
  const failed = await startJob('videos/clip.mp4', 'w_50')
  await failed.fail('input_invalid')
  const runner = await startJob('videos/clip.mp4', 'w_64')
  const output = await expectJson<{ uploadId: string }>(await runner.beginOutput(), 200)
  const waiting = await createOne('videos/clip.mp4', 'w_66')
  const begun = await api('POST', '/uploads', { filePath: 'videos/large.mp4' })
  const { uploadId } = await expectJson<{ uploadId: string }>(begun, 201)
  const { id: keyId } = await makeKey({ scopes: ['jobs:read'] })
  const part = await api('PUT', `/uploads/${uploadId}/1`, mp4())
  Object.assign(existing, {
    jobId: [failed.jobId, runner.jobId, waiting.id],
    id: [runner.jobId],
    uploadId: [uploadId, output.uploadId],
    keyId: [keyId],
    parts: [[await part.json()]],
  })
}
const known = Object.fromEntries(
  [...Object.keys(existing), 'jobId', 'id', 'uploadId', 'keyId', 'parts'].map((name) => [
    name,
    fc.nat().map((n) => existing[name]![n % existing[name]!.length]),
  ]),
)
const context = { components: schemas, known }

describe.each(operations)('$name', ({ method, path, operation }) => {
  beforeAll(async () => {
    if (isChanged) {
      await createExisting()
    }
    isChanged = method !== 'GET'
  })

  it('gives a documented response to every request', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRequest(method, path, operation), (request) =>
        checkResponse(method, request, operation),
      ),
      { seed, numRuns },
    )
  })
})

const MAX_WAIT_SECONDS = 60
const ANY_BYTES = fc.uint8Array({ maxLength: 64 })
/** Raw bodies, of files and parts. Their operations declare no body. */
const FILE_BYTES = fc.oneof(
  { arbitrary: fc.string({ maxLength: 8 }).map(mp4), weight: 8 },
  ANY_BYTES,
)

function arbitraryRequest(
  method: string,
  path: string,
  { parameters = [], requestBody }: Operation,
): fc.Arbitrary<FuzzedRequest> {
  const inPath = parameters.filter((each) => each.in === 'path')
  return fc
    .record({
      inPath: fc.tuple(...inPath.map(arbitraryPathValue)),
      query: arbitraryValues(parameters.filter((each) => each.in === 'query')),
      headers: arbitraryValues(parameters.filter((each) => each.in === 'header')),
      body: arbitraryBody(method, requestBody?.content),
    })
    .map(({ inPath: values, ...rest }) => ({
      ...rest,
      path: inPath.reduce(
        (filled, { name }, index) => filled.replace(`{${name}}`, values[index]!),
        path,
      ),
    }))
}

function arbitraryBody(
  method: string,
  content: Record<string, { schema?: Schema }> | undefined,
): fc.Arbitrary<unknown> {
  const json = content?.['application/json']?.schema
  const form = content?.['multipart/form-data']?.schema
  if (json) {
    const body = arbitraryOf(json, context)
    const canWait = JSON.stringify([json, schemas[json.$ref?.split('/').at(-1) ?? '']]).includes(
      'waitSeconds',
    )
    return fc.oneof({ arbitrary: canWait ? body.map(avoidWaiting) : body, weight: 20 }, ANY_BYTES)
  }
  if (form) {
    return fc.oneof({ arbitrary: arbitraryForm(form), weight: 20 }, ANY_BYTES)
  }
  return method === 'PUT' ? FILE_BYTES : fc.constant(undefined)
}

/** Replaces a valid or missing `waitSeconds` by 0, because the request would wait that long. */
function avoidWaiting(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return body
  }
  const { waitSeconds = 1 } = body as { waitSeconds?: unknown }
  const isWait =
    typeof waitSeconds === 'number' && waitSeconds > 0 && waitSeconds <= MAX_WAIT_SECONDS
  return isWait ? { ...body, waitSeconds: 0 } : body
}

/** A form whose fields are sent in any number. A field of files can have text, and another a file. */
function arbitraryForm({ properties = {} }: Schema): fc.Arbitrary<FormData> {
  const bad = fc.constantFrom('../x.mp4', 'w_64,q_500', '', 'é', 'a/b.exe')
  const good: Record<string, string[]> = {
    files: ['a.mp4', 'b.mov', 'c/d.m4v'],
    folder: ['in', 'in/folder'],
    names: ['e.mp4', 'f.mov'],
    transformations: ['w_64', 't_true', 'f_webm,w_32'],
  }
  const text = (name: string) =>
    fc.oneof({ arbitrary: fc.constantFrom(...(good[name] ?? ['a'])), weight: 20 }, bad)
  const file = fc.tuple(FILE_BYTES, text('files')).map(([bytes, name]) => new File([bytes], name))
  const values = (name: string, schema: Schema) => {
    const [usual, other] =
      schema.items?.format === 'binary' ? [file, text(name)] : [text(name), file]
    const value = fc.oneof({ arbitrary: usual, weight: 20 }, other)
    return fc.array(value, { maxLength: schema.type === 'array' ? 2 : 1 })
  }
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, values(name, schema)]),
  )
  return fc.record(fields, { requiredKeys: ['files'] }).map((record) => {
    const sent = new FormData()
    for (const [name, values] of Object.entries(record)) {
      values!.forEach((each) => sent.append(name, each as string))
    }
    return sent
  })
}

function arbitraryPathValue({ name, schema }: Parameter): fc.Arbitrary<string> {
  return arbitraryField(name, schema, context)
    .map((value) => (name === 'path' ? encodeSegments(String(value)) : encodeText(String(value))))
    .filter((value) => value !== '' && !value.split('/').some((each) => /^\.{1,2}$/.test(each)))
}

/** Keeps the slashes of a path. */
function encodeSegments(path: string): string {
  return path.split('/').map(encodeText).join('/')
}

function arbitraryValues(parameters: Parameter[]): fc.Arbitrary<[string, string][]> {
  const fields = Object.fromEntries(
    parameters.map(({ name, schema }) => [name, arbitraryField(name, schema, context)]),
  )
  const required = parameters.filter((each) => each.required).map(({ name }) => name)
  return fc
    .oneof({ arbitrary: someFields(fields, required), weight: 10 }, someFields(fields, []))
    .map((record) => Object.entries(record).map(([name, value]) => [name, toText(value)]))
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Percent-encodes a text; lone surrogates, which cannot be encoded, are replaced. */
function encodeText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

async function checkResponse(
  method: string,
  { path, query, headers, body }: FuzzedRequest,
  operation: Operation,
): Promise<void> {
  const search = query.map(([name, value]) => `${name}=${encodeText(value)}`).join('&')
  const call = path.startsWith('/runner/') ? asRunner : api
  const response = await call(
    method,
    search === '' ? path : `${path}?${search}`,
    body,
    Object.fromEntries(headers.map(([name, value]) => [name, encodeText(value)])),
  )
  const { status } = response
  const type = response.headers.get('Content-Type') ?? ''
  // An event stream does not end.
  if (!type.startsWith('application/json')) {
    await response.body?.cancel()
  }
  const text = type.startsWith('application/json') ? await response.text() : ''
  expect(status < 500 ? 'no 5xx' : `${status} ${text}`).toBe('no 5xx')
  expect(Object.keys(operation.responses), `${status} ${text}`).toContain(String(status))
  const schema = operation.responses[status]!.content?.['application/json']?.schema
  if (schema && text !== '') {
    const { error } = readSchema(schema).safeParse(JSON.parse(text))
    expect(error && z.prettifyError(error), text).toBeUndefined()
  }
}

const readers = new Map<Schema, z.ZodType>()

/** Converts a schema of the document to zod, with the components that it refers to. */
function readSchema(schema: Schema): z.ZodType {
  const known = readers.get(schema)
  if (known) {
    return known
  }
  const inlined = JSON.stringify({ ...schema, $defs: schemas })
  const local = inlined.replaceAll('#/components/schemas/', '#/$defs/')
  const reader = z.fromJSONSchema(JSON.parse(local) as never)
  readers.set(schema, reader)
  return reader
}

it('the service works after all of these requests', async () => {
  expect((await visit('/health')).status).toBe(200)
})
