/** `/queue/events`: what happens in a queue, as server-sent events, and tokens to follow it with. */
import { errorResult } from '../../domain/result.ts'
import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { createStreamToken, streamToken } from '../../contract/apiKey.ts'
import { queueName } from '../../contract/queue.ts'
import { storagePath } from '../../contract/storagePath.ts'
import { openToVisitors, requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { eventAccessOf } from '../eventAccess.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { mintToken } from '../streamToken.ts'
import { streamEvents } from '../../events/sse.ts'
import { resolveEventFilter } from '../../services/queues/eventFilter.ts'

const eventId = z.coerce.number().int().nonnegative()

const eventsRoute = createRoute({
  tags: ['events'],
  ...openToVisitors('events:read'),
  method: 'get',
  path: '/queue/events',
  summary: 'Follow the jobs of a queue, live',
  request: {
    headers: z.object({
      'last-event-id': eventId.optional().describe('Sends the events after this one first'),
    }),
    query: z.object({
      queue: queueName.optional().describe('Default: that of the key or the job, else "default"'),
      jobId: z.string().max(100).optional(),
      filePath: storagePath.optional(),
      lastEventId: eventId.optional().describe('For clients that cannot set the header'),
      token: z.string().max(5_000).optional().describe('From POST /queue/events/token'),
    }),
  },
  responses: {
    200: {
      description: 'A stream of events until either side ends it',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...errors(400, 401, 403, 404, 429, 503),
  },
})

const tokenRoute = createRoute({
  tags: ['events'],
  ...requiresScope('events:read'),
  method: 'post',
  path: '/queue/events/token',
  summary: 'Mint a token with which a browser can follow a queue, a folder, a file or a job',
  request: { body: jsonBody(createStreamToken) },
  responses: {
    201: json(streamToken, 'The token'),
    ...errors(400, 401, 403, 404, 429, 503),
  },
})

export const eventRoutes = createApi()
  .openapi(eventsRoute, async (c) => {
    const { token, lastEventId, ...asked } = c.req.valid('query')
    const since = c.req.valid('header')['last-event-id'] ?? lastEventId ?? null
    const follower = await eventAccessOf(c, token, asked)
    if (!follower.ok) {
      return errorResponse(c, follower)
    }
    const view = await resolveEventFilter(c.get('platform'), follower.within, asked)
    if (!view.ok) {
      return errorResponse(c, view)
    }
    const { keyId, maxStreams, until } = follower
    const counted = maxStreams === null || keyId === null ? null : { keyId, max: maxStreams }
    const events = await c.get('platform').hubs.openStream(view.queue, {
      filter: view.filter,
      since,
      counted,
    })
    if (!events) {
      c.header('Retry-After', '10')
      return errorResponse(
        c,
        errorResult(
          'cap_reached',
          `This key may have ${maxStreams} event streams open at once. Close one first.`,
        ),
      )
    }
    c.header('X-Accel-Buffering', 'no')
    return streamSSE(c, (stream) => streamEvents(events, stream, until))
  })
  .openapi(tokenRoute, async (c) => {
    const { expiresInSeconds, ...asked } = c.req.valid('json')
    const caller = c.get('caller')
    const view = await resolveEventFilter(c.get('platform'), caller, asked)
    if (!view.ok) {
      return errorResponse(c, view)
    }
    const ring = c.get('platform').settings.signingKeys
    if (ring.length === 0) {
      return errorResponse(
        c,
        errorResult('not_configured', 'This service has no SIGNING_KEYS and no API_KEY.'),
      )
    }
    const until = Date.now() + expiresInSeconds * 1000
    const { queue, filter } = view
    const token = await mintToken(ring, { keyId: caller.keyId!, queue, ...filter, until })
    c.header('Cache-Control', 'no-store')
    const url = new URL(`/queue/events?token=${token}`, c.req.url).href
    return c.json({ token, url, expiresAt: new Date(until).toISOString() }, 201)
  })
