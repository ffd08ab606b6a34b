/**
 * The Hono environment of every HTTP app: bindings of the Worker, and values that middleware sets.
 */
import type { Caller } from '../domain/caller.ts'
import type { WorkerPlatform } from '../platform/platform.ts'

export interface ApiEnv {
  Bindings: Env
  /** `caller` is set by the middleware of the route, the others by `createBaseApp`. */
  Variables: { requestId: string; caller: Caller; platform: WorkerPlatform }
}
