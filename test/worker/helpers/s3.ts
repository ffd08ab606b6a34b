/** The S3 API of the buckets in Miniflare (`vitest.config.ts`), which verifies signatures as R2 does. */
import { env } from 'cloudflare:workers'
import { createSettings } from '../../../src/platform/settings.ts'

/** The bucket that is bound as `ORIGINALS`. */
export const S3_ORIGINALS = createSettings(env).directUploads!
