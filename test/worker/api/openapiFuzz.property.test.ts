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
import { startJob } from '../helpers/fakeRunner.ts'
import { api, asRunner, visit } from '../helpers/requests.ts'
import { arbitraryOf, type Components, type Schema } from '../helpers/schemaArbitrary.ts'

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
  components: { schemas: Components }
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

/** Ids and names that exist, so that requests also get past the checks that something exists. */
let existing: string[] = []
beforeAll(async () => {
  const runner = await startJob('videos/clip.mp4', 'w_64')
  const upload = await (await api('POST', '/uploads/videos/large.mp4')).json<{ uploadId: string }>()
  existing = ['default', 'videos/clip.mp4', 'w_64/videos/clip.mp4', runner.jobId]
  existing.push(String(upload.uploadId))
})

describe.each(operations)('$name', ({ method, path, operation }) => {
  it('gives a documented response to every request', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRequest(path, operation), (request) =>
        checkResponse(method, request, operation),
      ),
      { seed, numRuns },
    )
  })
})

const ANY_BYTES = fc.uint8Array({ maxLength: 64 })

function arbitraryRequest(path: string, operation: Operation): fc.Arbitrary<FuzzedRequest> {
  const { parameters = [], requestBody } = operation
  const inPath = parameters.filter((each) => each.in === 'path')
  const body = requestBody?.content['application/json']?.schema
  const bytes = requestBody === undefined ? fc.constant(undefined) : ANY_BYTES
  return fc
    .record({
      inPath: fc.tuple(...inPath.map(arbitraryPathValue)),
      query: arbitraryValues(parameters.filter((each) => each.in === 'query')),
      headers: arbitraryValues(parameters.filter((each) => each.in === 'header')),
      body: body ? arbitraryOf(body, schemas) : bytes,
    })
    .map(({ inPath: values, ...rest }) => ({
      ...rest,
      path: inPath.reduce(
        (filled, { name }, index) => filled.replace(`{${name}}`, values[index]!),
        path,
      ),
    }))
}

function arbitraryPathValue({ name, schema }: Parameter): fc.Arbitrary<string> {
  const known = fc.nat().map((n) => existing[n % existing.length] ?? 'default')
  const text = fc.oneof(known, arbitraryOf(schema, schemas).map(String))
  return text
    .map((value) => (name === 'path' ? encodeSegments(value) : encodeText(value)))
    .filter((value) => value !== '' && !/^\.{1,2}$/.test(value))
}

/** Keeps the slashes of a path. */
function encodeSegments(path: string): string {
  return path.split('/').map(encodeText).join('/')
}

function arbitraryValues(parameters: Parameter[]): fc.Arbitrary<[string, string][]> {
  const fields = Object.fromEntries(
    parameters.map(({ name, schema }) => [name, arbitraryOf(schema, schemas)]),
  )
  return fc
    .record(fields, { requiredKeys: [] })
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
