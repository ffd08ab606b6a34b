/** What the Worker is deployed with: the bindings of `wrangler.toml`, and its secrets. */
import { z } from 'zod'
import type { QueueHub } from './hub/QueueHub.ts'
import type { Ticket } from './queue/tickets.ts'
import type { RunnerSlot } from './runners/RunnerSlot.ts'

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

const slots = z.object({
  RUNNER_SLOTS: z.coerce.number().int().min(0).max(1_000),
  RUNNER_DISK_BYTES: z.coerce.number().int().positive(),
  RUNNER_IDLE_SECONDS: z.coerce.number().min(1).max(3_600),
  CONTAINER_GATEWAY_URL: z.url().optional(),
  RUNNER_TOKEN: z.string().optional(),
})

/** Reads what there is of containers. */
export function readSlots(env: Env) {
  const vars = slots.parse(env)
  const { CONTAINER_GATEWAY_URL: url, RUNNER_TOKEN: token } = vars
  return {
    count: vars.RUNNER_SLOTS,
    diskBytes: vars.RUNNER_DISK_BYTES,
    idleSeconds: vars.RUNNER_IDLE_SECONDS,
    /** For an engine that does not intercept. Elsewhere a container gets no token. */
    gateway: url !== undefined && token !== undefined ? { url, token } : null,
  }
}

export interface Env {
  DB: D1Database
  ORIGINALS: R2Bucket
  VARIANTS: R2Bucket
  TICKETS: Queue<Ticket>
  HUBS: DurableObjectNamespace<QueueHub>
  SLOTS: DurableObjectNamespace<RunnerSlot>
  /** The key of the API's callers. Unset: the routes that need it answer 503 and say so. */
  API_KEY?: string
  /** How long finished jobs are kept, in days. */
  JOB_RETENTION_DAYS: string
  /** How long events are kept for clients that come back, in days. */
  EVENT_RETENTION_DAYS: string
  /** How long an upload in parts may take, in days. */
  UPLOAD_RETENTION_DAYS: string
  /** How many slots there are: `slot-0` and on. The same as `max_instances`; 0 for no containers. */
  RUNNER_SLOTS: string
  /** What a job may take of a container's disk. */
  RUNNER_DISK_BYTES: string
  /** How long a runner in a container waits for more work before it ends. */
  RUNNER_IDLE_SECONDS: string
  /** For local engines that do not intercept requests: where containers reach the gateway instead. */
  CONTAINER_GATEWAY_URL?: string
  /** Which container a request comes from. RunnerGateway sets it, and no configuration does. */
  CALLER?: string
  /** What a runner outside of the account shows. Unset: there are no such runners. */
  RUNNER_TOKEN?: string
}
