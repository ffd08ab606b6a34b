/** Batches: one action on the jobs that match a filter, or on listed jobs, in bounded requests. */
import { z } from 'zod'
import { errorBody } from './errors.ts'
import { jobFilter } from './jobFilter.ts'
import { limit, PRIORITY } from './limits.ts'

export const BATCH_ACTIONS = ['retry', 'cancel', 'delete', 'prioritize'] as const
export type BatchAction = (typeof BATCH_ACTIONS)[number]

const MAX_BATCH_JOBS = 500
/** A dry run reads at most this many jobs in a request. */
export const MAX_COUNTED_JOBS = 10_000

export const jobBatch = z
  .strictObject({
    action: z
      .enum(BATCH_ACTIONS)
      .describe(
        'retry: queues failed jobs again; cancel: cancels pending jobs, with `force` also running ones; delete: deletes jobs; prioritize: changes the priority of pending and running jobs',
      ),
    filter: jobFilter
      .optional()
      .describe(
        'Selects jobs; `{}` selects all jobs that the API key can see. Of these, only jobs with a status that allows the action are counted and changed',
      ),
    jobIds: z
      .array(z.string().max(100))
      .min(1)
      .max(MAX_BATCH_JOBS)
      .optional()
      .describe('The jobs, instead of `filter`'),
    priority: limit(PRIORITY).optional().describe('For prioritize: the new priority'),
    force: z.boolean().optional().describe('For cancel: also cancels running jobs'),
    dryRun: z
      .boolean()
      .default(false)
      .describe(`Counts the jobs, up to ${MAX_COUNTED_JOBS} in a request, and changes none`),
    limit: z
      .int()
      .min(1)
      .max(MAX_BATCH_JOBS)
      .default(100)
      .describe('Maximum number of jobs that this request changes'),
    cursor: z.string().max(100).optional().describe('nextCursor of the previous request'),
  })
  .superRefine(({ action, filter, jobIds, priority, force, cursor }, context) => {
    const reject = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((filter === undefined) === (jobIds === undefined)) {
      reject('filter', 'Send either filter or jobIds.')
    }
    if (jobIds !== undefined && cursor !== undefined) {
      reject('cursor', 'jobIds are handled in one request, so there is no cursor.')
    }
    if ((action === 'prioritize') !== (priority !== undefined)) {
      reject('priority', 'Send priority with the action "prioritize", and with no other.')
    }
    if (force !== undefined && action !== 'cancel') {
      reject('force', 'force belongs to the action "cancel".')
    }
  })
  .meta({ id: 'JobBatch' })
export type JobBatch = z.infer<typeof jobBatch>

export const jobBatchResult = z
  .object({
    count: z
      .int()
      .describe('Number of jobs that this request selected; in a dry run, that it counted'),
    done: z.int().describe('Number of jobs that were changed; 0 in a dry run'),
    skipped: z
      .array(z.object({ jobId: z.string(), code: errorBody.shape.code, message: z.string() }))
      .describe('The selected jobs that were not changed, and why'),
    nextCursor: z
      .string()
      .nullable()
      .describe('Send the request again with it as `cursor` for the next jobs; null at the end'),
  })
  .meta({ id: 'JobBatchResult' })
export type JobBatchResult = z.infer<typeof jobBatchResult>
