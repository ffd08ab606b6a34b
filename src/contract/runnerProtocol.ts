/**
 * The protocol between runners and the gateway: JSON over HTTP under `/runner`.
 *
 * - `fence` comes with a claim, and the runner sends it with every request about that job. It grows
 *   with every claim of the job. A request with a stale fence, or about a job that no longer runs,
 *   is rejected with 409 `lease_lost`. A repeated `finish` is not rejected: it returns the status
 *   of the job.
 * - `Runner-Secret` is a header of every request: 128 random bits that a runner generates when it
 *   starts. A claim is bound to it. Another runner with the same token, even if it guesses the
 *   fence, gets 409 `lease_lost`.
 * - `attempt` is the number of the attempt that users see. Interrupted attempts do not count.
 *
 * | request                                                  | response                     |
 * |----------------------------------------------------------|------------------------------|
 * | `POST /runner/claim` claimRequest                        | 200 assignment, 204 no job   |
 * | `GET  /runner/jobs/{id}/source?fence=` with `Range`      | 206 a range of the file      |
 * | `POST /runner/jobs/{id}/report` report                   | 200 reportResponse           |
 * | `POST /runner/jobs/{id}/output` outputRequest            | 200 outputResponse           |
 * | `PUT  /runner/jobs/{id}/output/{part}?fence=&uploadId=`  | 200 uploadedPart             |
 * | `PUT  /runner/jobs/{id}/files/{name}?fence=`             | 200 storedPackageFile        |
 * | `GET  /runner/jobs/{id}/files?fence=`                    | 200 packageFiles             |
 * | `POST /runner/jobs/{id}/finish` finish                   | 200 finishResponse           |
 *
 * Any request about a job may return 409 `lease_lost`: the runner stops the job and claims again.
 * `source` may return 412 `source_changed`: the file was replaced or deleted, and the runner
 * finishes with the outcome `released`. Requests may be repeated after a lost response. A repeated
 * claim must set `again`, or it would get a second job.
 *
 * `source` with `&reference=n` reads reference file n of the assignment, counted from 0. The files
 * of a package are stored one by one under `files/{name}`, each in one request; a file replaces an
 * earlier one with the same name, such as a playlist that has grown.
 *
 * The runner of a long encode can split the job: `finish` with the outcome `split` has the list of
 * chunks. A chunk is then claimed, reported, uploaded and finished like a job, with its own id and
 * fence. `source` of a chunk reads the original of the job; with `&chunk=n` it reads the file of the
 * completed chunk n of the same job. If such a file is missing or damaged, `join` fails with the
 * index in `lostChunks`, and waits until the chunk is made again. The chunks of a stream store their
 * files in one package, where `files/{name}` with `&version=n` replaces only files with a lower
 * version. `join` compares the list of stored files with what the runners of the chunks have sent.
 *
 * `Content-Digest: sha-256=:…:` (RFC 9530) protects bytes in both directions. The gateway sends it
 * with every source range of up to 8 MiB; the runner sends it with every part and package file. If
 * the digest of received bytes does not match, the gateway returns 400 `digest_mismatch`, and the
 * runner sends the bytes again. A runner on the gateway's machine can do without digests: it sends
 * `Want-Content-Digest: sha-256=0`, and parts and files without `Content-Digest`.
 */
import { z } from 'zod'
import { chunkFacts, chunkRange, MAX_CHUNKS, trackKeys, trackNames } from './chunk.ts'
import { attemptFailureCode } from './failureCode.ts'
import { mediaFacts } from './mediaFacts.ts'
import { plan } from './plan.ts'
import { queueName } from './queue.ts'
import { rendition } from './rendition.ts'
import { probeVersion, storedProbe } from './storedProbe.ts'
import { traceparent } from './traceContext.ts'
import { namedParts } from './uploadParts.ts'

/**
 * Increased when the meaning of a message changes, or when a rendition gets a new field. The
 * gateway accepts versions from MIN_PROTOCOL_VERSION to PROTOCOL_VERSION. A runner whose version is
 * rejected claims with the previous version, down to MIN_PROTOCOL_VERSION.
 *
 * - 2: digests; `encoders` and `hwaccels` in a claim
 * - 3: renditions of all kinds, reference files, packages, the secret of a runner
 * - 4: some fields of renditions are renamed (see assignmentVersions.ts)
 */
export const PROTOCOL_VERSION = 4
/**
 * The oldest version that gateway and runner support. When a rendition gets a new field, this must
 * become PROTOCOL_VERSION: an older runner would ignore the field and make a wrong variant, and a
 * newer runner cannot read an assignment without it.
 */
export const MIN_PROTOCOL_VERSION = 3

