/** Jobs, attempts and statistics as the API returns them, and the requests of the job routes. */
import { z } from 'zod'
import { CHUNK_KINDS } from './chunk.ts'
import { destination, jobDestination } from './destination.ts'
import { failureCode } from './failureCode.ts'
import { JOB_STATUSES, jobStatus, percent } from './jobStatus.ts'
import { jobFilter } from './jobFilter.ts'
import { metadata, tags } from './jobLabels.ts'
import { mediaFacts } from './mediaFacts.ts'
import { storagePath } from './storagePath.ts'
import { JOB_LIMITS, type JobLimit, limit, PRIORITY, QUEUE_LIMITS } from './limits.ts'
import { DEFAULT_QUEUE, queueName } from './queue.ts'
import { plan } from './plan.ts'
import { source } from './source.ts'
import { STAGES, timings } from './runnerProtocol.ts'
import { webhookUrl } from './webhookUrl.ts'
import { transformation } from './transformation.ts'

const time = z.iso.datetime({ precision: 3 })

/**
 * `import`: the job is pending, and waits for its file. `export`: its variant is ready, and is stored at its
 * destination. The other stages are those of an attempt.
 */
export const JOB_STAGES = ['import', ...STAGES, 'export'] as const
export type JobStage = (typeof JOB_STAGES)[number]

