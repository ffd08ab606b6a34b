/** Security headers of every response, and CORS. */
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'
import type { ApiEnv } from '../apiEnv.ts'
import { TUS_REQUEST_HEADERS, TUS_RESPONSE_HEADERS } from '../tusProtocol.ts'
import { isPagePath, pagePolicy } from './pages.ts'

/** Lets browsers load images and media of this origin, and load or run nothing else. */
const secure = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    imgSrc: ["'self'"],
    mediaSrc: ["'self'"],
    // A browser that opens a video URL creates a page with inline styles around the video.
    styleSrc: ["'unsafe-inline'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
  crossOriginResourcePolicy: false,
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
})

export const setSecurityHeaders = createMiddleware<ApiEnv>(async (c, next) => {
  await secure(c, next)
  const frameAncestors = c.get('frameAncestors')
  if (frameAncestors !== undefined || isPagePath(c.req.path)) {
    c.res.headers.set('Content-Security-Policy', pagePolicy(frameAncestors ?? "'none'"))
  }
  if (frameAncestors !== undefined) {
    // It has no word for a list of origins.
    c.res.headers.delete('X-Frame-Options')
  }
  // Pages of any origin may embed variants and originals.
  const isEmbeddable = c.req.path.startsWith('/t/')
  c.res.headers.set('Cross-Origin-Resource-Policy', isEmbeddable ? 'cross-origin' : 'same-origin')
})

const HOUR_SECONDS = 3_600

/**
 * Allows requests from scripts of the origins in CORS_ORIGINS, except to the routes of runners. By
 * default, CORS_ORIGINS is empty and no other origin is allowed.
 */
export const allowOrigins = createMiddleware<ApiEnv>(async (c, next) => {
  const { origins } = c.get('platform').settings.publicAccess
  if (origins.length === 0 || c.req.path.startsWith('/runner/')) {
    return next()
  }
  return cors({
    origin: origins,
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'Last-Event-ID',
      'Range',
      ...TUS_REQUEST_HEADERS,
    ],
    exposeHeaders: [
      'Accept-Ranges',
      'Content-Length',
      'Content-Range',
      'ETag',
      'Retry-After',
      'X-Request-Id',
      ...TUS_RESPONSE_HEADERS,
    ],
    maxAge: HOUR_SECONDS,
  })(c, next)
})
