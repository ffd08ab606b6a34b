/** API keys and their scopes, and the stream tokens and signed URLs that are made with them. */
import { z } from 'zod'
import { queueName } from './queue.ts'
import { storagePath } from './storagePath.ts'

export const SCOPES = [
  'jobs:read',
  'jobs:write',
  'files:write',
  'events:read',
  'queues:admin',
  'keys:admin',
  'metrics:read',
  'webhooks:read',
  'webhooks:write',
  'rules:write',
] as const
export const scope = z.enum(SCOPES)
export type Scope = z.infer<typeof scope>

/** A folder. The result of parsing ends in a slash, so that `a/` does not include `ab/`. */
export const pathPrefix = z
  .string()
  .transform((path) => path.replace(/\/$/, ''))
  .pipe(storagePath)
  .transform((path) => `${path}/`)

const time = z.iso.datetime({ precision: 3 })
const maxCount = z.int().min(1).max(1_000_000)
const maxBytes = z.int().min(1)

const limits = {
  expiresAt: time.nullable().describe('Time from which the key is rejected; null for never'),
  maxStreams: maxCount
    .nullable()
    .describe('Maximum number of open event streams; null for no limit'),
  maxQueuedJobs: maxCount
    .nullable()
    .describe('Maximum number of pending jobs that the key has created; null for no limit'),
  maxStoredBytes: maxBytes
    .nullable()
    .describe('Storage quota: maximum of storedBytes; null for no limit'),
}

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(scope),
    queue: z.string().nullable().describe('The only queue that the key can see; null for all'),
    pathPrefix: z
      .string()
      .nullable()
      .describe('The only folder that the key can see; null for all'),
    ...limits,
    storedBytes: z
      .int()
      .describe(
        'Total size in bytes of the originals whose present content this key stored, and of its uploads in progress',
      ),
    disabled: z.boolean(),
    createdAt: time,
    lastUsedAt: time.nullable().describe('Time of the last use; updated at most once an hour'),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKey>

const keyName = z.string().trim().min(1).max(100)
const future = z.iso
  .datetime()
  .refine((text) => Date.parse(text) > Date.now(), 'The time must be in the future, in ISO 8601.')

const settings = {
  expiresAt: future.nullable().optional(),
  maxStreams: maxCount.nullable().optional(),
  maxQueuedJobs: maxCount.nullable().optional(),
  maxStoredBytes: maxBytes.nullable().optional(),
}

export const createApiKey = z
  .strictObject({
    name: keyName,
    scopes: z.array(scope).min(1),
    queue: queueName.optional(),
    pathPrefix: pathPrefix.optional(),
    ...settings,
  })
  .superRefine((key, context) => {
    const reject = (message: string) =>
      context.addIssue({ code: 'custom', path: ['scopes'], message })
    const isRestricted = key.queue !== undefined || key.pathPrefix !== undefined
    if (isRestricted && key.scopes.includes('keys:admin')) {
      reject(
        'A key with keys:admin could create a key without restriction: remove keys:admin, or queue and pathPrefix.',
      )
    }
    if (key.pathPrefix !== undefined && key.scopes.includes('queues:admin')) {
      reject('A queue is shared by all paths: remove queues:admin or pathPrefix.')
    }
    if (key.pathPrefix !== undefined && key.scopes.includes('metrics:read')) {
      reject('Metrics count the jobs of all paths: remove metrics:read or pathPrefix.')
    }
    if (key.queue !== undefined && !key.pathPrefix && key.scopes.includes('files:write')) {
      reject('Files belong to no queue: a key with queue and files:write requires pathPrefix.')
    }
  })
  .meta({ id: 'CreateApiKey' })
export type CreateApiKey = z.infer<typeof createApiKey>

export const changeApiKey = z
  .strictObject({ name: keyName.optional(), disabled: z.boolean().optional(), ...settings })
  .meta({ id: 'ChangeApiKey' })
export type ChangeApiKey = z.infer<typeof changeApiKey>

/**
 * Request for a stream token. The token gives access to the events that match all of `queue`,
 * `pathPrefix`, `filePath` and `jobId` that are set.
 */
export const createStreamToken = z
  .strictObject({
    queue: queueName
      .optional()
      .describe('Default: the queue of the key or the job, otherwise all queues'),
    pathPrefix: pathPrefix.optional(),
    filePath: storagePath.optional(),
    jobId: z.string().optional(),
    expiresInSeconds: z.int().min(1).max(3_600).default(600),
  })
  .meta({ id: 'CreateStreamToken' })

export const streamToken = z.object({
  token: z.string().describe('For GET /queue/events?token='),
  url: z.string(),
  expiresAt: time,
})

const WEEK_SECONDS = 604_800
const expiresInSeconds = z.int().min(1).max(WEEK_SECONDS).default(3_600)

export const createSignedUrl = z
  .discriminatedUnion('method', [
    z.strictObject({
      method: z.literal('GET'),
      path: z.string().describe('The path after /t/, not percent-encoded: w_640/videos/clip.mp4'),
      expiresInSeconds,
    }),
    z.strictObject({
      method: z.literal('PUT'),
      path: z.string().describe('The path after /files/, not percent-encoded: videos/clip.mp4'),
      expiresInSeconds,
      maxBytes: z.int().min(1).optional().describe('Maximum size of the body in bytes'),
      contentType: z
        .string()
        .regex(
          /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/,
          'A Content-Type is a media type such as video/mp4.',
        )
        .optional()
        .describe('The Content-Type that the request must have'),
    }),
  ])
  .meta({ id: 'CreateSignedUrl' })
export type CreateSignedUrl = z.infer<typeof createSignedUrl>

export const signedUrl = z.object({ url: z.string(), expiresAt: time })
