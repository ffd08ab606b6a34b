/**
 * Rate limits that are counted in memory, for the Worker under `npm start`, which has one isolate.
 * Those of Miniflare write each request to a database on the disk, and respond when it is stored.
 * bundle.ts puts this module next to the bundle, and workerHost.ts has the Worker use it.
 */
import type { ExportedHandler, RateLimit } from '@cloudflare/workers-types'

/** The rate limits of wrangler.toml by the names of their bindings. */
export type RateLimits = Record<string, { simple: { limit: number; period?: number } }>

/** Replaces the bindings of rate limits for the requests of a Worker. */
export function countInMemory<Env extends object>(
  worker: ExportedHandler<Env>,
  limits: RateLimits,
): ExportedHandler<Env> {
  const bindings = Object.fromEntries(
    Object.entries(limits).map(([name, { simple }]) => [name, createRateLimit(simple)]),
  )
  let changedEnv: Env | undefined
  return {
    ...worker,
    fetch(request, env, ctx) {
      changedEnv ??= { ...env, ...bindings }
      return worker.fetch!(request, changedEnv, ctx)
    },
  }
}

const DEFAULT_PERIOD_SECONDS = 60

/** Counts the requests of each key in periods that begin at fixed times, as Miniflare does. */
export function createRateLimit({
  limit,
  period = DEFAULT_PERIOD_SECONDS,
}: {
  limit: number
  period?: number
}): RateLimit {
  const counts = new Map<string, number>()
  let current = 0
  return {
    async limit({ key }) {
      const now = Math.floor(Date.now() / (period * 1000))
      if (now !== current) {
        current = now
        counts.clear()
      }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return { success: count <= limit }
    },
  }
}
