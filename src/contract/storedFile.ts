/** Originals in the API: the query of the list, stored files, and uploads in parts and by tus. */
import { z } from 'zod'
import { createdJob } from './job.ts'
import { uploadedPart } from './uploadParts.ts'

export const storedFile = z
  .object({
    filePath: z.string(),
    size: z.int().nonnegative().describe('Size in bytes'),
    etag: z.string(),
    contentType: z.string(),
  })
  .meta({ id: 'StoredFile' })
export type StoredFile = z.infer<typeof storedFile>

const time = z.iso.datetime({ precision: 3 })

export const listFilesQuery = z.object({
  prefix: z
    .string()
    .max(1_024)
    .transform((text) => text.normalize('NFC'))
    .default('')
    .describe('Only files whose path begins with this text, for example videos/'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(4_000).optional().describe('nextCursor of the previous page'),
})
export type ListFilesQuery = z.infer<typeof listFilesQuery>

export const listedFile = storedFile.extend({ uploadedAt: time })
export type ListedFile = z.infer<typeof listedFile>

export const fileList = z
  .object({
    files: z.array(listedFile),
    nextCursor: z
      .string()
      .nullable()
      .describe('null on the last page. Other pages may have fewer than `limit` files, or none'),
  })
  .meta({ id: 'FileList' })

export const uploaded = z.object({
  files: z.array(storedFile.extend({ jobs: z.array(createdJob) })),
})

/** Begins an upload in parts. */
export const directSize = z
  .int()
  .min(1)
  .describe(
    'Size of the file in bytes, for a direct upload: part 1 is sent to the service, and the others to the bucket, with URLs of GET /uploads/{uploadId}/{part}/url',
  )

export const partUrl = z
  .object({
    url: z.string().describe('PUT the part to it. It needs no API key'),
    size: z.int().describe('Bytes that the part must have'),
    expiresAt: time,
  })
  .meta({ id: 'PartUrl' })

/** An upload in parts. */
export const uploadState = z
  .object({
    uploadId: z.string(),
    filePath: z.string(),
    partSizeBytes: z
      .int()
      .describe('Recommended size of a part; of a direct upload, the size of all but the last'),
    directSize: z
      .int()
      .nullable()
      .describe('Size of the file of a direct upload; null for other uploads'),
    createdAt: time,
    completedAt: time.nullable().describe('null while parts can be stored'),
    parts: z
      .array(uploadedPart.extend({ size: z.int().nonnegative().describe('Size in bytes') }))
      .describe('The stored parts, in the order of their numbers'),
  })
  .meta({ id: 'Upload' })

/** A resumable upload by the tus protocol. */
export const tusUpload = z
  .object({
    uploadId: z.string(),
    filePath: z.string(),
    offset: z.int().nonnegative().describe('Bytes that are stored'),
    length: z.int().nullable().describe('Size of the file in bytes; null while it is not known'),
    createdAt: time,
    completedAt: time.nullable(),
  })
  .meta({ id: 'TusUpload' })
