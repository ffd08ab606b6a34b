/** The examples of the OpenAPI document are requests that work, and responses that were returned. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it, vi } from 'vitest'
import { DURABLE_EVENTS, queueEvent } from '../../../src/contract/events.ts'
import { WEBHOOK_TYPES, webhookPayload } from '../../../src/contract/webhook.ts'
import examples from '../../../src/http/openapiExamples.json' with { type: 'json' }
import webhookExample from '../../../src/http/webhookExample.json' with { type: 'json' }
import { countRows } from '../helpers/database.ts'
import { claimAsRunner, startJob } from '../helpers/fakeRunner.ts'
import { createOne } from '../helpers/jobs.ts'
import { insertJobIn } from '../helpers/jobStore.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { api, expectJson, visit } from '../helpers/requests.ts'
import { openWebhooks } from '../helpers/webhooks.ts'

interface Media {
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
interface Operation {
  operationId: string
  parameters?: { name: string }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content: Record<string, Media> }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
}

const webhooks = openWebhooks()
/** Requests whose bodies are files. */
const FILES: Record<string, Uint8Array> = { putFile: mp4(), putUploadPart: mp4() }
/** What ffprobe finds, as a runner stores it. */
const PROBE = {
  format: 'mp4',
  formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
  durationSeconds: 2,
  sizeBytes: 51_200,
  bitRate: 204_800,
  startSeconds: 0,
  chapters: 0,
  tags: {},
  streams: [],
  remux: { mp4: null, mov: null, webm: 'webm does not hold h264', mkv: null },
}
/** The id of the job in the examples. */
const JOB_ID = 'job_01a21c7a9e303c3db7bcc64e44e4ab44'

/** The ids of this run by those of the examples. */
const ids = new Map<string, string>()
const NAMED = ['id', 'uploadId', 'etag']

/** What happens before a request, and is no request of the API: the work of runners, deliveries. */
const BEFORE: Record<string, () => Promise<unknown>> = {
  listAttempts: async () => (await claimAsRunner()).fail('input_invalid', 'It has no video.'),
  cancelJob: async () => {
    const { id } = await createOne('videos/clip.mp4')
    ids.set(JOB_ID, id)
  },
  getVariantSize: async () => (await startJob('videos/clip.mp4')).completeWith('the variant'),
  probeFile: async () => {
    await api('POST', '/probe', { filePath: 'videos/clip.mp4', waitSeconds: 0 })
    const runner = await claimAsRunner()
    await runner.complete(await runner.upload(JSON.stringify(PROBE)))
  },
  listWebhookDeliveries: async () => {
    await insertJobIn('completed')
    await webhooks.run()
    const delivered = () => countRows('webhook_deliveries', "status = 'delivered'")
    await vi.waitFor(async () => expect(await delivered()).toBe(1))
  },
}

/** Notes the ids that were returned in the places of those of the example. */
function noteIds(example: unknown, returned: unknown): void {
  if (typeof example === 'object' && example !== null) {
    for (const [name, value] of Object.entries(example)) {
      const other = (returned as Record<string, unknown> | null)?.[name]
      if (typeof value === 'string' && NAMED.includes(name)) {
        ids.set(value, String(other))
      }
      noteIds(value, other)
    }
  }
}

function replaceIds(text: string): string {
  return [...ids].reduce((replaced, [id, own]) => replaced.replaceAll(id, own), text)
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

let document: Document
beforeAll(async () => {
  document = await (await visit('/openapi.json')).json<Document>()
})

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
it.for(examples)('$operationId', async ({ operationId, method, path, status, ...example }) => {
  await BEFORE[operationId]?.()
  const request = 'request' in example ? example.request : undefined
  const body: unknown =
    FILES[operationId] ?? (request && JSON.parse(replaceIds(JSON.stringify(request))))
  const returned = await expectJson(await api(method, replaceIds(path), body), status)
  noteIds(example.response, returned)
  // A field that was added to a response is added to src/http/openapiExamples.json too.
  expect(readShape(example.response), JSON.stringify(returned)).toEqual(readShape(returned))
  const { requestBody, responses } = findOperation(operationId)
  expect(requestBody?.content['application/json']?.example).toEqual(request)
  expect(responses[status]!.content['application/json']!.example).toEqual(example.response)
})

it('the stream of events has an example of each kind of event', () => {
  const { responses } = findOperation('streamEvents')
  const { examples: events } = responses[200]!.content['text/event-stream']!
  const values = Object.values(events!).map(({ value }) => queueEvent.parse(value))
  expect(values).toEqual(Object.values(events!).map(({ value }) => value))
  const others = ['connected', 'job:progress', 'resync', 'heartbeat', 'unavailable']
  expect(values.map(({ event }) => event).toSorted()).toEqual(
    [...DURABLE_EVENTS, ...others].toSorted(),
  )
})
