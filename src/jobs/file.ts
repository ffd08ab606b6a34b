/** Storing an original, and what follows for the variants of the one before it. */
import { retireVariants } from '../db/outputRows.ts'
import { storeFile, type StoreOutcome } from '../storage/write.ts'
import { collectOutputs } from './collect.ts'
import type { Platform } from './platform.ts'

/** Stores a file under `path`; variants made from an earlier one there are taken out of service. */
export async function putFile(
  platform: Platform,
  path: string,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): Promise<StoreOutcome> {
  const outcome = await storeFile(platform.originals, path, body, sizeBytes)
  if (!outcome.ok) return outcome
  await retireVariants(platform.db, path, outcome.object.etag)
  platform.defer(collectOutputs(platform))
  return outcome
}
