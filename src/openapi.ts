/** The OpenAPI document of an app. Clients are generated from it, among them src/client. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import packageJson from '../package.json' with { type: 'json' }
import { type DurableEventType, EVENT_DESCRIPTIONS, queueEvent } from './contract/events.ts'
import { toWebhookType, webhookHeaders, webhookPayload } from './contract/webhook.ts'
import type { ApiEnv } from './http/apiEnv.ts'
import examples from './http/openapiExamples.json' with { type: 'json' }
import webhookExample from './http/webhookExample.json' with { type: 'json' }

const TAGS = {
  jobs: 'Create, list, retry, cancel and delete jobs',
  files: 'Store files, and read files and their variants',
  events: 'Follow jobs live, as server-sent events',
  queues: 'Pause queues, and change their limits',
  presets: 'Transformations that are stored under a name',
  rules: 'Make jobs of the files that arrive in the bucket',
  keys: 'API keys, their scopes and limits',
  webhooks: 'Send events to other services, signed after the Standard Webhooks specification',
  session: 'Sign in to the dashboard, with a cookie',
  service: 'The service itself',
  runner: 'The protocol between runners and the service; not for other clients',
}

type App = OpenAPIHono<ApiEnv>

/** Registers the security schemes that routes name, and schemas that no route refers to. */
export function describeSecurity({ openAPIRegistry }: App): void {
  openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key; `npm start` prints the first one',
  })
  openAPIRegistry.registerComponent('securitySchemes', 'runnerToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'RUNNER_TOKEN, or the token of one container',
  })
  openAPIRegistry.register('QueueEvent', queueEvent)
}

/** Registers the messages that the service sends to webhook endpoints. */
export function describeWebhooks({ openAPIRegistry }: App): void {
  for (const [event, summary] of Object.entries(EVENT_DESCRIPTIONS)) {
    const type = toWebhookType(event as DurableEventType)
    const example = type === webhookExample.type && { example: webhookExample }
    openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      operationId: `receive_${type.replace('.', '_')}`,
      tags: ['webhooks'],
      summary,
      security: [],
      request: {
        headers: webhookHeaders,
        body: {
          required: true,
          content: { 'application/json': { schema: webhookPayload, ...example } },
        },
      },
      responses: {
        '2XX': { description: 'The message is delivered' },
        410: { description: 'The endpoint is disabled' },
        '4XX': { description: 'The message is sent again later, as after 5XX or no answer' },
      },
    })
  }
}

/** @param url the address under which the service was reached */
export function createDocument(app: App, url: string) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Reelqueue',
      version: packageJson.version,
      description: packageJson.description,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    servers: [{ url, description: 'This service' }],
  })
  // {.+} lets a parameter match several segments. OpenAPI has no syntax for that, so it is removed.
  const paths = Object.entries(document.paths ?? {}).map(
    ([path, item]) => [path.replace('{.+}', ''), item] as const,
  )
  const described = { ...document, paths: Object.fromEntries(paths) }
  addExamples(described.paths as Record<string, Record<string, Described>>)
  return described
}

interface Media {
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

interface Described {
  operationId?: string
  requestBody?: { content: Record<string, Media> }
  responses?: Record<string, { content?: Record<string, Media>; headers?: Record<string, object> }>
}

interface Example {
  operationId: string
  /** Set if the operation has several. */
  name?: string
  status: number
  request?: unknown
  response?: unknown
  headers?: Record<string, string>
}

/** Adds the examples, which a test sends to the service. */
function addExamples(paths: Record<string, Record<string, Described>>): void {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  for (const example of examples as Example[]) {
    const { operationId, name, status, request, response, headers = {} } = example
    const found = operations.find((operation) => operation.operationId === operationId)
    const returned = found?.responses?.[status]
    addExample(found?.requestBody?.content, request, name)
    addExample(returned?.content, response, name)
    for (const [header, value] of Object.entries(headers)) {
      // Operations share the descriptions of headers.
      const described = { ...returned!.headers?.[header], example: value }
      returned!.headers = { ...returned!.headers, [header]: described }
    }
  }
}

function addExample(content: Record<string, Media> = {}, value: unknown, name?: string): void {
  const [described] = Object.values(content)
  if (described === undefined || value === undefined) {
    return
  }
  if (name === undefined) {
    described.example = value
  } else {
    described.examples = { ...described.examples, [name]: { value } }
  }
}
