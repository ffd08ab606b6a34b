/**
 * Storage quota of API keys. A write begins with a reservation and ends by recording what is stored
 * under its path. If another write to the path was recorded in between, the store is read again
 * before recording, so that the last record is right for every order of concurrent writes.
 */
import { writeCount } from '../../contract/writeCount.ts'
import { findKey } from '../../db/apiKeys.ts'
import {
  deleteReservations,
  findRevisions,
  recordFile,
  reserveFiles,
  reserveUploadPart,
  type StorageReservation,
} from '../../db/files.ts'
import type { ApiKeyRow, UploadRow } from '../../db/rows.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { readStoredSize, type StoredSize } from '../../storage/originals.ts'
import type { Platform } from '../ports.ts'

export type QuotaExceeded = ErrorResult<'storage_cap_reached'>

/** Reserves storage for all files, or for none. If `keyId` is null, no storage is reserved. */
export async function reserveStorage(
  { db }: Platform,
  keyId: string | null,
  files: { filePath: string; sizeBytes: number }[],
): Promise<{ ok: true; reservations: StorageReservation[] } | QuotaExceeded> {
  const requested = files.map((file) => ({ ...file, id: `put_${crypto.randomUUID()}` }))
  const isCharged = keyId !== null && (await reserveFiles(db, keyId, requested, Date.now()))
  if (keyId !== null && !isCharged) {
    // A key that was deleted in the meantime has no quota.
    const key = await findKey(db, keyId)
    if (key) {
      return quotaError(
        key,
        files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
      )
    }
  }
  const revisions = await findRevisions(
    db,
    files.map(({ filePath }) => filePath),
  )
  const reservations = requested.map(({ id, filePath }) => ({
    id: isCharged ? id : null,
    filePath,
    revision: revisions.get(filePath) ?? null,
  }))
  return { ok: true, reservations }
}

/** Reserves storage for a part of an upload, until the upload ends. */
export async function reservePart(
  { db }: Platform,
  upload: UploadRow,
  part: number,
  sizeBytes: number,
): Promise<{ ok: true } | QuotaExceeded> {
  if (
    upload.apiKeyId === null ||
    (await reserveUploadPart(db, upload.id, part, sizeBytes, Date.now()))
  ) {
    return { ok: true }
  }
  const key = await findKey(db, upload.apiKeyId)
  return key?.maxStoredBytes ? quotaError(key, sizeBytes) : { ok: true }
}

function quotaError({ maxStoredBytes, storedBytes }: ApiKeyRow, sizeBytes: number): QuotaExceeded {
  return errorResult(
    'storage_cap_reached',
    `This key may store ${writeCount(maxStoredBytes ?? 0, 'byte')} and has stored ${storedBytes}, including uploads in progress. Another ${writeCount(sizeBytes, 'byte')} would exceed the limit. Delete files (DELETE /files/{path}), abort uploads, or ask for a larger maxStoredBytes.`,
  )
}

/**
 * Begins a write without reserving storage: a deletion, or an upload whose parts are reserved
 * already.
 */
export async function beginWrite({ db }: Platform, filePath: string): Promise<StorageReservation> {
  const revisions = await findRevisions(db, [filePath])
  return { id: null, filePath, revision: revisions.get(filePath) ?? null }
}

/**
 * Ends a write: records what is stored under its path, and deletes the reservation.
 *
 * @param known what the write has stored; if absent, the store is read
 */
export async function finishWrite(
  platform: Platform,
  reservation: StorageReservation,
  known?: StoredSize,
): Promise<void> {
  const { db, originals } = platform
  const { filePath } = reservation
  let { revision } = reservation
  let stored = known ?? (await readStoredSize(originals, filePath))
  for (;;) {
    const result = await recordFile(db, { ...reservation, revision }, stored, Date.now())
    if (result.recorded) {
      return
    }
    // Another write was recorded first, so `stored` may be outdated. Read it again, with the new
    // revision.
    revision = result.revision
    stored = await readStoredSize(originals, filePath)
  }
}

/** Deletes the reservations of files that were not stored. */
export async function releaseReservations(
  { db }: Platform,
  reservations: StorageReservation[],
): Promise<void> {
  const ids = reservations.flatMap(({ id }) => id ?? [])
  if (ids.length > 0) {
    await deleteReservations(db, ids)
  }
}
