/** Stored originals as the API returns them. */
import { z } from 'zod'
import { createdJob } from './job.ts'
import { uploadedPart } from './runnerProtocol.ts'

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

const time = z.iso.datetime({ precision: 3 })

/** An upload in parts. */
export const uploadState = z
  .object({
    uploadId: z.string(),
    filePath: z.string(),
    partSizeBytes: z.int().describe('Recommended size of a part'),
    createdAt: time,
    completedAt: time.nullable().describe('null while parts can be stored'),
    parts: z
      .array(uploadedPart.extend({ size: z.int().nonnegative().describe('Size in bytes') }))
      .describe('The stored parts, in the order of their numbers'),
  })
  .meta({ id: 'Upload' })
