/** What all route modules share: how an app is made, and what its handlers find in the context. */
import { errorResult } from '../domain/result.ts'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { createPlatform } from '../platform/platform.ts'
import { type AppEnv, errorResponse } from './responses/errorResponse.ts'

export type ApiEnv = AppEnv & { Bindings: Env }

/** What is wrong, with its place and the values that would be right. */
function describeIssue(issue: z.core.$ZodIssue, above: PropertyKey[] = []): string {
  const path = [...above, ...issue.path]
  let { message } = issue
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const ways = issue.errors.map(([first]) => first!)
    // Where one way got past the outermost type, it is the one that was meant.
    const meant = ways.find((way) => way.path.length > 0)
    if (meant) {
      return describeIssue(meant, path)
    }
    message = ways.map((way) => way.message).join(', or ')
  }
  return path.length === 0 ? message : `${path.join('.')}: ${message}`
}

/** An app whose requests are checked against their schemas before a handler sees them. */
export function createApi() {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) {
        return
      }
      const message = describeIssue(result.error.issues[0]!)
      return errorResponse(
        c,
        errorResult(/storage path/.test(message) ? 'invalid_path' : 'invalid_request', message),
      )
    },
  })
}

/** Builds the platform, once per request. */
export const providePlatform = createMiddleware<ApiEnv>((c, next) => {
  c.set(
    'platform',
    createPlatform(c.env, (work) => c.executionCtx.waitUntil(work)),
  )
  return next()
})

/** Declares a JSON request body that must be there. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return {
    required: true as const,
    content: { 'application/json': { schema } },
  }
}

/**
 * For routes whose body may be missing: many clients name a content type for a body that they
 * leave out, and then there is none to check.
 */
export const emptyBodyIsNone = createMiddleware<ApiEnv>(async (c, next) => {
  if ((await c.req.text()) === '') {
    const headers = new Headers(c.req.raw.headers)
    headers.delete('Content-Type')
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
  }
  await next()
})
