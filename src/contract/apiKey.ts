/** Who may do what: API keys, their scopes, and what they hand on to browsers. */
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
] as const
export const scope = z.enum(SCOPES)
export type Scope = z.infer<typeof scope>

/** A folder: with its slash at the end, so that `a/` has nothing to do with `ab/`. */
export const pathPrefix = z
  .string()
  .transform((path) => path.replace(/\/$/, ''))
  .pipe(storagePath)
  .transform((path) => `${path}/`)

const time = z.iso.datetime({ precision: 3 })
const cap = z.int().min(1).max(1_000_000)

const bytesCap = z.int().min(1)

const limits = {
  expiresAt: time.nullable().describe('From then on the key is refused; null for never'),
  maxStreams: cap.nullable().describe('Event streams open at once, in each queue; null for any'),
  maxQueuedJobs: cap.nullable().describe('Of its jobs that are pending at once; null for any'),
  maxStoredBytes: bytesCap.nullable().describe('Of the originals that it stores; null for any'),
}

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(scope),
    queue: z.string().nullable().describe('The one queue that it sees; null for all'),
    pathPrefix: z.string().nullable().describe('The one folder that it sees; null for all'),
    ...limits,
    storedBytes: z
      .int()
      .describe(
        'Of the originals that it stored last under their paths, and what is on its way in',
      ),
    disabled: z.boolean(),
    createdAt: time,
    lastUsedAt: time.nullable().describe('To the hour'),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKey>

const keyName = z.string().trim().min(1).max(100)
const future = z.iso
  .datetime()
  .refine((text) => Date.parse(text) > Date.now(), 'a time that is still to come, as ISO 8601')

const settings = {
  expiresAt: future.nullable().optional(),
  maxStreams: cap.nullable().optional(),
  maxQueuedJobs: cap.nullable().optional(),
  maxStoredBytes: bytesCap.nullable().optional(),
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
    const bound = key.queue !== undefined || key.pathPrefix !== undefined
    if (bound && key.scopes.includes('keys:admin')) {
      reject('a key with keys:admin could make itself a wider one, so it cannot be bound')
    }
    if (key.pathPrefix !== undefined && key.scopes.includes('queues:admin')) {
      reject('a queue is shared by all paths, so queues:admin cannot be bound to a pathPrefix')
    }
    if (key.queue !== undefined && !key.pathPrefix && key.scopes.includes('files:write')) {
      reject('files are in no queue: a key bound to one needs a pathPrefix for files:write')
    }
  })
  .meta({ id: 'CreateApiKey' })
export type CreateApiKey = z.infer<typeof createApiKey>

export const changeApiKey = z
  .strictObject({ name: keyName.optional(), disabled: z.boolean().optional(), ...settings })
  .meta({ id: 'ChangeApiKey' })
export type ChangeApiKey = z.infer<typeof changeApiKey>

/** What a stream token lets its holder follow; all that is given has to be met. */
export const createStreamToken = z
  .strictObject({
    queue: queueName.optional().describe('Default: that of the key or the job, else "default"'),
    pathPrefix: pathPrefix.optional(),
    filePath: storagePath.optional(),
    jobId: z.string().max(100).optional(),
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
      path: z.string().describe('As after /t/: w_640/videos/clip.mp4, not percent-encoded'),
      expiresInSeconds,
    }),
    z.strictObject({
      method: z.literal('PUT'),
      path: z.string().describe('As after /files/: videos/clip.mp4, not percent-encoded'),
      expiresInSeconds,
      maxBytes: z.int().min(1).optional().describe('The largest body that is taken'),
      contentType: z
        .string()
        .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, 'a media type such as video/mp4')
        .optional()
        .describe('The Content-Type that has to be sent'),
    }),
  ])
  .meta({ id: 'CreateSignedUrl' })
export type CreateSignedUrl = z.infer<typeof createSignedUrl>

export const signedUrl = z.object({ url: z.string(), expiresAt: time })