export const job = z
  .object({
    id: z.string(),
    filePath: z.string(),
    status: jobStatus,
    priority: z.int().describe('The lowest number is claimed first'),
    progress: percent,
    startedAt: time
      .nullable()
      .describe(
        'Start of the latest attempt; null before the first, after an interruption and after a requested retry',
      ),
    completedAt: time
      .nullable()
      .describe('Time at which the job reached a final status; null before'),
    error: z.string().nullable(),
    queue: z.string(),
    transformation: z
      .string()
      .describe('The canonical form of the transformation, which names the variant'),
    outputPath: z
      .string()
      .nullable()
      .describe('Path of the URL that serves the variant; null unless the job is completed'),
    createdAt: time,
    attempt: z
      .int()
      .nonnegative()
      .describe(
        'Number of the latest attempt; 0 before the first and after a requested retry. An attempt that was interrupted does not count, unless the job was interrupted too often',
      ),
    maxAttempts: z.int().positive(),
    errorCode: failureCode.nullable(),
    stage: z
      .enum(JOB_STAGES)
      .nullable()
      .describe(
        'What the job does now. `import`: it is pending until its file is imported, and `progress` is that of the import. `export`: its variant is ready, and is being stored at its destination',
      ),
    etaSeconds: z.number().nonnegative().nullable(),
    fps: z.number().nonnegative().nullable().describe('Frames per second, while the job runs'),
    speed: z
      .number()
      .nonnegative()
      .nullable()
      .describe('Seconds of media per second, while the job runs'),
    playable: z
      .boolean()
      .describe(
        'True if the package can be used: a stream up to its current end while the job runs, and any package once the job is completed',
      ),
    retryAt: time
      .nullable()
      .describe('Earliest time of the next attempt, while the job waits for a retry'),
    input: mediaFacts.nullable(),
    output: mediaFacts.nullable(),
    destination: jobDestination
      .nullable()
      .describe('The object or the folder in another bucket to which the variant is exported'),
    plan: plan.nullable(),
    timings: timings.nullable(),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof job>

export const MAX_TRANSFORMATIONS = 50

const jobLimits = Object.fromEntries(
  JOB_LIMITS.map((name) => [name, limit(QUEUE_LIMITS[name]).optional()]),
) as Record<JobLimit, z.ZodOptional<z.ZodInt>>

export const createJobs = z
  .strictObject({
    filePath: storagePath.optional().describe('Path of a stored file. Send it or `source`'),
    source: source
      .optional()
      .describe(
        'A file on another server. It is imported before the jobs start. Needs the scope files:write',
      ),
    transformations: z
      .array(z.union([z.string().max(2_000), transformation]))
      .min(1)
      .max(MAX_TRANSFORMATIONS)
      .default([{}])
      .describe(
        'Transformations, each a string in the URL grammar or an object. A job is created for each variant that has no active job (one that has not ended). Default: one MP4 with all defaults',
      ),
    priority: limit(PRIORITY)
      .optional()
      .describe(
        `The lowest number is claimed first; default ${PRIORITY.default}, for images and probes ${PRIORITY.image}`,
      ),
    queue: queueName.default(DEFAULT_QUEUE),
    destination: destination
      .optional()
      .describe(
        'Also stores the variants in a bucket of another service. The jobs are completed when they are there. Needs the scope files:write',
      ),
    webhookUrl: webhookUrl
      .optional()
      .describe(
        'Receives the events of the jobs that make the variant usable or end the job, as a webhook. Needs the scope webhooks:write',
      ),
    ...jobLimits,
    tags: tags.optional(),
    metadata: metadata.optional(),
  })
  .refine(({ filePath, source: remote }) => (filePath === undefined) !== (remote === undefined), {
    error:
      'Send either filePath, for a stored file, or source with url and filePath, for a file that is to be imported.',
  })
  .meta({ id: 'CreateJobs' })
/** `filePath` is that of the source, if there is one. */
export type CreateJobs = Omit<z.infer<typeof createJobs>, 'filePath'> & { filePath: string }

export const createdJob = job.extend({
  deduplicated: z
    .boolean()
    .describe(
      'True if the job is older than the request: the variant had an active job (one that has not ended), or the request repeats an Idempotency-Key',
    ),
})

/** The jobs before the offset are read too, so its cost grows with it. A cursor's does not. */
export const MAX_OFFSET = 10_000

export const listJobs = z.object({
  ...jobFilter.shape,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_OFFSET, {
      error: ({ input }) =>
        `An offset is an integer from 0 to ${MAX_OFFSET} (got ${String(input)}). To read further jobs, pass the nextCursor of a page as cursor.`,
    })
    .default(0)
    .describe(
      `Number of jobs to skip, at most ${MAX_OFFSET}. Its cost grows with its value: to read all jobs, use cursor`,
    ),
  cursor: z.string().max(100).optional().describe('nextCursor of the previous page'),
})
export type ListJobs = z.infer<typeof listJobs>

export const jobList = z
  .object({
    jobs: z.array(job),
    limit: z.int(),
    offset: z.int(),
    count: z.int().describe('Number of jobs on this page'),
    nextCursor: z
      .string()
      .nullable()
      .describe('null on the last page. Other pages may have fewer than `limit` jobs, or none'),
  })
  .meta({ id: 'JobList' })

export const successBody = z.object({ success: z.literal(true), message: z.string() })

export const ATTEMPT_OUTCOMES = ['completed', 'failed', 'released', 'cancelled'] as const

/** One claim of a job by a runner. */
export const attempt = z
  .object({
    attempt: z
      .int()
      .describe(
        'Number of the attempt. The attempt after an interrupted one can have the same number',
      ),
    runner: z.string().nullable(),
    startedAt: time,
    endedAt: time.nullable().describe('null while the attempt runs'),
    outcome: z.enum(ATTEMPT_OUTCOMES).nullable(),
    errorCode: failureCode.nullable(),
    error: z.string().nullable(),
    command: z
      .string()
      .nullable()
      .describe('The ffmpeg command; shortened if the attempt completed the job'),
    stderrTail: z
      .string()
      .nullable()
      .describe("The last lines of ffmpeg's stderr; the last one if the attempt completed the job"),
  })
  .meta({ id: 'Attempt' })
export type Attempt = z.infer<typeof attempt>

/** A chunk of a split job. */
export const chunk = z
  .object({
    index: z.int().nonnegative(),
    kind: z.enum(CHUNK_KINDS).describe('`join` makes the variant of the others'),
    status: z
      .enum([...JOB_STATUSES, 'waiting'])
      .describe(
        'waiting: cannot be claimed yet, because of `maxChunksAtOnce` or because `join` comes last; cancelled: the job ended first',
      ),
    startSeconds: z.number().describe('Start in the variant'),
    endSeconds: z.number().nullable().describe('End in the variant; null for the last chunk'),
    frames: z.int().nullable(),
    sizeBytes: z.int().nullable(),
    runner: z.string().nullable().describe('The runner that claimed it last'),
    attempt: z.int(),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    errorCode: failureCode.nullable(),
    error: z.string().nullable(),
    timings: timings.nullable(),
    reusedTracks: z
      .array(z.string())
      .describe(
        'Tracks of a stream, such as `v720`, that were copied from another variant instead of encoded',
      ),
  })
  .meta({ id: 'Chunk' })
export type Chunk = z.infer<typeof chunk>
