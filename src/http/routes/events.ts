/** `/queue/events`: server-sent events of queues, and tokens for browsers. */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { createStreamToken, streamToken } from '../../contract/apiKey.ts'
import { EVENT_DESCRIPTIONS, queueEvent } from '../../contract/events.ts'
import { queueName } from '../../contract/queue.ts'
import { storagePath } from '../../contract/storagePath.ts'
import { writeCount } from '../../contract/writeCount.ts'
import { errorResult } from '../../domain/result.ts'
import { streamEvents } from '../../events/sse.ts'
import { readMissedEvents } from '../../events/replay.ts'
import { findEventFilter, resolveEventFilter } from '../../services/queues/eventFilter.ts'
import { closeUnused } from '../../platform/hubClient.ts'
import { type StreamLimit, takeStream, VISITORS } from '../../platform/streamLimits.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { type EventAccess, readEventAccess } from '../eventAccess.ts'
import { openToVisitors, requiresScope } from '../middleware/authenticate.ts'
import { readClientNetwork } from '../middleware/rateLimit.ts'
import { retryLater } from '../middleware/retryLater.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'
import { createToken } from '../streamToken.ts'

const tags = ['events']
const JOB = { jobId: 'job_01a21c33523fcf41c0e1cf5f5a167de5', filePath: 'videos/clip.mp4' }
const EVENT_EXAMPLES = Object.fromEntries(
  (
    [
      { event: 'connected', id: '40', data: { clientId: 'client_7d1f' } },
      { event: 'job:created', id: '41', data: { ...JOB, status: 'pending', priority: 2 } },
      { event: 'job:started', id: '42', data: { ...JOB, status: 'running' } },
      {
        event: 'job:progress',
        data: {
          jobId: JOB.jobId,
          progress: 47,
          stage: 'encode',
          etaSeconds: 12,
          fps: 58,
          speed: 2,
        },
      },
      { event: 'job:playable', id: '43', data: { ...JOB, status: 'running' } },
      {
        event: 'job:retrying',
        id: '44',
        data: { ...JOB, status: 'pending', error: 'It stalled.' },
      },
      {
        event: 'job:error',
        id: '45',
        data: { ...JOB, status: 'error', error: 'It has no video.' },
      },
      { event: 'job:completed', id: '46', data: { ...JOB, status: 'completed' } },
      { event: 'job:cancelled', id: '47', data: { ...JOB, status: 'cancelled' } },
      { event: 'job:prioritized', id: '48', data: { ...JOB, status: 'pending', priority: 0 } },
      { event: 'job:deleted', id: '49', data: { ...JOB, status: 'deleted' } },
      { event: 'webhook:disabled', id: '50', data: { webhookId: 'wh_1', reason: 'failing' } },
      { event: 'resync', data: { reason: 'The events after 12 are no longer stored.' } },
      { event: 'heartbeat', data: { timestamp: 1_710_498_600_000 } },
      {
        event: 'unavailable',
        data: {
          error: 'Too many requests',
          message: 'This key may have 2 open event streams. Close one first.',
          code: 'cap_reached',
          requestId: 'req_1',
        },
      },
    ] satisfies z.infer<typeof queueEvent>[]
  ).map((value) => {
    const summary = (EVENT_DESCRIPTIONS as Record<string, string>)[value.event]
    return [value.event, { ...(summary !== undefined && { summary }), value }]
  }),
)
const eventId = z.coerce.number().int().nonnegative()

const eventsRoute = route(openToVisitors('events:read'), {
  tags,
  operationId: 'streamEvents',
  method: 'get',
  path: '/queue/events',
  summary: 'Stream the events of one queue or of all queues, live',
  description:
    'Each message has the lines `event`, `data` (JSON) and, if it can be resumed from, `id`. The schema describes a message as an object of these. The first is `connected`; `heartbeat` follows every 15 seconds. Send the last id as `Last-Event-ID` to receive what was missed; `resync` says that this is no longer possible.',
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
      description:
        'A stream of events, open until either side closes it. If the service is temporarily unavailable or a limit is reached, the stream has one event "unavailable" with the error, and ends',
      content: { 'text/event-stream': { schema: queueEvent, examples: EVENT_EXAMPLES } },
    },
    ...errors('invalid_path', 'file_not_found', 'job_not_found', 'queue_not_found', 'cap_reached'),
  },
})

const tokenRoute = route(requiresScope('events:read'), {
  tags,
  operationId: 'createStreamToken',
  method: 'post',
  path: '/queue/events/token',
  summary: 'Create a token with which a browser can stream events of a queue, folder, file or job',
  request: { body: jsonBody(createStreamToken) },
  responses: {
    201: json(streamToken, 'The token'),
    ...errors('invalid_path', 'file_not_found', 'job_not_found', 'queue_not_found'),
  },
})

/** Returns the limit that applies to the stream; null for none. */
function findStreamLimit(c: Context<ApiEnv>, access: EventAccess): StreamLimit | null {
  const { keyId, maxStreams } = access
  if (keyId !== null) {
    return maxStreams === null ? null : { owner: keyId, max: maxStreams, perClient: null }
  }
  const { publicAccess } = c.get('platform').settings
  return {
    owner: VISITORS,
    max: publicAccess.maxStreams,
    perClient: { network: readClientNetwork(c), max: publicAccess.maxStreamsPerAddress },
  }
}

function describeLimit({ max, perClient }: StreamLimit): string {
  return perClient === null
    ? `This key may have ${writeCount(max, 'open event stream')}. Close one first.`
    : `Without a key, there may be ${writeCount(perClient.max, 'open event stream')} from one address and ${max} in all. Close one first, or send an API key.`
}

const api = createApi()
api.use('/queue/events', retryLater)

export const eventRoutes = api
  .openapi(eventsRoute, async (c) => {
    const { token, lastEventId, ...requested } = c.req.valid('query')
    const since = c.req.valid('header')['last-event-id'] ?? lastEventId ?? null
    const access = await readEventAccess(c, token, requested)
    if (!access.ok) {
      return errorResponse(c, access)
    }
    const platform = c.get('platform')
    const isHead = c.req.method === 'HEAD'
    const resolved = isHead
      ? await findEventFilter(platform, access.restriction, requested)
      : resolveEventFilter(access.restriction, requested)
    if (!resolved.ok) {
      return errorResponse(c, resolved)
    }
    const headers = {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    }
    if (isHead) {
      return c.body(null, 200, headers)
    }
    const { queue, job, filter } = resolved
    const events = await platform.hubs.openStream(queue, { filter, since, job })
    if (!events.ok) {
      return errorResponse(c, events)
    }
    const limit = findStreamLimit(c, access)
    let limiterSocket: WebSocket | null
    try {
      limiterSocket = limit && (await takeStream(c.env.STREAM_LIMITERS, limit))
    } catch (error) {
      closeUnused(events.socket)
      throw error
    }
    if (limit !== null && limiterSocket === null) {
      closeUnused(events.socket)
      return errorResponse(c, errorResult('cap_reached', describeLimit(limit)))
    }
    const body = streamEvents(events, {
      readMissed: readMissedEvents(platform.db, queue, filter),
      expiresAt: access.expiresAt,
      limiterSocket,
    })
    return c.body(body, 200, headers)
  })
  .openapi(tokenRoute, async (c) => {
    const { expiresInSeconds, ...requested } = c.req.valid('json')
    const caller = c.get('caller')
    const resolved = await findEventFilter(c.get('platform'), caller, requested)
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
