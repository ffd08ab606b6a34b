/**
 * The Hono environment of every HTTP app: bindings of the Worker, and values that middleware sets.
 */
import type { Caller } from '../domain/caller.ts'
import type { WorkerPlatform } from '../platform/platform.ts'

export interface ApiEnv {
  Bindings: Env
  /**
   * `createBaseApp` sets `requestId` and `platform`. The middleware of `requiresScope` and
   * `openToVisitors` sets `caller`; without it, `caller` is undefined.
   */
  Variables: {
    requestId: string
    caller: Caller
    platform: WorkerPlatform
    /** The origins whose pages may show the response in a frame. Set by pages for frames only. */
    frameAncestors?: string
  }
}
