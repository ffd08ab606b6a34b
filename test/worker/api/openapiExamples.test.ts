/** The examples of the OpenAPI document are requests that work, and responses that were returned. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { DURABLE_EVENTS, queueEvent } from '../../../src/contract/events.ts'
import { WEBHOOK_TYPES, webhookPayload } from '../../../src/contract/webhook.ts'
import webhookExample from '../../../src/http/webhookExample.json' with { type: 'json' }
import {
  examples,
  noteIds,
  noteLastSegment,
  sendExample,
  webhooks,
} from '../helpers/exampleRequests.ts'
import { insertJobIn } from '../helpers/jobStore.ts'
import { visit } from '../helpers/requests.ts'

interface Media {
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
interface Operation {
  operationId: string
  parameters?: { name: string }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<
    string,
    { content?: Record<string, Media>; headers?: Record<string, { example?: string }> }
  >
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
}

/** Operations without an example among these. */
const OTHERS: Record<string, string> = {
  streamEvents: 'has an example of each kind of event',
  getPlayerPage: 'returns a page of HTML',
}

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

/** Replaces the numbers of metrics. */
function readLines(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/ [\d.e+-]+$/, ' 0'))
}

let document: Document
beforeAll(async () => {
  document = await (await visit('/openapi.json')).json<Document>()
})

function findExample(content: Record<string, Media> = {}, name: string | undefined): unknown {
  const [media] = Object.values(content)
  return name === undefined ? media?.example : media?.examples?.[name]?.value
}

function hasExample({ example, examples: named }: Media): boolean {
  return example !== undefined || named !== undefined
}

function findOperation(operationId: string): Operation {
  return Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .find((operation) => operation.operationId === operationId)!
}

// First, because the endpoints of the examples would receive the event too.
it('the messages to webhooks are described, with one that was sent', async () => {
  const { webhooks: described } = document
  expect(Object.keys(described)).toEqual(WEBHOOK_TYPES)
  await webhooks.create({ types: ['job.completed'] })
  await insertJobIn('completed')
  await webhooks.run()
  const [message] = webhooks.received
  const body: unknown = JSON.parse(message!.body)
  expect(webhookPayload.parse(body)).toEqual(body)
  expect(readShape(webhookExample)).toEqual(readShape(body))
  const { requestBody, parameters } = described['job.completed']!.post
  expect(requestBody!.content['application/json']!.example).toEqual(webhookExample)
  const names = parameters!.map(({ name }) => name)
  expect(Object.keys(message!.headers)).toEqual(expect.arrayContaining(names))
  expect(names).toHaveLength(3)
  for (const table of ['webhook_endpoints', 'webhook_deliveries']) {
    await env.DB.prepare(`DELETE FROM ${table}`).run()
  }
})

// In this order: the later requests are about what the earlier ones have made.
it.for(examples)('$operationId', async (example) => {
  const { operationId, status, request, headers = {} } = example
  const response = await sendExample(example)
  const { requestBody, responses } = findOperation(operationId)
  const described = responses[status]!
  for (const [name, value] of Object.entries(headers)) {
    expect(readShape(response.headers.get(name)), name).toBe('string')
    expect(described.headers![name]!.example).toBe(value)
    if (name === 'Location') {
      noteLastSegment(value, response.headers.get(name)!)
    }
  }
  const text = await response.text()
  expect(response.status, text).toBe(status)
  expect(findExample(described.content, example.name)).toEqual(example.response)
  expect(findExample(requestBody?.content, example.name)).toEqual(request)
  if (typeof example.response === 'string') {
    expect(readLines(text)).toEqual(expect.arrayContaining(readLines(example.response)))
  } else if (example.response !== undefined) {
    const returned: unknown = JSON.parse(text)
    noteIds(example.response, returned)
    // A field that was added to a response is added to src/http/openapiExamples.json too.
    expect(readShape(example.response), text).toEqual(readShape(returned))
  }
})

it('every operation has an example, also of its JSON', () => {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
  const sent = new Set(examples.map(({ operationId }) => operationId))
  const names = operations.map(({ operationId }) => operationId)
  expect([...sent, ...Object.keys(OTHERS)].toSorted()).toEqual(names.toSorted())
  for (const { operationId, requestBody, responses } of operations) {
    const succeeded = Object.entries(responses).filter(([status]) => status < '300')
    const returned = succeeded.flatMap(([, { content }]) => content?.['application/json'] ?? [])
    expect(returned.length === 0 || returned.some(hasExample), operationId).toBe(true)
    const body = requestBody?.content['application/json']
    expect(body === undefined || hasExample(body), operationId).toBe(true)
  }
})

it('the stream of events has an example of each kind of event', () => {
  const { responses } = findOperation('streamEvents')
  const { examples: events } = responses[200]!.content!['text/event-stream']!
  const values = Object.values(events!).map(({ value }) => queueEvent.parse(value))
  expect(values).toEqual(Object.values(events!).map(({ value }) => value))
  const others = ['connected', 'job:progress', 'resync', 'heartbeat', 'unavailable']
  expect(values.map(({ event }) => event).toSorted()).toEqual(
    [...DURABLE_EVENTS, ...others].toSorted(),
  )
})
