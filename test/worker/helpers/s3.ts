/** The S3 API of the buckets in Miniflare (`vitest.config.ts`), which verifies signatures as R2 does. */
import type { S3Bucket } from '../../../src/storage/s3/client.ts'

/** The bucket that is bound as `ORIGINALS`. */
export const S3_ORIGINALS: S3Bucket = {
  endpoint: 'http://localhost:9000/cdn-cgi/local/r2/s3',
  region: 'auto',
  bucket: 'reelqueue-originals',
  accessKeyId: 'test-access-key',
  secretAccessKey: 'test-secret-key',
}
