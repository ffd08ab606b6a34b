/**
 * Stores and deletes originals, and retires the variants of files that were replaced or deleted.
 */
import { shorten } from '../../contract/quote.ts'
import { deleteFileProbes } from '../../db/fileProbes.ts'
import type { StorageReservation } from '../../db/files.ts'
import { cancelJobsOfFile } from '../../db/changeJobs.ts'
import { retireVariants } from '../../db/outputs.ts'
import { type Caller, canSeePath, chargedKeyId, type Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { SizedBody, StoredObject } from '../../storage/objectStore.ts'
import { storeFile, type StoreOutcome } from '../../storage/originals.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import { forgetHeldJobs } from '../jobs/heldJobs.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { recheckTime } from '../queues/queues.ts'
import {
  beginWrite,
  finishWrite,
  type QuotaExceeded,
  releaseReservations,
  reserveStorage,
} from './storageQuota.ts'

/** The part of a caller that matters for uploads: its restriction, and the key that is charged. */
export type Uploader = Restriction & Pick<Caller, 'keyId'>

/** Stores a whole file, replacing the one at its path. */
export async function putFile(
  platform: Platform,
  caller: Uploader,
  filePath: string,
  content: SizedBody,
): Promise<StoreOutcome<StoredObject> | ErrorResult<'forbidden'> | QuotaExceeded> {
  if (!canSeePath(caller, filePath)) {
    return folderError(caller)
  }
  const { sizeBytes } = content
  const reserved = await reserveStorage(platform, chargedKeyId(caller), [{ filePath, sizeBytes }])
  return reserved.ok
    ? putReservedFile(platform, caller, reserved.reservations[0]!, content)
    : reserved
}

/**
 * Stores a file whose storage is reserved, and deletes the reservation even if storing fails. If
 * the deletion fails too, the cleaner deletes the reservation later.
 */
export function putReservedFile(
  platform: Platform,
  caller: Uploader,
  reservation: StorageReservation,
  content: SizedBody,
): Promise<StoreOutcome<StoredObject>> {
  const stored = store(platform, chargedKeyId(caller), reservation, content)
  // If the client disconnects, the request is cancelled. Deferred work continues, so that the
  // reservation is deleted.
  platform.defer(stored.catch(() => undefined))
  return stored
}

async function store(
  platform: Platform,
  keyId: string | null,
  reservation: StorageReservation,
  content: SizedBody,
) {
  const { filePath } = reservation
  const outcome = await storeFile(platform.originals, filePath, content, keyId).catch(
    async (error: unknown) => {
      // The store may have stored the file before the error. Record what it has.
      await finishWrite(platform, reservation).catch(() => undefined)
      throw error
    },
  )
  if (outcome.ok) {
    await finishWrite(platform, reservation, { keyId, sizeBytes: outcome.stored.sizeBytes })
    await retireReplacedVariants(platform, outcome.stored)
  } else {
    await releaseReservations(platform, [reservation])
  }
  return outcome
}

/** Retires variants that were made from an earlier file at the path of `original`. */
export async function retireReplacedVariants(platform: Platform, original: StoredObject) {
  await retireVariants(platform.db, original.key, original.etag)
  platform.defer(collectGarbage(platform))
}

/**
 * Deletes a file and its variants, and cancels its jobs. If a request was interrupted, repeating it
 * completes the remaining steps, even if it returns `file_not_found`.
 */
export async function deleteFile(
  platform: Platform,
  restriction: Restriction,
  filePath: string,
): Promise<{ ok: true } | ErrorResult<'file_not_found'>> {
  const notFound = errorResult(
    'file_not_found',
    `There is no file ${shorten(filePath)} in storage.`,
  )
  if (!canSeePath(restriction, filePath)) {
    return notFound
  }
  const write = await beginWrite(platform, filePath)
  const found = await platform.originals.head(filePath)
  if (found) {
    await platform.originals.delete([filePath])
  }
  // Without a file and without a row, there is nothing to record.
  if (found || write.revision !== null) {
    await finishWrite(platform, write, { keyId: null, sizeBytes: 0 })
  }
  await endFile(platform, filePath, { keepsVariants: false, keepsImporting: false })
  return found ? { ok: true } : notFound
}

async function endFile(
  platform: Platform,
  filePath: string,
  { keepsVariants, keepsImporting }: { keepsVariants: boolean; keepsImporting: boolean },
) {
  // Jobs are cancelled first, so that a running job cannot add another variant after the others are
  // retired.
  const cancelled = await cancelJobsOfFile(platform.db, filePath, keepsImporting, Date.now())
  forgetHeldJobs()
  if (!keepsVariants) {
    await retireVariants(platform.db, filePath, null)
    platform.defer(collectGarbage(platform))
  }
  platform.defer(deleteFileProbes(platform.db, filePath))
  for (const [queue, ended] of cancelled) {
    platform.defer(platform.hubs.notify(queue, recheckTime(), ended))
  }
}

/**
 * Does what `deleteFile` does after the deletion, for a file that something else has deleted. Returns
 * false, and does nothing, if there is a file. Jobs that wait for an import stay: it stores a new file.
 *
 * @param keepsVariants true if the variants of the file are still wanted
 */
export async function recordDeletedFile(
  platform: Platform,
  filePath: string,
  keepsVariants: boolean,
): Promise<boolean> {
  const write = await beginWrite(platform, filePath)
  if (await platform.originals.head(filePath)) {
    return false
  }
  if (write.revision !== null) {
    await finishWrite(platform, write)
  }
  await endFile(platform, filePath, { keepsVariants, keepsImporting: true })
  return true
}

/** Does what `putFile` does after the write, for a file that something else may have stored. */
export async function recordStoredFile(platform: Platform, stored: StoredObject): Promise<void> {
  const write = await beginWrite(platform, stored.key)
  // Without a row, no key is charged for an earlier file.
  if (write.revision !== null) {
    await finishWrite(platform, write)
  }
  await retireReplacedVariants(platform, stored)
}
