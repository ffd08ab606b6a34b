/**
 * Notifications of R2 about the objects of a bucket, as Cloudflare documents them
 * (https://developers.cloudflare.com/r2/buckets/event-notifications/).
 */
import { z } from 'zod'

/** The actions that store an object, and those that delete one. Others may be added. */
export const STORING_ACTIONS: readonly string[] = [
  'PutObject',
  'CopyObject',
  'CompleteMultipartUpload',
]
export const DELETING_ACTIONS: readonly string[] = ['DeleteObject', 'LifecycleDeletion']

export const bucketEvent = z.object({
  account: z.string(),
  bucket: z.string(),
  action: z.string(),
  object: z.object({
    key: z.string(),
    /** Deletions have neither a size nor an ETag. */
    size: z.number().optional(),
    eTag: z.string().optional(),
  }),
  eventTime: z.string(),
})
export type BucketEvent = z.infer<typeof bucketEvent>
