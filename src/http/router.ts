/**
 * Creates the Hono apps to which routes are added. They validate requests against the schemas of
 * the routes.
 */
import { errorResult } from '../domain/result.ts'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { PATH_ISSUE } from '../contract/storagePath.ts'
import { createPlatform } from '../platform/platform.ts'
import type { ApiEnv } from './apiEnv.ts'
import { errorResponse } from './responses/errorResponse.ts'

/**
 * Turns a validation error into an error result. The message begins with the path of the value, if
 * the error has one.
 */
function toErrorResult(issue: z.core.$ZodIssue, parentPath: PropertyKey[] = []) {
  const path = [...parentPath, ...issue.path]
  let { message } = issue
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const options = issue.errors.map(([first]) => first!)
    // An error inside the value (with a path) means that the value has the type of this option, so
    // this error is reported.
    const intended = options.find((option) => option.path.length > 0)
    if (intended) {
      return toErrorResult(intended, path)
    }
    message = options.map((option) => option.message).join(', or ')
  }
  const isPathIssue =
    issue.code === 'custom' && issue.params?.['errorCode'] === PATH_ISSUE.errorCode
  return errorResult(
    isPathIssue ? 'invalid_path' : 'invalid_request',
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
}

export function createApi() {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) =>
      result.success ? undefined : errorResponse(c, toErrorResult(result.error.issues[0]!)),
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
 * For routes with an optional body. Many clients send a Content-Type with an empty body; it is
 * removed, so that the empty body is not parsed as JSON.
 */
export const ignoreEmptyBody = createMiddleware<ApiEnv>(async (c, next) => {
  if ((await c.req.text()) === '') {
    const headers = new Headers(c.req.raw.headers)
    headers.delete('Content-Type')
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
  }
  await next()
})
