/**
 * What a runner and the gateway say to each other, as JSON over HTTP under `/runner`.
 *
 * - `fence` goes out with a claim and comes back with everything that the runner says about the
 *   job. It grows with every claim of that job and is never used twice, so what a runner says
 *   after its lease has gone to another is refused with 409 `lease_lost`, and changes nothing.
 * - `Runner-Secret` is a header of every call: 128 random bits that a runner makes up when it starts
 *   and tells nobody else. A claim is bound to it, so another runner, which has the same token and can
 *   guess the fence, is answered as one whose lease is lost.
 * - `attempt` is for people: it grows only when a try counts.
 *
 * | call                                                     | answer                       |
 * |----------------------------------------------------------|------------------------------|
 * | `POST /runner/claim` claimRequest                        | 200 assignment, 204 no work  |
 * | `GET  /runner/jobs/{id}/source?fence=` with `Range`      | 206 bytes of the original    |
 * | `POST /runner/jobs/{id}/report` report                   | 200 reportAnswer             |
 * | `POST /runner/jobs/{id}/output` outputRequest            | 200 outputAnswer             |
 * | `PUT  /runner/jobs/{id}/output/{part}?fence=&uploadId=`  | 200 uploadedPart             |
 * | `PUT  /runner/jobs/{id}/files/{name}?fence=`             | 200 storedPackageFile        |
 * | `POST /runner/jobs/{id}/finish` finish                   | 200 finishAnswer             |
 *
 * Any of them may answer 409 `lease_lost`: drop the work and claim again. 412 `source_changed`
 * from `source`: the original was replaced; finish with outcome `released`. All of them may be sent
 * again after a lost answer; `claim` then says so, since it would take a second job otherwise.
 *
 * `source` takes `&reference=n` for the n-th of the assignment's references. A package (a stream, a
 * storyboard) is stored file by file under `files/{name}`, each whole in one request; one that is sent
 * again under the same name takes the place of the one before, as a playlist does that grows.
 *
 * Bytes are checked both ways by `Content-Digest: sha-256=:…:` (RFC 9530). The gateway sends one with
 * every range of the source of up to 8 MiB; the runner sends one with every part, and a part that does
 * not match it is refused with 400 `digest_mismatch` and sent again.
 */
import { z } from 'zod'
import { failureCode } from './failureCode.ts'
import { mediaFacts } from './mediaFacts.ts'
import { queueName } from './queue.ts'
import { rendition } from './rendition.ts'

/**
 * Raised when the meaning of a message changes; the gateway accepts those from OLDEST_PROTOCOL on, and a
 * runner that is refused falls back to the one before. Version 2 brought the digests, and `encoders`
 * and `hwaccels` in a claim; version 3 renditions of all kinds, references and packages, and the
 * secret of a runner.
 */
export const PROTOCOL_VERSION = 3
/**
 * An older runner would read a rendition of today, drop the fields that it does not know, and make
 * another variant than was asked for; so it gets none.
 */
export const MIN_PROTOCOL_VERSION = 3

export const RUNNER_SECRET_HEADER = 'Runner-Secret'
/** 128 bits as base64url are 22 characters. */
export const runnerSecret = z.string().regex(/^[A-Za-z0-9_-]{22,128}$/)

/** `analyse`: passes that measure and make nothing, such as that for loudness. */
export const STAGES = ['probe', 'analyse', 'encode', 'verify', 'upload'] as const
export const stage = z.enum(STAGES)
export type Stage = z.infer<typeof stage>

const fence = z.int().positive()
/** The last lines of ffmpeg's stderr, for the attempt's record. */
const stderrTail = z.string().max(8_000)
const command = z.string().max(8_000)

export const claimRequest = z.object({
  protocol: z.int().positive(),
  runner: z.object({
    id: z.string().min(1).max(100).describe('Unique to this process, e.g. "laptop-4f2a"'),
    cpus: z.number().positive().optional(),
    memoryBytes: z.int().positive().optional(),
    diskBytes: z
      .int()
      .nonnegative()
      .optional()
      .describe('Free for one job; larger sources are left'),
    encoders: z
      .array(z.string().max(64))
      .max(500)
      .optional()
      .describe('Of ffmpeg, by its names; jobs that need others are left. Not given: it has all'),
    hwaccels: z.array(z.string().max(64)).max(50).optional().describe('Of ffmpeg, by its names'),
  }),
  queues: z.array(queueName).min(1).max(10).describe('In the order of preference'),
  waitSeconds: z.number().min(0).max(20).describe('How long the gateway may hold an empty answer'),
  again: z
    .boolean()
    .optional()
    .describe('The answer to the claim before was lost: what it gave is given again'),
})
export type ClaimRequest = z.infer<typeof claimRequest>