/** Value of `Want-Content-Digest` (RFC 9530) for bytes without a SHA-256. */
export const NO_DIGEST = 'sha-256=0'

export const RUNNER_SECRET_HEADER = 'Runner-Secret'
/** 128 bits are 22 characters in base64url. */
export const runnerSecret = z.string().regex(/^[A-Za-z0-9_-]{22,128}$/)

/** `encode` makes the media. `analyse` is other work, such as measuring the loudness. */
export const STAGES = ['probe', 'analyse', 'encode', 'verify', 'upload'] as const
export const stage = z.enum(STAGES)
export type Stage = z.infer<typeof stage>

/** The maximum number of queues in a claim. */
export const MAX_CLAIM_QUEUES = 10

const fence = z.int().positive()
/** The last lines of ffmpeg's stderr. */
const stderrTail = z.string().max(8_000)
const command = z.string().max(8_000)

export const claimRequest = z.object({
  protocol: z.int().positive(),
  runner: z.object({
    id: z.string().min(1).max(100).describe('Unique to this process, for example "laptop-4f2a"'),
    cpus: z.number().positive().optional(),
    memoryBytes: z.int().positive().optional(),
    diskBytes: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        'Free disk space for one job. The runner gets no job with a larger source, except for an image, storyboard, waveform or probe',
      ),
    encoders: z
      .array(z.string().max(64))
      .max(500)
      .optional()
      .describe(
        "ffmpeg's encoders; the runner gets no job that requires others. Missing: all encoders",
      ),
    hwaccels: z
      .array(z.string().max(64))
      .max(50)
      .optional()
      .describe("ffmpeg's methods of hardware acceleration"),
    chunkVersion: probeVersion
      .optional()
      .describe('Runners with the same value make the same chunks; missing: it makes none'),
    probeVersion: probeVersion
      .optional()
      .describe('The version of stored probes that the runner can use; missing: none'),
  }),
  queues: z
    .array(queueName)
    .min(1)
    .max(MAX_CLAIM_QUEUES)
    .describe('In order of preference. For a container, the gateway selects all but the first'),
  waitSeconds: z
    .number()
    .min(0)
    .max(20)
    .describe('Maximum time to wait for a job, in seconds, before 204 is returned'),
  again: z
    .boolean()
    .optional()
    .describe(
      'The response to the previous claim was lost. If that claim took a job, the same job is returned',
    ),
  heldJobs: z
    .array(z.string().max(100))
    .max(100)
    .optional()
    .describe('Ids of the jobs that the runner holds, with `again`: these are not returned'),
  prefersJobs: z
    .boolean()
    .optional()
    .describe(
      'A job precedes a chunk with the same priority. Set after a chunk, so that small jobs do not wait for all chunks of a film',
    ),
  anotherChunkOf: z
    .string()
    .max(100)
    .optional()
    .describe(
      'The runner makes a chunk of this job. It gets another one, if no other job precedes that, and if as many are left as other runners make chunks of the queue',
    ),
})
export type ClaimRequest = z.infer<typeof claimRequest>

/**
 * Older runners and gateways ignore it, so it needs no new version. An invalid one is ignored too,
 * because it only saves time.
 */
const optionalProbe = storedProbe.optional().catch(undefined).meta({ type: 'object' })

const storedFile = z.object({ sizeBytes: z.int().nonnegative(), etag: z.string() })

const completedChunk = chunkRange.extend({ index: z.int(), facts: chunkFacts })
export type CompletedChunk = z.infer<typeof completedChunk>

export const completedChunks = z.object({ completedChunks: z.array(completedChunk) })

const chunkAssignment = chunkRange.extend({
  jobId: z.string().describe('The job of which this is a chunk'),
  index: z.int().nonnegative(),
  planKey: z.string(),
  reusableTracks: trackNames
    .default([])
    .describe('Tracks of a stream that another variant of the original has'),
  completedChunks: z
    .array(completedChunk)
    .default([])
    .describe(
      'For `join`: all other chunks, in their order. For another chunk of a package: those that are completed, up to the first one of video that is not. Otherwise none',
    ),
})
export type ChunkAssignment = z.infer<typeof chunkAssignment>

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
    .describe('The reference files of the rendition, in the order of `listReferenceFiles`'),
  leaseSeconds: z.number().positive(),
  stallSeconds: z
    .number()
    .positive()
    .describe('Seconds without progress after which ffmpeg counts as stalled'),
  timeoutSeconds: z.number().positive().describe('Maximum duration of the attempt in seconds'),
  probe: optionalProbe.describe(
    'The stored probe of the original, from a runner with the same `probeVersion`',
  ),
  chunkSeconds: z
    .int()
    .nonnegative()
    .default(0)
    .describe('An encode of at least twice this duration is split; 0: it is not'),
  unsplitReason: z
    .string()
    .max(500)
    .nullable()
    .default(null)
    .describe('Why the job is not split again. It becomes a note of the plan'),
  traceparent: traceparent
    .optional()
    .describe('Trace context of the claim, for log lines and for the requests about the job'),
  requestId: z.string().optional().describe('Id of the request of the claim, for log lines'),
  chunk: chunkAssignment
    .optional()
    .describe('The chunk to make; `jobId` is then its id. Missing: the whole job'),
})
export type Assignment = z.infer<typeof assignment>

