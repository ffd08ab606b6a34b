/** Defines routes. The error responses of authentication and of body validation are added to them. */
import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { errors } from './responses/errorResponse.ts'
import type { ApiEnv } from './router.ts'

/** Who may call a route, and how callers that may not are rejected. */
export interface Access {
  security: Record<string, string[]>[]
  middleware?: MiddlewareHandler<ApiEnv>
  responses: RouteConfig['responses']
}

const bodyErrors = errors(400)

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
 * A route for `createApi().openapi`. `config` lists only the responses of its own.
 *
 * @example route(requiresScope('jobs:read'), { method: 'get', path: '/queue/jobs', responses: … })
 */
export function route<
  Path extends string,
  Config extends Omit<RouteConfig, 'path' | 'middleware'> & {
    path: Path
    middleware?: readonly MiddlewareHandler[]
  },
  Granted extends Access,
>(access: Granted, config: Config) {
  const { middleware = [], request } = config
  return createRoute({
    ...config,
    security: access.security,
    middleware: [...(access.middleware ? [access.middleware] : []), ...middleware],
    responses: {
      ...access.responses,
      ...(request?.body && bodyErrors),
      ...config.responses,
    },
  }) as unknown as Route<Config, Granted['responses']>
}
