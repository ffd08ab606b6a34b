/**
 * Defines routes. Each route also declares the error responses of its `Access`, and those of every
 * route with parameters or with a body. A JSON body has a maximum size.
 */
import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { errors, mergeErrors } from './responses/errorResponse.ts'
import type { ApiEnv } from './apiEnv.ts'
import { limitJsonBody } from './requestBody.ts'

/** The callers that may use a route, and the responses to others. */
export interface Access {
  security: Record<string, string[]>[]
  middleware?: MiddlewareHandler<ApiEnv>
  responses: RouteConfig['responses']
}

const inputErrors = errors('invalid_request')
const pathErrors = errors('invalid_path')
const bodyErrors = errors('too_large', 'insufficient_storage')

type RequestErrors<Config> = Config extends { request: { body: object } }
  ? typeof inputErrors & typeof bodyErrors
  : Config extends { request: object }
    ? typeof inputErrors
    : object
type PathErrors<Config> = Config extends { request: { params: object } }
  ? typeof pathErrors
  : object
type Declared<Responses, Status> = Status extends keyof Responses ? Responses[Status] : never
/** Error responses with the same status differ in their codes. */
type Merged<One, Other> = {
  [Status in keyof One | keyof Other]: Declared<One, Status> | Declared<Other, Status>
}

type Route<Config extends { responses: object }, Rejections> = Omit<
  Config,
  'middleware' | 'responses'
> & {
  middleware: MiddlewareHandler<ApiEnv>
  responses: Merged<
    Merged<Config['responses'], Rejections>,
    Merged<RequestErrors<Config>, PathErrors<Config>>
  >
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
    responses: mergeErrors(
      access.responses,
      request && inputErrors,
      request?.params && pathErrors,
      request?.body && bodyErrors,
      config.responses,
    ),
  }) as unknown as Route<Config, RouteAccess['responses']>
}
