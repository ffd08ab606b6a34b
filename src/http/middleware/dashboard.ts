/** Serves the dashboard, which `scripts/dashboard.mjs` builds into static assets. */
import { createMiddleware } from 'hono/factory'
import type { ApiEnv } from '../apiEnv.ts'

const FOLDER = '/assets/'
/** The names of these files have a hash of their content. */
const HASHED = /-[A-Z0-9]{8}\.js$/

export function isDashboardPath(path: string): boolean {
  return path === '/' || path.startsWith(FOLDER)
}

/** hls.js plays from blobs. Nothing comes from another origin, and no script is inline. */
export const DASHBOARD_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

export const serveDashboard = createMiddleware<ApiEnv>(async (c, next) => {
  const { path, method } = c.req
  if (!isDashboardPath(path) || (method !== 'GET' && method !== 'HEAD') || !c.env.ASSETS) {
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
