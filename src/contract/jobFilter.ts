/** The conditions that select jobs in lists and batches. All that are given must hold. */
import { z } from 'zod'
import { pathPrefix } from './apiKey.ts'
import { failureCode } from './failureCode.ts'
import { tag } from './jobLabels.ts'
import { jobStatus } from './jobStatus.ts'
import { queueName } from './queue.ts'
import { storagePath } from './storagePath.ts'

const time = z.iso.datetime({ offset: true })

export const jobFilter = z.strictObject({
  status: jobStatus.optional(),
  queue: queueName.optional(),
  filePath: storagePath.optional(),
  pathPrefix: pathPrefix.optional().describe('Folder of the file, for example `videos/2026`'),
  errorCode: failureCode
    .optional()
    .describe('Without `status`, only failed jobs are selected, as with the status `error`'),
  tag: tag.optional(),
  createdAfter: time.optional().describe('Jobs that were created at this time or later'),
  createdBefore: time.optional().describe('Jobs that were created before this time'),
})
export type JobFilter = z.infer<typeof jobFilter>
