/** Who follows: the holder of a stream token, of a key, or a visitor. */
import type { Context } from 'hono'
import { ROOT } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import type { EventRestriction } from '../services/queues/eventFilter.ts'
import { callerById } from '../services/apiKeys/apiKeys.ts'
import { type ApiEnv } from './router.ts'
import { missingScopeError } from './middleware/authenticate.ts'
import { readToken } from './streamToken.ts'

interface Follower {
  ok: true
  within: EventRestriction
  keyId: string | null
  maxStreams: number | null
  until: number | null
}
type Outcome = Follower | ErrorResult<'unauthorized' | 'forbidden'>

export async function eventAccessOf(
  c: Context<ApiEnv>,
  token: string | undefined,
  asked: { jobId?: string | undefined; filePath?: string | undefined },
): Promise<Outcome> {
  if (token !== undefined) {
    return holderOf(c, token)
  }
  const caller = c.get('caller')
  const { keyId, maxStreams, until } = caller
  const follower = { ok: true as const, within: caller, keyId, maxStreams, until }
  const lack = missingScopeError(caller, 'events:read')
  const { events: open } = c.get('platform').settings.publicAccess
  if (!lack || open === 'open') {
    return follower
  }
  if (open === 'named' && (asked.jobId !== undefined || asked.filePath !== undefined)) {
    return follower
  }
  const named = open === 'named' ? 'name a job or file (?jobId= or ?filePath=), ' : ''
  return errorResult(
    lack.code,
    `To follow, ${named}show a key with the scope events:read, or a token from POST /queue/events/token.`,
  )
}

async function holderOf(c: Context<ApiEnv>, token: string): Promise<Outcome> {
  const read = await readToken(c.get('platform').settings.signingKeys, token)
  if (!read.ok) {
    return read
  }
  const { keyId, until, ...within } = read.grant
  if (keyId === 'root') {
    return { ok: true, within, keyId, maxStreams: ROOT.maxStreams, until }
  }
  const minter = await callerById(c.get('platform'), keyId)
  if (!minter.ok) {
    return errorResult(
      'unauthorized',
      'The key that minted this token was deleted, disabled or has expired.',
    )
  }
  const { maxStreams } = minter.caller
  return {
    ok: true,
    within,
    keyId,
    maxStreams,
    until: Math.min(until, minter.caller.until ?? until),
  }
}