const storedFile = z.object({ sizeBytes: z.int().nonnegative(), etag: z.string() })

export const assignment = z.object({
  jobId: z.string(),
  queue: queueName,
  fence,
  attempt: z.int().positive(),
  filePath: z.string(),
  rendition,
  source: storedFile,
  references: z
    .array(storedFile)
    .default([])
    .describe('What `referencesOf` the rendition names, in its order'),
  leaseSeconds: z.number().positive(),
  stallSeconds: z.number().positive().describe('ffmpeg without progress for this long is stalled'),
  timeoutSeconds: z.number().positive().describe('An attempt longer than this is a timeout'),
})
export type Assignment = z.infer<typeof assignment>

export const timings = z
  .partialRecord(stage, z.number().nonnegative())
  .describe('Milliseconds spent in each stage')
export type Timings = z.infer<typeof timings>

const streamPlan = z.object({
  action: z.enum(['copy', 'encode', 'drop']),
  reason: z.string().max(500).describe('Why, in a sentence'),
})

export const plan = z.object({
  mode: z
    .enum(['remux', 'encode', 'frame', 'package', 'probe'])
    .describe('remux: every stream is copied; frame: a picture; package: several files'),
  reason: z.string().max(500).describe('Why this mode, in a sentence'),
  video: streamPlan.nullable().default(null).describe('null: the source has none'),
  audio: streamPlan.nullable().default(null).describe('null: the source has none'),
  notes: z
    .array(z.string().max(500))
    .max(20)
    .default([])
    .describe('What is worth knowing, such as an output that is larger than its source'),
})
export type Plan = z.infer<typeof plan>

const findings = { input: mediaFacts.optional(), plan: plan.optional() }

/** Sent about once a second while a job is worked on, whether or not progress moved. */
export const report = z.object({
  fence,
  progress: z.number().min(0).max(100),
  stage,
  etaSeconds: z.number().nonnegative().nullable(),
  fps: z.number().nonnegative().nullable().default(null).describe('Frames made a second of late'),
  speed: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('Seconds of media a second of late'),
  playable: z
    .boolean()
    .default(false)
    .describe('The package can be played as far as it goes: its playlists name what is stored'),
  ...findings,
})
export type Report = z.infer<typeof report>

export const reportAnswer = z.object({ leaseExpiresAt: z.iso.datetime() })

/** Also counts as a report, so that a job too short for one a second shows how it moves on. */
export const outputRequest = report.extend({ sizeBytes: z.int().positive() })
export type OutputRequest = z.infer<typeof outputRequest>
export const outputAnswer = z.object({
  uploadId: z.string(),
  partSizeBytes: z.int().positive().describe('Every part has this size but the last'),
})
export const uploadedPart = z.object({ partNumber: z.int().min(1).max(10_000), etag: z.string() })
export type UploadedPart = z.infer<typeof uploadedPart>

/** Names of a package's files: flat, so that playlists name them without a folder. */
export const packageFileName = z.string().regex(/^[a-z0-9_]{1,48}\.[a-z0-9]{2,4}$/)
/** A request's body ends at 100 MB on the smaller plans. */
export const MAX_PACKAGE_FILE_BYTES = 95 * 1000 * 1000
export const storedPackageFile = z.object({ etag: z.string() })

const attemptRecord = { fence, stderrTail, command, timings, ...findings }

export const finish = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('completed'),
    ...attemptRecord,
    uploadId: z.string(),
    parts: z.array(uploadedPart).min(1).max(10_000),
    output: mediaFacts,
  }),
  z.object({
    outcome: z.literal('packaged').describe('All the files of a package are stored'),
    ...attemptRecord,
    files: z.int().min(1),
    sizeBytes: z.int().positive().describe('Of all of them together'),
    output: mediaFacts,
  }),
  z.object({
    outcome: z.literal('failed'),
    ...attemptRecord,
    errorCode: failureCode,
    message: z
      .string()
      .min(1)
      .max(1_000)
      .describe('What went wrong, for the person who sent the file'),
  }),
  z.object({
    outcome: z.literal('released'),
    fence,
    reason: z.string().max(500).describe('e.g. "runner is shutting down"'),
  }),
])
export type Finish = z.infer<typeof finish>

export const finishAnswer = z.object({ status: z.enum(['completed', 'error', 'pending']) })
