/** Runs the conformance suite against each store. */
import { env } from 'cloudflare:workers'
import { createR2Store } from '../../../src/storage/r2.ts'
import { describeObjectStore } from './objectStore.conformance.ts'
import { createMemoryStore } from './memoryStore.ts'

describeObjectStore('R2', () => createR2Store(env.VARIANTS))
describeObjectStore('memory', createMemoryStore)
