/** Gives temporary errors of event streams the status 200, so that browsers try again. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ErrorBody } from '../../contract/errors.ts'
import type { ApiEnv } from '../apiEnv.ts'

/** Minimum time after which a client connects again, unless the response has `Retry-After`. */
const RETRY_MS = 5_000

/**
 * Replaces a temporary error of an event stream by a stream that ends at once and tells the client
 * when to connect again. A browser's EventSource gives up for good on any status other than 200.
 * Clients that do not accept event streams get the error itself.
 */
export const retryLater = createMiddleware<ApiEnv>(async (c, next) => {
  await next()
  if (
    c.req.method !== 'GET' ||
    !acceptsEvents(c) ||
    !(c.res.status === 429 || c.res.status >= 500)
  ) {
    return
  }
  const error = await c.res.clone().json<ErrorBody>()
  // Only the operator can change this.
  if (error.code === 'not_configured') {
    return
  }
  const retryAfter = c.res.headers.get('Retry-After')
  const minRetryMs = retryAfter === null ? RETRY_MS : Number(retryAfter) * 1_000
  // Jitter, so that the clients do not all come back at the same moment.
  const retryMs = Math.round(minRetryMs * (1 + Math.random()))
  c.res = new Response(
    `retry: ${retryMs}\nevent: unavailable\ndata: ${JSON.stringify(error)}\n\n`,
    {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache',
        'X-Accel-Buffering': 'no',
      },
    },
  )
})

function acceptsEvents(c: Context): boolean {
  return /(^|[\s,])(\*\/\*|text\/(\*|event-stream))/i.test(c.req.header('Accept') ?? '*/*')
}
