/**
 * Error responses: one JSON shape, with statuses from the table of error codes. Types allow a route
 * only the statuses that it declares.
 */
import type { RouteConfig } from '@hono/zod-openapi'
import type { Context, TypedResponse } from 'hono'
import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'
import { type ErrorBody, type ErrorCode, ERRORS } from '../../contract/errors.ts'
import type { ErrorResult } from '../../domain/result.ts'
import type { ApiEnv } from '../apiEnv.ts'

/** Hono's types do not have 460, the status of tus for a wrong checksum. */
type Status<Code extends ErrorCode> = Extract<(typeof ERRORS)[Code]['status'], StatusCode>
/** A response for each code, so that a union of codes keeps the status of each. */
type TypedErrorResponse<Code extends ErrorCode> = Code extends ErrorCode
  ? TypedResponse<CodedBody<Code>, Status<Code>, 'json'> & Response
  : never

/**
 * Responds with an error result.
 *
 * @param fields are added to the body
 */
export function errorResponse<Code extends ErrorCode>(
  c: Context,
  { code, message }: ErrorResult<Code>,
  fields: object = {},
): TypedErrorResponse<Code> {
  const error = ERRORS[code]
  const response = c.json(
    { ...createErrorBody(c, code, message), ...fields },
    error.status as ContentfulStatusCode,
  )
  if ('retryAfterSeconds' in error && !response.headers.has('Retry-After')) {
    response.headers.set('Retry-After', String(error.retryAfterSeconds))
  }
  return response as unknown as TypedErrorResponse<Code>
}

/** The JSON body of an error, for responses that add fields of their own. */
export function createErrorBody<Code extends ErrorCode>(c: Context, code: Code, message: string) {
  const requestId = (c as Context<ApiEnv>).get('requestId')
  return { error: ERRORS[code].label, message, code, requestId }
}

const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is not valid, or the current state does not allow it. See the message.',
  401: 'The API key, stream token or runner token is missing or not valid',
  403: 'The API key or the signed URL does not allow this',
  404: 'Not found',
  409: 'Conflicts with the current state',
  411: 'Content-Length is missing or not a number',
  412: 'A condition such as If-Match or the version of a protocol is not met, or the source of an attempt was replaced or deleted',
  413: 'The request is too large, or exceeds what is left of the API key’s storage quota',
  415: 'The file is empty, or its name, content or Content-Type is not accepted',
  416: 'The range selects no byte of the file',
  422: 'The job for this variant failed',
  423: 'Another request is changing the resource; try again in some seconds',
  429: 'Too many requests, pending jobs or open event streams; see Retry-After',
  460: 'The body does not have the checksum of the request (tus)',
  500: 'Internal error',
  501: 'This service has the feature off; the message names the setting',
  503: 'The service is not configured correctly, or the resource is not ready yet',
  507: 'The disk or the database of the service is full',
}

const retryAfter = {
  'Retry-After': {
    description: 'Seconds after which the request can be sent again',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
} as const

/** Body of an error response whose code is one of `Code`. */
type CodedBody<Code extends ErrorCode> = Omit<ErrorBody, 'code'> & { code: Code }
type CodesOf<Each extends number, Code extends ErrorCode> = Code extends ErrorCode
  ? Status<Code> extends Each
    ? Code
    : never
  : never
type ErrorResponses<Code extends ErrorCode> = {
  [Each in Status<Code>]: {
    description: string
    content: {
      'application/json': {
        schema: z.ZodType<CodedBody<CodesOf<Each, Code>>, CodedBody<CodesOf<Each, Code>>>
      }
    }
  }
}

/** Declares error responses of a route by their codes. Codes with the same status share a response. */
export function errors<Code extends ErrorCode>(...codes: Code[]): ErrorResponses<Code> {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  const responses = [...byStatus].map(([status, list]) => [status, declareError(status, list)])
  return Object.fromEntries(responses) as ErrorResponses<Code>
}

const ERROR_SCHEMA = { $ref: '#/components/schemas/Error' }
/** The codes of the responses that `declareError` has returned. */
const codesOf = new WeakMap<object, readonly ErrorCode[]>()

function declareError(status: number, codes: ErrorCode[]) {
  const properties = { code: { type: 'string' as const, enum: codes } }
  const narrowed = { type: 'object' as const, properties, required: ['code'] }
  const response = {
    description: DESCRIPTIONS[status]!,
    ...(status === 429 && { headers: retryAfter }),
    content: { 'application/json': { schema: { allOf: [ERROR_SCHEMA, narrowed] } } },
  }
  codesOf.set(response, codes)
  return response
}

/** Merges responses. Error responses with the same status get the codes of all. */
export function mergeErrors(...declared: (RouteConfig['responses'] | undefined)[]) {
  const merged: RouteConfig['responses'] = {}
  for (const responses of declared) {
    for (const [status, response] of Object.entries(responses ?? {})) {
      const earlier = codesOf.get(merged[status] ?? {})
      const added = codesOf.get(response)
      merged[status] =
        earlier && added
          ? declareError(Number(status), [...new Set([...earlier, ...added])])
          : response
    }
  }
  return merged
}

/** Declares a JSON response. */
export function json<Schema>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}
