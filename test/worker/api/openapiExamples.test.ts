/** The examples of the OpenAPI document are requests that work, and responses that were returned. */
import { beforeAll, expect, it } from 'vitest'
import { queueEvent } from '../../../src/contract/events.ts'
import examples from '../../../src/http/openapiExamples.json' with { type: 'json' }
import { putOriginal } from '../helpers/jobs.ts'
import { api, expectJson, visit } from '../helpers/requests.ts'

interface Media {
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
interface Operation {
  operationId: string
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content: Record<string, Media> }>
}

beforeAll(() => putOriginal('videos/clip.mp4'))

/** Replaces each value by its type. */
function readShape(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(readShape)
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, readShape(each)]))
    : value === null
      ? null
      : typeof value
}

async function findOperation(operationId: string): Promise<Operation> {
  const { paths } = await (
    await visit('/openapi.json')
  ).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  return Object.values(paths)
    .flatMap((item) => Object.values(item))
    .find((operation) => operation.operationId === operationId)!
}

// In this order: the later requests are about the jobs of the first.
it.for(examples)('$operationId', async (example) => {
  const { method, path, request, status, response } = example
  const returned = await expectJson(await api(method, path, request), status)
  expect(readShape(response)).toEqual(readShape(returned))
  const { requestBody, responses } = await findOperation(example.operationId)
  expect(requestBody?.content['application/json']?.example).toEqual(request)
  expect(responses[status]!.content['application/json']!.example).toEqual(response)
})

it('the stream of events has an example of each kind of event', async () => {
  const { responses } = await findOperation('streamEvents')
  const { examples: events } = responses[200]!.content['text/event-stream']!
  const values = Object.values(events!).map(({ value }) => queueEvent.parse(value))
  expect(values).toEqual(Object.values(events!).map(({ value }) => value))
  expect(values.map(({ event }) => event)).toEqual([
    'connected',
    'job:created',
    'job:progress',
    'job:error',
    'webhook:disabled',
    'resync',
    'heartbeat',
  ])
})
