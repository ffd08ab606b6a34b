/** Headers that every answer has, and those for scripts of other origins. */
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'
import type { ApiEnv } from '../router.ts'

/** Media is all that may be shown of an answer, and nothing in it runs. */
const secure = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    imgSrc: ["'self'"],
    mediaSrc: ["'self'"],
    // What browsers put around a video that is opened by itself.
    styleSrc: ["'unsafe-inline'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
  crossOriginResourcePolicy: false,
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
})

export const protect = createMiddleware<ApiEnv>(async (c, next) => {
  await secure(c, next)
  // Variants are there to be embedded, by pages of any origin.
  const embedded = c.req.path.startsWith('/t/')
  c.res.headers.set('Cross-Origin-Resource-Policy', embedded ? 'cross-origin' : 'same-origin')
})

const HOUR_SECONDS = 3_600

/** Lets scripts of the configured origins call; with none, no script of another origin can. */
export const allowOrigins = createMiddleware<ApiEnv>(async (c, next) => {
  const { origins } = c.get('platform').settings.publicAccess
  if (origins.length === 0 || c.req.path.startsWith('/runner/')) {
    return next()
  }
  return cors({
    origin: origins,
    allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'Range'],
    exposeHeaders: [
      'Accept-Ranges',
      'Content-Length',
      'Content-Range',
      'ETag',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: HOUR_SECONDS,
  })(c, next)
})
