/** What the Worker is deployed with: the bindings of `wrangler.toml`, and its secrets. */
import { z } from 'zod'
import type { QueueHub } from './hub/QueueHub.ts'
import type { Ticket } from './queue/tickets.ts'
import type { RunnerSlot } from './runners/RunnerSlot.ts'

/** A setting that is not valid. Its message names it and what it takes, and never what it was. */
export class BadSetting extends Error {
  override name = 'BadSetting'
}

function read<Out>(schema: z.ZodType<Out>, value: unknown, name?: string): Out {
  const { success, data, error } = schema.safeParse(value)
  if (success) {
    return data
  }
  const { path, message } = error.issues[0]!
  throw new BadSetting(`${name ?? path[0]?.toString()}: ${message}`)
}

const days = z.coerce.number().min(1).max(3_650)

/** Reads the settings that are not bindings; a bad one is named. */
export function readRetention(env: Env) {
  const vars = read(retention, env)
  return {
    jobDays: vars.JOB_RETENTION_DAYS,
    eventDays: vars.EVENT_RETENTION_DAYS,
    uploadDays: vars.UPLOAD_RETENTION_DAYS,
  }
}
const retention = z.object({
  JOB_RETENTION_DAYS: days,
  EVENT_RETENTION_DAYS: days,
  UPLOAD_RETENTION_DAYS: days,
})

const slots = z.object({
  RUNNER_SLOTS: z.coerce.number().int().min(0).max(1_000),
  RUNNER_DISK_BYTES: z.coerce.number().int().positive(),
  RUNNER_IDLE_SECONDS: z.coerce.number().min(1).max(3_600),
  CONTAINER_GATEWAY_URL: z.url().optional(),
  RUNNER_TOKEN: z.string().optional(),
})

/** Reads what there is of containers. */
export function readSlots(env: Env) {
  const vars = read(slots, env)
  const { CONTAINER_GATEWAY_URL: url, RUNNER_TOKEN: token } = vars
  return {
    count: vars.RUNNER_SLOTS,
    diskBytes: vars.RUNNER_DISK_BYTES,
    idleSeconds: vars.RUNNER_IDLE_SECONDS,
    /** For an engine that does not intercept. Elsewhere a container gets no token. */
    gateway: url !== undefined && token !== undefined ? { url, token } : null,
  }
}

const origins = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((origin) => origin !== ''))
  .pipe(
    z.array(
      z
        .string()
        .refine(
          (text) => URL.canParse(text) && new URL(text).origin === text,
          'CORS_ORIGINS takes origins such as https://app.example.com, with commas between',
        ),
    ),
  )

const open = z.object({
  PUBLIC_EVENTS: z.enum(['off', 'named', 'open']).default('named'),
  PUBLIC_STATUS: z.enum(['off', 'named']).default('named'),
  PUBLIC_VARIANTS: z.enum(['off', 'ready', 'open']).default('open'),
  CORS_ORIGINS: origins,
})

/** Reads what is open to visitors without a key, and to which origins' scripts. */
export function readPublic(env: Env) {
  const vars = read(open, env)
  return {
    events: vars.PUBLIC_EVENTS,
    status: vars.PUBLIC_STATUS,
    variants: vars.PUBLIC_VARIANTS,
    origins: vars.CORS_ORIGINS,
  }
}

const signingKeys = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]{1,32}:[^\s,]{32,}(,[A-Za-z0-9_-]{1,32}:[^\s,]{32,})*$/,
    'SIGNING_KEYS takes id:secret, of at least 32 characters, with commas between',
  )
  .transform((text) =>
    text.split(',').map((entry) => {
      const colon = entry.indexOf(':')
      return { id: entry.slice(0, colon), secret: entry.slice(colon + 1) }
    }),
  )

/**
 * The secrets that tokens and URLs are signed with: the first signs, all are good for checking. With
 * none set it is the API key, so that signing works at once; to change that one then ends what it signed.
 */
export function readSigningKeys(env: Env): { id: string; secret: string }[] {
  if (env.SIGNING_KEYS) {
    return read(signingKeys, env.SIGNING_KEYS, 'SIGNING_KEYS')
  }
  return env.API_KEY ? [{ id: 'api-key', secret: env.API_KEY }] : []
}

/** Throws a BadSetting for the first that is not valid, though nothing may need it yet. */
export function checkSettings(env: Env): void {
  for (const each of [readPublic, readSlots, readRetention, readSigningKeys]) {
    each(env)
  }
}

export interface Env {
  DB: D1Database
  ORIGINALS: R2Bucket
  VARIANTS: R2Bucket
  TICKETS: Queue<Ticket>
  HUBS: DurableObjectNamespace<QueueHub>
  SLOTS: DurableObjectNamespace<RunnerSlot>
  /** The first API key, which may do everything. Unset: the routes that need a key say so with a 503. */
  API_KEY?: string
  /** `id:secret,id2:secret2`, for stream tokens and signed URLs. Unset: derived from API_KEY. */
  SIGNING_KEYS?: string
  /** What visitors may follow: nothing, a job or file that they can name, everything. */
  PUBLIC_EVENTS?: string
  /** Whether visitors may ask for the status of a path that they can name. */
  PUBLIC_STATUS?: string
  /** What visitors get of `/t`: nothing, what is ready, or that and new variants. */
  PUBLIC_VARIANTS?: string
  /** The origins whose scripts may call, with commas between. */
  CORS_ORIGINS?: string
  /** Limits of requests, by class of route. */
  READS: RateLimit
  WRITES: RateLimit
  UPLOADS: RateLimit
  NEW_VARIANTS: RateLimit
  RUNNERS: RateLimit
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
