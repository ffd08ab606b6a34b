/** Stored originals as the API returns them. */
import { z } from 'zod'
import { createdJob } from './job.ts'

export const storedFile = z
  .object({
    filePath: z.string(),
    size: z.int().nonnegative().describe('Size in bytes'),
    etag: z.string(),
    contentType: z.string(),
  })
  .meta({ id: 'StoredFile' })
export type StoredFile = z.infer<typeof storedFile>

export const uploaded = z.object({
  files: z.array(storedFile.extend({ jobs: z.array(createdJob) })),
})
