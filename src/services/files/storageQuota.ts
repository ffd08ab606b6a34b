/**
 * What keys have stored, against what they may. Whoever writes to a path holds room for it first and
 * settles it afterwards. Of writers at the same time each settles what R2 has, as the one that is last
 * to settle has looked after the last of them wrote; so the sums are those of what is stored.
 */
import {
  reserveFiles,
  reserveUploadPart,
  deleteReservations,
  findRevisions,
  type StorageReservation,
  recordFile,
} from '../../db/files.ts'
import { findKey } from '../../db/apiKeys.ts'
import type { ApiKeyRow, UploadRow } from '../../db/rows.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { readStoredSize, type StoredSize } from '../../storage/originals.ts'
import type { Platform } from '../ports.ts'

export type QuotaExceeded = ErrorResult<'storage_cap_reached'>

function full({ maxStoredBytes, storedBytes }: ApiKeyRow, sizeBytes: number): QuotaExceeded {
  return errorResult(
    'storage_cap_reached',
    `This key may store ${maxStoredBytes} bytes and has ${storedBytes}, with what is on its way; there is no room for ${sizeBytes} more. Delete files (DELETE /files/{path}), abort uploads, or have its maxStoredBytes raised.`,
  )
}

/** Holds room for all of `wanted`, or for none; a caller without a key needs none. */
export async function reserveStorage(
  { db }: Platform,
  keyId: string | null,
  wanted: { filePath: string; sizeBytes: number }[],
): Promise<{ ok: true; holds: StorageReservation[] } | QuotaExceeded> {
  const asked = wanted.map((file) => ({ ...file, id: `put_${crypto.randomUUID()}` }))
  const charged = keyId !== null && (await reserveFiles(db, keyId, asked, Date.now()))
  if (keyId !== null && !charged) {
    // A key that was deleted meanwhile has no cap any more.
    const key = await findKey(db, keyId)
    const sum = wanted.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
    if (key) {
      return full(key, sum)
    }
  }
  const revisions = await findRevisions(
    db,
    wanted.map(({ filePath }) => filePath),
  )
  const holds = asked.map(({ id, filePath }) => ({
    id: charged ? id : null,
    filePath,
    revision: revisions.get(filePath) ?? null,
  }))
  return { ok: true, holds }
}

/** Holds room for a part of an upload, until the upload ends. */
export async function reservePart(
  { db }: Platform,
  upload: UploadRow,
  part: number,
  sizeBytes: number,
): Promise<{ ok: true } | QuotaExceeded> {
  if (upload.apiKeyId === null) {
    return { ok: true }
  }
  if (await reserveUploadPart(db, upload.id, part, sizeBytes, Date.now())) {
    return { ok: true }
  }
  const key = await findKey(db, upload.apiKeyId)
  return key?.maxStoredBytes ? full(key, sizeBytes) : { ok: true }
}

/** For a write that is about to change a path and for which nothing is held. */
export async function unreservedWrite(
  { db }: Platform,
  filePath: string,
): Promise<StorageReservation> {
  const revisions = await findRevisions(db, [filePath])
  return { id: null, filePath, revision: revisions.get(filePath) ?? null }
}

/** Lets go of what was held for what did not come. */
export async function releaseReservations(
  { db }: Platform,
  holds: StorageReservation[],
): Promise<void> {
  const ids = holds.flatMap(({ id }) => id ?? [])
  if (ids.length > 0) {
    await deleteReservations(db, ids)
  }
}

/**
 * Puts down what is under the hold's path: what the writer knows that it has put there after the
 * hold began, or what R2 says.
 */
export async function settle(
  platform: Platform,
  hold: StorageReservation,
  known?: StoredSize,
): Promise<void> {
  const { db, originals } = platform
  let { revision } = hold
  let stored = known ?? (await readStoredSize(originals, hold.filePath))
  for (;;) {
    const outcome = await recordFile(db, { ...hold, revision }, stored, Date.now())
    if (outcome.recorded) {
      return
      // Another has settled it. The look comes after the revision that it is put down against.
    }
    ;({ revision } = outcome)
    stored = await readStoredSize(originals, hold.filePath)
  }
}
