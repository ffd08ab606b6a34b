/**
 * Defines routes. Each route also declares the error responses of its `Access`. A route with a
 * request body also declares 400, 413 and 507 (the disk or the database is full). A JSON body has a
 * maximum size.
 */
import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { errors } from './responses/errorResponse.ts'
import type { ApiEnv } from './apiEnv.ts'
import { limitJsonBody } from './requestBody.ts'

/** The callers that may use a route, and the responses to others. */
export interface Access {
  security: Record<string, string[]>[]
  middleware?: MiddlewareHandler<ApiEnv>
  responses: RouteConfig['responses']
}

const bodyErrors = errors(400, 413, 507)

type BodyErrors<Config> = Config extends { request: { body: object } } ? typeof bodyErrors : object

type Route<Config extends { responses: object }, Rejections> = Omit<
  Config,
  'middleware' | 'responses'
> & {
  middleware: MiddlewareHandler<ApiEnv>
  responses: Config['responses'] & Rejections & BodyErrors<Config>
  getRoutingPath(): string
}

/**
 * Defines a route for `createApi().openapi`. `config.responses` need not repeat the responses
 * that are added for `access` and the body.
 *
 * @example route(requiresScope('jobs:read'), { operationId: 'listJobs', method: 'get', path: '/queue/jobs', … })
 */
export function route<
  Path extends string,
  Config extends Omit<RouteConfig, 'path' | 'middleware' | 'operationId'> & {
    path: Path
    /** A verb and a noun. Generated clients name their functions by it. */
    operationId: string
    middleware?: readonly MiddlewareHandler[]
  },
  RouteAccess extends Access,
>(access: RouteAccess, config: Config) {
  const { middleware = [], request } = config
  const isJson = request?.body?.content['application/json'] !== undefined
  return createRoute({
    ...config,
    security: access.security,
    middleware: [
      ...(access.middleware ? [access.middleware] : []),
      ...(isJson ? [limitJsonBody] : []),
      ...middleware,
    ],
    responses: {
      ...access.responses,
      ...(request?.body && bodyErrors),
      ...config.responses,
    },
  }) as unknown as Route<Config, RouteAccess['responses']>
}
