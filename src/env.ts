/** What the Worker is deployed with: the bindings of `wrangler.toml`, and its secrets. */
import { z } from 'zod'
import type { QueueHub } from './hub/QueueHub.ts'
import type { Ticket } from './queue/tickets.ts'

const days = z.coerce.number().min(1).max(3_650)

/** Reads the settings that are not bindings; a bad one is named. */
export function readRetention(env: Env) {
  return z
    .object({
      JOB_RETENTION_DAYS: days,
      EVENT_RETENTION_DAYS: days,
      UPLOAD_RETENTION_DAYS: days,
    })
    .transform((vars) => ({
      jobDays: vars.JOB_RETENTION_DAYS,
      eventDays: vars.EVENT_RETENTION_DAYS,
      uploadDays: vars.UPLOAD_RETENTION_DAYS,
    }))
    .parse(env)
}

export interface Env {
  DB: D1Database
  ORIGINALS: R2Bucket
  VARIANTS: R2Bucket
  TICKETS: Queue<Ticket>
  HUBS: DurableObjectNamespace<QueueHub>
  /** The key of the API's callers. Unset: the routes that need it answer 503 and say so. */
  API_KEY?: string
  /** How long finished jobs are kept, in days. */
  JOB_RETENTION_DAYS: string
  /** How long events are kept for clients that come back, in days. */
  EVENT_RETENTION_DAYS: string
  /** How long an upload in parts may take, in days. */
  UPLOAD_RETENTION_DAYS: string
  /** What a runner outside of the account shows. Unset: there are no such runners. */
  RUNNER_TOKEN?: string
}
