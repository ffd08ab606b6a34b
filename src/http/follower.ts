/** Who follows: the holder of a stream token, of a key, or a visitor. */
import type { Context } from 'hono'
import { ROOT } from '../domain/access.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { readPublic, readSigningKeys } from '../env.ts'
import type { Within } from '../jobs/follow.ts'
import { callerById } from '../jobs/keys.ts'
import { type ApiEnv, platformOf } from './api.ts'
import { lacking } from './access.ts'
import { readToken } from './streamToken.ts'

interface Follower {
  ok: true
  within: Within
  keyId: string | null
  maxStreams: number | null
  until: number | null
}
type Outcome = Follower | Refusal<'unauthorized' | 'forbidden'>

export async function followerOf(
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
  const lack = lacking(caller, 'events:read')
  const { events: open } = readPublic(c.env)
  if (!lack || open === 'open') {
    return follower
  }
  if (open === 'named' && (asked.jobId !== undefined || asked.filePath !== undefined)) {
    return follower
  }
  const named = open === 'named' ? 'name a job or file (?jobId= or ?filePath=), ' : ''
  return refuse(
    lack.code,
    `To follow, ${named}show a key with the scope events:read, or a token from POST /queue/events/token.`,
  )
}

async function holderOf(c: Context<ApiEnv>, token: string): Promise<Outcome> {
  const read = await readToken(readSigningKeys(c.env), token)
  if (!read.ok) {
    return read
  }
  const { keyId, until, ...within } = read.grant
  if (keyId === 'root') {
    return { ok: true, within, keyId, maxStreams: ROOT.maxStreams, until }
  }
  const minter = await callerById(platformOf(c), keyId)
  if (!minter.ok) {
    return refuse(
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
