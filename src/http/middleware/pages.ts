/** Serves the pages for people, which `scripts/dashboard.mjs` builds into static assets. */
import { createMiddleware } from 'hono/factory'
import type { ApiEnv } from '../apiEnv.ts'

const PAGES = new Set(['/', '/docs'])
const FOLDER = '/assets/'
/** The names of these files have a hash of their content. */
const HASHED = /-[A-Z0-9]{8}\.js$/

export function isPagePath(path: string): boolean {
  return PAGES.has(path) || path.startsWith(FOLDER)
}

/** hls.js plays from blobs. Nothing comes from another origin, and no script is inline. */
const DIRECTIVES = [
  "default-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
]

/** @param frameAncestors the origins whose pages may show the page in a frame */
export function pagePolicy(frameAncestors: string): string {
  return [...DIRECTIVES, `frame-ancestors ${frameAncestors}`].join('; ')
}

export const servePages = createMiddleware<ApiEnv>(async (c, next) => {
  const { path, method } = c.req
  if (!isPagePath(path) || (method !== 'GET' && method !== 'HEAD') || !c.env.ASSETS) {
    return next()
  }
  const asset = await c.env.ASSETS.fetch(c.req.raw)
  if (asset.status === 404) {
    return next()
  }
  const response = new Response(asset.body, asset)
  response.headers.set(
    'Cache-Control',
    HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  )
  return response
})
