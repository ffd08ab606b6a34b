/** Errors for callers whose scopes or restriction do not allow a request. */
import { shorten } from '../../contract/quote.ts'
import type { Scope } from '../../contract/apiKey.ts'
import type { Caller, Restriction } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'

export const HOW_TO_SEND_A_KEY = 'Send it as "Authorization: Bearer <key>".'

/** The error for a caller that has none of these scopes; null when it has one. */
export function missingScopeError({ keyId, scopes }: Caller, ...wanted: Scope[]) {
  if (wanted.some((scope) => scopes.includes(scope))) {
    return null
  }
  return keyId === null
    ? errorResult('unauthorized', `This request needs an API key. ${HOW_TO_SEND_A_KEY}`)
    : errorResult(
        'forbidden',
        `This request needs an API key with the scope ${wanted.join(' or ')}. This key has: ${scopes.join(', ')}.`,
      )
}

/** The error for a path outside of the folder that the caller is restricted to. */
export function folderError({ pathPrefix }: Restriction) {
  return errorResult(
    'forbidden',
    `This key is restricted to the folder ${shorten(pathPrefix ?? '')}.`,
  )
}
