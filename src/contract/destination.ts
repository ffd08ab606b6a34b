/** Destinations: objects in other buckets, to which variants are exported. A package becomes the objects of a folder. */
import { z } from 'zod'
import { storagePath } from './storagePath.ts'

const bucketNames = {
  credential: z.string().max(63),
  bucket: z.string().max(63),
}

export const destination = z
  .strictObject({
    credential: bucketNames.credential.describe(
      'Name of a credential of an S3-compatible service that may be written to',
    ),
    bucket: bucketNames.bucket.optional().describe('A bucket, if the credential has several'),
    // The key is part of a URL: segments such as `..` would name another bucket.
    key: storagePath
      .optional()
      .describe(
        'Key of the object; for a package (`f_hls`, `t_sprite`), of the folder of its files. Only for a request with one transformation',
      ),
    prefix: z
      .string()
      .max(1_000)
      .optional()
      .describe(
        'Instead of `key`: the beginning of the keys, which the variant and the path follow: `prefix` + `w_640/videos/clip.mp4`, or `prefix` + `f_hls/videos/clip.mp4/master.m3u8`. Default: the `writePrefix` of the credential',
      ),
  })
  .refine(({ key, prefix }) => key === undefined || prefix === undefined, {
    error:
      'Name either key, the whole key of the object, or prefix, which the name of the variant and the path follow.',
  })
  .meta({ id: 'Destination' })
export type DestinationRequest = z.infer<typeof destination>

export const jobDestination = z
  .object({
    ...bucketNames,
    key: z
      .string()
      .describe(
        'Key of the object; for a package, of the file that players open first. Its other files have the same folder',
      ),
    etag: z
      .string()
      .nullable()
      .describe('ETag of the object with this key, without quotes; null until all is stored'),
    sizeBytes: z
      .int()
      .nullable()
      .describe('Size of the object, or of all files of the package; null until all is stored'),
    files: z
      .int()
      .nullable()
      .describe(
        'Number of stored objects: 1, or the files of the package; null until all is stored',
      ),
  })
  .meta({ id: 'JobDestination' })
export type JobDestination = z.infer<typeof jobDestination>
