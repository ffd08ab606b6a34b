/** `/queue/events`: server-sent events of queues, and tokens for browsers. */
import { z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { createStreamToken, streamToken } from '../../contract/apiKey.ts'
import { queueName } from '../../contract/queue.ts'
import { storagePath } from '../../contract/storagePath.ts'
import { errorResult } from '../../domain/result.ts'
import { streamEvents } from '../../events/sse.ts'
import { resolveEventFilter } from '../../services/queues/eventFilter.ts'
import { readEventAccess } from '../eventAccess.ts'
import { openToVisitors, requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'
import { createToken } from '../streamToken.ts'

const tags = ['events']
const eventId = z.coerce.number().int().nonnegative()

const eventsRoute = route(openToVisitors('events:read'), {
  tags,
  method: 'get',
  path: '/queue/events',
  summary: 'Stream the events of one queue or of all queues, live',
  request: {
    headers: z.object({
      'last-event-id': eventId
        .optional()
        .describe('Id of the last event that was received: the stream begins with the next one'),
    }),
    query: z.object({
      queue: queueName
        .optional()
        .describe('Default: the queue of the API key, stream token or job, else all queues'),
      jobId: z.string().optional(),
      filePath: storagePath.optional(),
      lastEventId: eventId
        .optional()
        .describe('For clients that cannot send the header Last-Event-ID'),
      token: z.string().max(5_000).optional().describe('From POST /queue/events/token'),
    }),
  },
  responses: {
    200: {
      description: 'A stream of events, open until either side closes it',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...errors(400, 404),
  },
})

const tokenRoute = route(requiresScope('events:read'), {
  tags,
  method: 'post',
  path: '/queue/events/token',
  summary: 'Create a token with which a browser can stream events of a queue, folder, file or job',
  request: { body: jsonBody(createStreamToken) },
  responses: { 201: json(streamToken, 'The token'), ...errors(404) },
})

export const eventRoutes = createApi()
  .openapi(eventsRoute, async (c) => {
    const { token, lastEventId, ...requested } = c.req.valid('query')
    const since = c.req.valid('header')['last-event-id'] ?? lastEventId ?? null
    const access = await readEventAccess(c, token, requested)
    if (!access.ok) {
      return errorResponse(c, access)
    }
    const resolved = await resolveEventFilter(c.get('platform'), access.restriction, requested)
    if (!resolved.ok) {
      return errorResponse(c, resolved)
    }
    c.header('X-Accel-Buffering', 'no')
    if (c.req.method === 'HEAD') {
      c.header('Cache-Control', 'no-cache')
      return c.body(null, 200, { 'Content-Type': 'text/event-stream' })
    }
    const { keyId, maxStreams, expiresAt } = access
    const streamLimit = maxStreams === null || keyId === null ? null : { keyId, max: maxStreams }
    const events = await c.get('platform').hubs.openStream(resolved.queue, {
      filter: resolved.filter,
      since,
      streamLimit,
    })
    if (!events) {
      return errorResponse(
        c,
        errorResult(
          'cap_reached',
          `This key may have ${maxStreams} open event streams in each queue. Close one first.`,
        ),
      )
    }
    return streamSSE(c, (stream) => streamEvents(events, stream, expiresAt))
  })
  .openapi(tokenRoute, async (c) => {
    const { expiresInSeconds, ...requested } = c.req.valid('json')
    const caller = c.get('caller')
    const resolved = await resolveEventFilter(c.get('platform'), caller, requested)
    if (!resolved.ok) {
      return errorResponse(c, resolved)
    }
    const { signingKeys } = c.get('platform').settings
    if (signingKeys.length === 0) {
      return errorResponse(
        c,
        errorResult('not_configured', 'Neither SIGNING_KEYS nor API_KEY is set.'),
      )
    }
    const expiresAt = Date.now() + expiresInSeconds * 1000
    const { queue, filter } = resolved
    const token = await createToken(signingKeys, {
      keyId: caller.keyId!,
      queue,
      ...filter,
      until: expiresAt,
    })
    c.header('Cache-Control', 'no-store')
    const url = new URL(`/queue/events?token=${token}`, c.req.url).href
    return c.json({ token, url, expiresAt: new Date(expiresAt).toISOString() }, 201)
  })
