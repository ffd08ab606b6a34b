/** `/queue/events`: what happens in a queue, as server-sent events. */
import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { queueName } from '../contract/job.ts'
import { storagePath } from '../contract/path.ts'
import { findJob } from '../db/jobRows.ts'
import { findQueue } from '../db/queueRows.ts'
import { createApi, platformOf } from '../http/api.ts'
import { errors, problem } from '../http/problem.ts'
import { bridge } from '../hub/bridge.ts'
import { openStream } from '../hub/sockets.ts'

const eventId = z.coerce.number().int().nonnegative()

const eventsRoute = createRoute({
  tags: ['events'],
  method: 'get',
  path: '/queue/events',
  summary: 'Follow the jobs of a queue, live',
  request: {
    headers: z.object({
      'last-event-id': eventId.optional().describe('Sends the events after this one first'),
    }),
    query: z.object({
      queue: queueName.optional().describe('Default: that of jobId, else "default"'),
      jobId: z.string().max(100).optional(),
      filePath: storagePath.optional(),
      lastEventId: eventId.optional().describe('For clients that cannot set the header'),
    }),
  },
  responses: {
    200: {
      description: 'A stream of events until either side ends it',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...errors(400, 404),
  },
})

export const eventRoutes = createApi().openapi(eventsRoute, async (c) => {
  const { queue: named, jobId, filePath, lastEventId } = c.req.valid('query')
  const since = c.req.valid('header')['last-event-id'] ?? lastEventId ?? null
  const { db } = platformOf(c)
  const job = jobId === undefined ? undefined : await findJob(db, jobId)
  if (jobId !== undefined && !job) return problem(c, 'job_not_found', `There is no job ${jobId}.`)
  const queue = named ?? job?.queue ?? 'default'
  if (!(await findQueue(db, queue)))
    return problem(c, 'queue_not_found', `There is no queue "${queue}".`)
  const filter = { jobId: jobId ?? null, filePath: filePath ?? null }
  const events = await openStream(c.env, queue, filter, since)
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, (stream) => bridge(events, stream))
})
