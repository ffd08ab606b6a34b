/** Storing an original, removing one, and what follows for the variants of what was there before. */
import type { Hold } from '../db/fileRows.ts'
import { cancelJobsOf } from '../db/jobChanges.ts'
import { retireVariants } from '../db/outputRows.ts'
import { type Caller, chargedTo, type Restriction, seesPath } from '../domain/access.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { storeFile, type StoreOutcome } from '../storage/write.ts'
import { collectOutputs } from './collect.ts'
import type { Platform } from './platform.ts'
import { soon } from './queue.ts'
import { type Full, holdNothing, holdRoom, letGo, settle } from './room.ts'

/** What is not there to be seen is not there to be written either, and that can be said. */
export function outside({ pathPrefix }: Restriction) {
  return refuse('forbidden', `This key is bound to the folder ${pathPrefix}`)
}

/** Who stores files: its bounds, and the key that is charged for them. */
export type Storer = Restriction & Pick<Caller, 'keyId'>
interface Incoming {
  body: ReadableStream<Uint8Array>
  sizeBytes: number
}

/** Stores a file under `path`, in one piece. */
export async function putFile(
  platform: Platform,
  caller: Storer,
  path: string,
  incoming: Incoming,
): Promise<StoreOutcome<R2Object> | Refusal<'forbidden'> | Full> {
  if (!seesPath(caller, path)) {
    return outside(caller)
  }
  const { sizeBytes } = incoming
  const room = await holdRoom(platform, chargedTo(caller), [{ filePath: path, sizeBytes }])
  return room.ok ? putHeld(platform, caller, room.holds[0]!, incoming) : room
}

/** Stores a file for which there is room held, and lets go of it whatever comes. */
export function putHeld(
  platform: Platform,
  caller: Storer,
  hold: Hold,
  incoming: Incoming,
): Promise<StoreOutcome<R2Object>> {
  const work = store(platform, chargedTo(caller), hold, incoming)
  // A client that goes away ends its request; what it held is let go all the same.
  platform.defer(work.catch(() => undefined))
  return work
}

async function store(platform: Platform, keyId: string | null, hold: Hold, incoming: Incoming) {
  const outcome = await storeFile(platform.originals, hold.filePath, incoming, keyId).catch(
    async (error: unknown) => {
      // R2 may have it all the same.
      await settle(platform, hold).catch(() => undefined)
      throw error
    },
  )
  if (outcome.ok) {
    await settle(platform, hold, { keyId, sizeBytes: outcome.stored.size })
    await retireOlder(platform, hold.filePath, outcome.stored)
  } else {
    await letGo(platform, [hold])
  }
  return outcome
}

/** Takes the variants out of service that were made from what was under `path` before. */
export async function retireOlder(platform: Platform, path: string, stored: R2Object) {
  await retireVariants(platform.db, path, stored.etag)
  platform.defer(collectOutputs(platform))
}

/**
 * Removes a file, what was made of it, and what was to be made. Sent again it finds no file, and does
 * what the first one may have been kept from.
 */
export async function removeFile(
  platform: Platform,
  within: Restriction,
  path: string,
): Promise<{ ok: true } | Refusal<'file_not_found'>> {
  const missing = refuse('file_not_found', `There is no file ${path} in storage.`)
  if (!seesPath(within, path)) {
    return missing
  }
  const hold = await holdNothing(platform, path)
  const found = await platform.originals.head(path)
  if (found) {
    await platform.originals.delete(path)
  }
  // Nothing is put down for a path that nobody knew of.
  const nothing = { keyId: null, sizeBytes: 0 }
  if (found || hold.revision !== null) {
    await settle(platform, hold, nothing)
  }
  // First the jobs: none of those that ran completes after that, so no variant comes after the last.
  const queues = await cancelJobsOf(platform.db, path, Date.now())
  await retireVariants(platform.db, path, null)
  platform.defer(collectOutputs(platform))
  for (const queue of queues) {
    platform.defer(platform.hubs.poke(queue, soon()))
  }
  return found ? { ok: true } : missing
}
