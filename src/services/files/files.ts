/** Storing an original, removing one, and what follows for the variants of what was there before. */
import type { StorageReservation } from '../../db/files.ts'
import { cancelJobsOfFile } from '../../db/jobTransitions.ts'
import { retireVariants } from '../../db/outputs.ts'
import { type Caller, chargedKeyId, type Restriction, canSeePath } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { SizedBody, StoredObject } from '../../storage/objectStore.ts'
import { storeFile, type StoreOutcome } from '../../storage/originals.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { recheckTime } from '../queues/queues.ts'
import {
  type QuotaExceeded,
  unreservedWrite,
  reserveStorage,
  releaseReservations,
  settle,
} from './storageQuota.ts'

/** What is not there to be seen is not there to be written either, and that can be said. */
export function outside({ pathPrefix }: Restriction) {
  return errorResult('forbidden', `This key is bound to the folder ${pathPrefix}`)
}

/** Who stores files: its bounds, and the key that is charged for them. */
export type Storer = Restriction & Pick<Caller, 'keyId'>

/** Stores a file under `path`, in one piece. */
export async function putFile(
  platform: Platform,
  caller: Storer,
  path: string,
  content: SizedBody,
): Promise<StoreOutcome<StoredObject> | ErrorResult<'forbidden'> | QuotaExceeded> {
  if (!canSeePath(caller, path)) {
    return outside(caller)
  }
  const { sizeBytes } = content
  const room = await reserveStorage(platform, chargedKeyId(caller), [{ filePath: path, sizeBytes }])
  return room.ok ? putReserved(platform, caller, room.holds[0]!, content) : room
}

/** Stores a file for which there is room held, and lets go of it whatever comes. */
export function putReserved(
  platform: Platform,
  caller: Storer,
  hold: StorageReservation,
  content: SizedBody,
): Promise<StoreOutcome<StoredObject>> {
  const work = store(platform, chargedKeyId(caller), hold, content)
  // A client that goes away ends its request; what it held is let go all the same.
  platform.defer(work.catch(() => undefined))
  return work
}

async function store(
  platform: Platform,
  keyId: string | null,
  hold: StorageReservation,
  content: SizedBody,
) {
  const outcome = await storeFile(platform.originals, hold.filePath, content, keyId).catch(
    async (error: unknown) => {
      // R2 may have it all the same.
      await settle(platform, hold).catch(() => undefined)
      throw error
    },
  )
  if (outcome.ok) {
    await settle(platform, hold, { keyId, sizeBytes: outcome.stored.sizeBytes })
    await retireOlder(platform, hold.filePath, outcome.stored)
  } else {
    await releaseReservations(platform, [hold])
  }
  return outcome
}

/** Takes the variants out of service that were made from what was under `path` before. */
export async function retireOlder(platform: Platform, path: string, stored: StoredObject) {
  await retireVariants(platform.db, path, stored.etag)
  platform.defer(collectGarbage(platform))
}

/**
 * Removes a file, what was made of it, and what was to be made. Sent again it finds no file, and does
 * what the first one may have been kept from.
 */
export async function removeFile(
  platform: Platform,
  within: Restriction,
  path: string,
): Promise<{ ok: true } | ErrorResult<'file_not_found'>> {
  const missing = errorResult('file_not_found', `There is no file ${path} in storage.`)
  if (!canSeePath(within, path)) {
    return missing
  }
  const hold = await unreservedWrite(platform, path)
  const found = await platform.originals.head(path)
  if (found) {
    await platform.originals.delete([path])
  }
  // Nothing is put down for a path that nobody knew of.
  const nothing = { keyId: null, sizeBytes: 0 }
  if (found || hold.revision !== null) {
    await settle(platform, hold, nothing)
  }
  // First the jobs: none of those that ran completes after that, so no variant comes after the last.
  const queues = await cancelJobsOfFile(platform.db, path, Date.now())
  await retireVariants(platform.db, path, null)
  platform.defer(collectGarbage(platform))
  for (const queue of queues) {
    platform.defer(platform.hubs.notify(queue, recheckTime()))
  }
  return found ? { ok: true } : missing
}
