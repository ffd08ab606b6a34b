/** Error answers: one shape, from one table, and typed so that a route can only give what it declares. */
import type { Context, TypedResponse } from 'hono'
import { type ErrorBody, errorBody, type ErrorCode, ERRORS } from '../contract/errors.ts'
import type { Caller } from '../domain/access.ts'

export interface AppEnv {
  /** `caller` is there once a route's middleware has let the request through. */
  Variables: { requestId: string; caller: Caller }
}

type Status<Code extends ErrorCode> = (typeof ERRORS)[Code]['status']
type Problem<Code extends ErrorCode> = Code extends ErrorCode
  ? TypedResponse<ErrorBody, Status<Code>, 'json'> & Response
  : never

/** Answers with an error; `message` says what is wrong and what would be right. */
export function problem<Code extends ErrorCode>(
  c: Context,
  code: Code,
  message: string,
): Problem<Code> {
  const { status, label } = ERRORS[code]
  const body: ErrorBody = {
    error: label,
    message,
    code,
    requestId: (c as Context<AppEnv>).get('requestId'),
  }
  return c.json(body, status) as unknown as Problem<Code>
}

const MEANING: Record<number, string> = {
  400: 'The request is not valid; the message says what would be',
  401: 'The API key is missing or wrong',
  403: 'The API key may not do this',
  404: 'There is no such thing',
  409: 'It is at odds with what is there',
  411: 'The length must be told beforehand',
  412: 'The original was replaced meanwhile',
  413: 'It is larger than one request may be, or than what is left of what the key may store',
  415: 'The content is not what the name says',
  416: 'The range lies outside of the file',
  422: 'The job for this variant failed',
  429: 'Too many requests, or more than the key may have at once; see Retry-After',
  500: 'Something went wrong in the service',
  503: 'The service is not configured rightly, or what is asked for is not ready yet',
}

/** Declares error responses of a route by their status. */
export function errors<Codes extends number>(...statuses: Codes[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: MEANING[status]!, content: { 'application/json': { schema: errorBody } } },
    ]),
  ) as unknown as {
    [Code in Codes]: {
      description: string
      content: { 'application/json': { schema: typeof errorBody } }
    }
  }
}

/** Declares a JSON response. */
export function json<Schema>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}
