/** Storing an original, and what follows for the variants of the one before it. */
import { retireVariants } from '../db/outputRows.ts'
import { type Restriction, seesPath } from '../domain/access.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { storeFile, type StoreOutcome } from '../storage/write.ts'
import { collectOutputs } from './collect.ts'
import type { Platform } from './platform.ts'

/** What is not there to be seen is not there to be written either, and that can be said. */
export const outside = ({ pathPrefix }: Restriction) =>
  refuse('forbidden', `This key is bound to the folder ${pathPrefix}`)

/** Stores a file under `path`, in one piece. */
export async function putFile(
  platform: Platform,
  within: Restriction,
  path: string,
  { body, sizeBytes }: { body: ReadableStream<Uint8Array>; sizeBytes: number },
): Promise<StoreOutcome<R2Object> | Refusal<'forbidden'>> {
  if (!seesPath(within, path)) return outside(within)
  const outcome = await storeFile(platform.originals, path, { body, sizeBytes })
  if (outcome.ok) await retireOlder(platform, path, outcome.stored)
  return outcome
}

/** Takes the variants out of service that were made from what was under `path` before. */
export async function retireOlder(platform: Platform, path: string, stored: R2Object) {
  await retireVariants(platform.db, path, stored.etag)
  platform.defer(collectOutputs(platform))
}
