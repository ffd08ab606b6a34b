/** Runs the conformance suite against each store. */
import { env } from 'cloudflare:workers'
import { createR2Store } from '../../../src/storage/r2.ts'
import { createS3Store } from '../../../src/storage/s3/store.ts'
import { S3_ORIGINALS } from '../helpers/s3.ts'
import { describeObjectStore } from './objectStore.conformance.ts'
import { createMemoryStore } from './memoryStore.ts'

describeObjectStore('R2', () => createR2Store(env.VARIANTS))
describeObjectStore('S3', () => createS3Store(S3_ORIGINALS), { hasEqualParts: false })
describeObjectStore('memory', createMemoryStore)
