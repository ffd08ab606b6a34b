/**
 * Creates the Hono apps to which routes are added. They validate requests against the schemas of
 * the routes.
 */
import { OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi'
import type { Context, ValidationTargets } from 'hono'
import { createMiddleware } from 'hono/factory'
import { createPlatform } from '../platform/platform.ts'
import type { ApiEnv } from './apiEnv.ts'
import { errorResponse } from './responses/errorResponse.ts'
import { toErrorResult } from './validationError.ts'

type Target = keyof ValidationTargets

/** Returns the schema of a route for one part of its requests. */
function findSchema({ request }: RouteConfig, target: Target): z.ZodType {
  const content = request?.body?.content as Record<string, { schema: unknown }> | undefined
  const parts: Partial<Record<Target, unknown>> = {
    query: request?.query,
    param: request?.params,
    header: request?.headers,
    json: content?.['application/json']?.schema,
    form: content?.['multipart/form-data']?.schema,
  }
  return parts[target] as z.ZodType
}

/** Reads the part of a request that was validated. Hono keeps a body that it has read. */
function readInput(c: Context, target: Target): unknown {
  switch (target) {
    case 'query':
      return unwrapSingle(c.req.queries())
    case 'param':
      return c.req.param()
    case 'header':
      return c.req.header()
    case 'json':
      // A request without a JSON body is validated as an empty object.
      return c.req.json().catch(() => ({}))
    default:
      return c.req.parseBody({ all: true })
  }
}

/** A parameter that is sent several times is validated as a list. */
function unwrapSingle(parameters: Record<string, string[]>) {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [
      name,
      values.length === 1 ? values[0] : values,
    ]),
  )
}

/** Creates an app whose routes reject invalid requests in the words of `toErrorResult`. */
export function createApi() {
  const api = new OpenAPIHono<ApiEnv>()
  const define = api.openapi
  const openapi = (config: RouteConfig, handler: never) =>
    define(config, handler, (async (result: Validated, c: Context<ApiEnv>) => {
      if (result.success) {
        return undefined
      }
      const input = await readInput(c, result.target)
      const schema = findSchema(config, result.target)
      return errorResponse(c, toErrorResult(result.error.issues[0]!, schema, input))
    }) as never)
  api.openapi = openapi as unknown as typeof define
  return api
}

type Validated = { success: true } | { success: false; error: z.core.$ZodError; target: Target }

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

/** Declares that the body is the content of a file. It may have any Content-Type. */
export const fileBody = {
  required: true as const,
  content: {
    'application/octet-stream': { schema: { type: 'string' as const, format: 'binary' } },
  },
}

/**
 * For routes with an optional body. Many clients send a Content-Type with an empty body. The header
 * is removed, so that the empty body is not parsed as JSON.
 */
export const ignoreEmptyBody = createMiddleware<ApiEnv>(async (c, next) => {
  if ((await c.req.text()) === '') {
    const headers = new Headers(c.req.raw.headers)
    headers.delete('Content-Type')
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
  }
  await next()
})
