/** Creates the apps of the route modules, which validate requests against their schemas. */
import { errorResult } from '../domain/result.ts'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { createPlatform } from '../platform/platform.ts'
import { type AppEnv, errorResponse } from './responses/errorResponse.ts'

export type ApiEnv = AppEnv & { Bindings: Env }

/** A message for a validation error, with the path of the value. */
function describeIssue(issue: z.core.$ZodIssue, parentPath: PropertyKey[] = []): string {
  const path = [...parentPath, ...issue.path]
  let { message } = issue
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const options = issue.errors.map(([first]) => first!)
    // An option whose outermost type matches is the one that the client intended.
    const intended = options.find((option) => option.path.length > 0)
    if (intended) {
      return describeIssue(intended, path)
    }
    message = options.map((option) => option.message).join(', or ')
  }
  return path.length === 0 ? message : `${path.join('.')}: ${message}`
}

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

/** Creates the platform, once per request. */
export const providePlatform = createMiddleware<ApiEnv>((c, next) => {
  c.set(
    'platform',
    createPlatform(c.env, (work) => c.executionCtx.waitUntil(work)),
  )
  return next()
})

/** Declares a required JSON request body. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return {
    required: true as const,
    content: { 'application/json': { schema } },
  }
}

/**
 * For routes with an optional body: removes the content type of an empty body, which many clients send,
 * so that the empty body is not parsed as JSON.
 */
export const ignoreEmptyBody = createMiddleware<ApiEnv>(async (c, next) => {
  if ((await c.req.text()) === '') {
    const headers = new Headers(c.req.raw.headers)
    headers.delete('Content-Type')
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
  }
  await next()
})
