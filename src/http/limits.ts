/** How often a caller may come, by class of route. The limits themselves are in `wrangler.toml`. */
import type { Context } from 'hono'
import type { Caller } from '../domain/access.ts'
import { refuse } from '../domain/refusal.ts'
import type { ApiEnv } from './api.ts'

/** Each class is a binding, and how long its period is in seconds: by then there is room again. */
const PERIODS = { READS: 10, WRITES: 10, UPLOADS: 10, NEW_VARIANTS: 60 } as const
export type LimitClass = keyof typeof PERIODS

/** Who is counted: the key, or for visitors the client's address. */
export const clientOf = (c: Context<ApiEnv>, { keyId }: Caller) =>
  keyId ?? `client:${c.req.header('CF-Connecting-IP') ?? 'unknown'}`

/** Refuses a request that is one too many, and says when to come again. */
export async function withinLimit(c: Context<ApiEnv>, limit: LimitClass, caller: Caller) {
  const { success } = await c.env[limit].limit({ key: clientOf(c, caller) })
  if (success) return { ok: true as const }
  c.header('Retry-After', String(PERIODS[limit]))
  return refuse(
    'rate_limited',
    `Too many requests of this kind. Come again in ${PERIODS[limit]} s.`,
  )
}