export const timings = z
  .partialRecord(stage, z.number().nonnegative())
  .describe('Milliseconds spent in each stage')
export type Timings = z.infer<typeof timings>

const findings = { input: mediaFacts.optional(), plan: plan.optional() }

/** Sent about once a second during an attempt, even without progress. It extends the lease. */
export const report = z.object({
  fence,
  progress: z.number().min(0).max(100),
  stage,
  etaSeconds: z.number().nonnegative().nullable(),
  fps: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('Frames per second that were processed recently'),
  speed: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('Seconds of media per second that were processed recently'),
  playable: z.boolean().default(false).describe('The package can be played up to its current end'),
  ...findings,
})
export type Report = z.infer<typeof report>

export const reportResponse = z.object({ leaseExpiresAt: z.iso.datetime() })

/** Also counts as a report, so that even an attempt of less than a second shows progress. */
export const outputRequest = report.extend({ sizeBytes: z.int().positive() })
export type OutputRequest = z.infer<typeof outputRequest>
export const outputResponse = z.object({
  uploadId: z.string(),
  partSizeBytes: z.int().positive().describe('The size of every part except the last'),
})

/** Names of a package's files. They have no folders, so that playlists can name them directly. */
export const packageFileName = z.string().regex(/^[a-z0-9_]{1,48}\.[a-z0-9]{2,4}$/)
/** Cloudflare's smaller plans limit request bodies to 100 MB. */
export const MAX_PACKAGE_FILE_BYTES = 95 * 1000 * 1000
/** Of a file of a package that grows: the number of segments that the file names. */
export const packageFileVersion = z.coerce.number().int().min(1).max(1_000_000)
export const storedPackageFile = z.object({ etag: z.string() })

export const packageFiles = z.object({
  files: z.array(z.object({ name: z.string(), etag: z.string() })),
  next: z.string().nullable().describe('The `after` of the next page; null: this is the last one'),
})
export type PackageFiles = z.infer<typeof packageFiles>

const attemptRecord = { fence, stderrTail, command, timings, ...findings }

const newProbe = optionalProbe.describe(
  'The probe of the original, if it has results that the gateway did not send',
)

export const finish = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('completed'),
    ...attemptRecord,
    uploadId: z.string(),
    parts: namedParts,
    output: mediaFacts,
    probe: newProbe,
    chunk: chunkFacts.optional().describe('What the runner measured; only for a chunk'),
  }),
  z.object({
    outcome: z.literal('split').describe('The job is split, and runners claim its chunks'),
    ...attemptRecord,
    planKey: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Chunks with the same key and range have the same frames'),
    seconds: z.number().positive().describe('Duration of the variant'),
    trackKeys: trackKeys
      .optional()
      .describe('Of a stream: tracks with the same key have the same frames'),
    chunks: z.array(chunkRange).min(2).max(MAX_CHUNKS).describe('The last one is `join`'),
    probe: optionalProbe,
  }),
  z.object({
    outcome: z.literal('packaged').describe('All files of the package are stored'),
    ...attemptRecord,
    files: z.int().min(1),
    sizeBytes: z.int().positive().describe('Total size of the files'),
    output: mediaFacts,
    probe: newProbe,
  }),
  z.object({
    outcome: z.literal('failed'),
    ...attemptRecord,
    errorCode: attemptFailureCode,
    message: z.string().min(1).max(1_000).describe('The cause, in words for the caller'),
    cannotJoin: z
      .boolean()
      .optional()
      .describe('The chunks do not fit together. The job is made once more, without being split'),
    lostChunks: z
      .array(z.int().nonnegative())
      .max(MAX_CHUNKS)
      .optional()
      .describe(
        'Only of `join`: indexes of completed chunks whose files are missing or damaged. They are made again',
      ),
  }),
  z.object({
    outcome: z.literal('released'),
    fence,
    reason: z.string().max(500).describe('For example "runner is shutting down"'),
  }),
])
export type Finish = z.infer<typeof finish>

export const finishResponse = z.object({
  status: z.enum(['completed', 'error', 'pending', 'running']),
})
