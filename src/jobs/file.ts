/** Storing an original, and what follows for the variants of the one before it. */
import { retireVariants } from '../db/outputRows.ts'
import { storeFile, type StoreOutcome } from '../storage/write.ts'
import { collectOutputs } from './collect.ts'
import type { Platform } from './platform.ts'

/** Stores a file under `path`, in one piece. */
export async function putFile(
  platform: Platform,
  path: string,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): Promise<StoreOutcome<R2Object>> {
  const outcome = await storeFile(platform.originals, path, { body, sizeBytes })
  if (outcome.ok) await retireOlder(platform, path, outcome.stored)
  return outcome
}

/** Takes the variants out of service that were made from what was under `path` before. */
export async function retireOlder(platform: Platform, path: string, stored: R2Object) {
  await retireVariants(platform.db, path, stored.etag)
  platform.defer(collectOutputs(platform))
}
