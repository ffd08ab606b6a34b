/** Decides whether a request may open an event stream, by its stream token or its caller. */
import type { Context } from 'hono'
import { ROOT } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { missingScopeError } from '../services/apiKeys/accessErrors.ts'
import { findCallerById } from '../services/apiKeys/apiKeys.ts'
import type { EventRestriction } from '../services/queues/eventFilter.ts'
import type { ApiEnv } from './apiEnv.ts'
import { readToken } from './streamToken.ts'

export interface EventAccess {
  ok: true
  restriction: EventRestriction
  /** The API key whose open streams are counted; null for visitors. */
  keyId: string | null
  maxStreams: number | null
  /** When the access expires, in milliseconds since the epoch; null for never. */
  expiresAt: number | null
}
type AccessResult = EventAccess | ErrorResult<'unauthorized' | 'forbidden'>

export async function readEventAccess(
  c: Context<ApiEnv>,
  token: string | undefined,
  filter: { jobId?: string | undefined; filePath?: string | undefined },
): Promise<AccessResult> {
  if (token !== undefined) {
    return readTokenAccess(c, token)
  }
  const caller = c.get('caller')
  const { keyId, maxStreams, expiresAt } = caller
  const missing = missingScopeError(caller, 'events:read')
  const { events: publicEvents } = c.get('platform').settings.publicAccess
  const isNamed = filter.jobId !== undefined || filter.filePath !== undefined
  if (!missing || publicEvents === 'open' || (publicEvents === 'named' && isNamed)) {
    return { ok: true, restriction: caller, keyId, maxStreams, expiresAt }
  }
  const alternative =
    publicEvents === 'named' ? 'name a job or a file (?jobId= or ?filePath=), or ' : ''
  return errorResult(
    missing.code,
    `To open an event stream, ${alternative}send an API key with the scope events:read or a token from POST /queue/events/token.`,
  )
}

async function readTokenAccess(c: Context<ApiEnv>, token: string): Promise<AccessResult> {
  const { settings } = c.get('platform')
  const read = await readToken(settings.signingKeys, token)
  if (!read.ok) {
    return read
  }
  const { keyId, until: expiresAt, ...restriction } = read.grant
  if (keyId === 'root') {
    return { ok: true, restriction, keyId, maxStreams: ROOT.maxStreams, expiresAt }
  }
  const found = await findCallerById(c.get('platform'), keyId)
  if (!found.ok) {
    return errorResult(
      'unauthorized',
      'The API key that created this token was deleted, is disabled or has expired.',
    )
  }
  const { maxStreams, expiresAt: keyExpiresAt } = found.caller
  return {
    ok: true,
    restriction,
    keyId,
    maxStreams,
    expiresAt: Math.min(expiresAt, keyExpiresAt ?? expiresAt),
  }
}
