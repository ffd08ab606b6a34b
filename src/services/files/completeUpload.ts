/**
 * Completes uploads in parts. A completion that is sent again with the same parts gets the same
 * file.
 */
import type { UploadedPart } from '../../contract/uploadParts.ts'
import type { StoredFile } from '../../contract/storedFile.ts'
import type { UploadRow } from '../../db/rows.ts'
import { deleteUpload, findUpload, recordCompletedUpload } from '../../db/uploads.ts'
import type { Restriction } from '../../domain/caller.ts'
import { sha256Hex } from '../../domain/digest.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { type StoredObject, unquoteEtag } from '../../storage/objectStore.ts'
import { isStoredBy, originalContentType } from '../../storage/originals.ts'
import type { Platform } from '../ports.ts'
import { serializeFile } from '../serializers.ts'
import { retireReplacedVariants } from './files.ts'
import {
  deleteUploadAndParts,
  findVisibleUpload,
  type UploadNotFound,
  uploadNotFound,
} from './multipartUploads.ts'
import { beginWrite, finishWrite } from './storageQuota.ts'
import { findPartCountError, storeOfUpload, toMultipartUpload } from './uploadParts.ts'

export type CompletionOutcome =
  { ok: true; file: StoredFile } | UploadNotFound | ErrorResult<'invalid_request'>

/** Assembles the parts into a file, which replaces the one at its path. */
export async function completeUpload(
  platform: Platform,
  restriction: Restriction,
  id: string,
  namedParts: UploadedPart[],
): Promise<CompletionOutcome> {
  const parts = normalizeParts(namedParts)
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload) {
    return uploadNotFound(id)
  }
  if (upload.completedAt !== null) {
    return repeatCompletion(upload, parts)
  }
  // The content is checked against the file name only when part 1 is stored.
  if (parts[0]?.partNumber !== 1) {
    return errorResult('invalid_request', 'parts: Part 1 is missing.')
  }
  return findPartCountError(upload, parts) ?? assembleParts(platform, upload, parts)
}

/** Assembles the parts of an upload that is not completed. @param parts in the order of their numbers */
export async function assembleParts(
  platform: Platform,
  upload: UploadRow,
  parts: UploadedPart[],
): Promise<CompletionOutcome> {
  const { id } = upload
  const write = { ...(await beginWrite(platform, upload.filePath)), id }
  const store = storeOfUpload(platform, upload)
  const completed = await store.completeMultipartUpload(toMultipartUpload(upload), parts)
  if (completed.ok) {
    return recordCompletion(platform, { upload, write, parts }, completed.object)
  }
  if (completed.reason === 'replaced') {
    return recordReplacedFile(platform, { upload, write, parts }, completed.etag)
  }
  if (completed.reason === 'bad_parts') {
    return errorResult(
      'invalid_request',
      'parts: These parts cannot be assembled. Name every part with the etag of its upload. All parts but the last must have the same size, of at least 5 MiB. Nothing was stored, and the upload is still open.',
    )
  }
  return recoverCompletion(platform, { upload, write, parts })
}

/**
 * Returns the file of an upload that the store does not have any more, because another request has
 * completed it; that request may have been interrupted before it recorded the completion. Deletes
 * an upload without a file.
 */
export async function recoverCompletion(
  platform: Platform,
  { upload, write, parts }: Completion,
): Promise<CompletionOutcome> {
  const { id } = upload
  const stored = await storeOfUpload(platform, upload).head(upload.filePath)
  if (stored && isStoredBy(stored, id)) {
    return recordCompletion(platform, { upload, write, parts }, stored)
  }
  const current = await findUpload(platform.db, id)
  if (current && current.completedAt !== null) {
    return repeatCompletion(current, parts)
  }
  await deleteUploadAndParts(platform, upload)
  return uploadNotFound(id)
}

/** Orders parts by their numbers. Etags may have the quotes of the header `ETag`. */
function normalizeParts(parts: UploadedPart[]): UploadedPart[] {
  return parts
    .map(({ partNumber, etag }) => ({ partNumber, etag: unquoteEtag(etag) }))
    .toSorted((one, other) => one.partNumber - other.partNumber)
}

function hashParts(parts: UploadedPart[]): Promise<string> {
  return sha256Hex(JSON.stringify(parts.map(({ partNumber, etag }) => [partNumber, etag])))
}

export interface Completion {
  upload: UploadRow
  write: Awaited<ReturnType<typeof beginWrite>>
  parts: UploadedPart[]
}

async function recordCompletion(
  platform: Platform,
  { upload, write, parts }: Completion,
  object: StoredObject,
): Promise<CompletionOutcome> {
  const { apiKeyId, directSizeBytes } = upload
  const { sizeBytes } = object
  if (directSizeBytes !== null && sizeBytes !== directSizeBytes) {
    return deleteWrongFile(platform, { upload, write }, object)
  }
  // One transaction deletes the reservations of the parts and charges the file.
  await finishWrite(platform, write, { keyId: apiKeyId, sizeBytes })
  await endUpload(platform, upload, parts, object)
  await retireReplacedVariants(platform, object)
  return { ok: true, file: serializeFile(object) }
}

async function endUpload(
  { db }: Platform,
  { id }: UploadRow,
  parts: UploadedPart[],
  { etag, sizeBytes }: Pick<StoredObject, 'etag' | 'sizeBytes'>,
): Promise<void> {
  const partsHash = await hashParts(parts)
  await recordCompletedUpload(db, id, { completedAt: Date.now(), partsHash, etag, sizeBytes })
}

/**
 * Deletes the file of a direct upload that does not have its size, which only a bucket that ignores
 * signed headers can get. The file of another write stays.
 */
async function deleteWrongFile(
  platform: Platform,
  { upload, write }: Pick<Completion, 'upload' | 'write'>,
  object: StoredObject,
): Promise<CompletionOutcome> {
  if (isStoredBy(object, upload.id)) {
    await storeOfUpload(platform, upload).delete([upload.filePath])
  }
  await finishWrite(platform, write)
  await deleteUpload(platform.db, upload.id)
  return errorResult(
    'invalid_request',
    `parts: The file must have ${upload.directSizeBytes} bytes (got ${object.sizeBytes}). It was deleted. Begin a new upload.`,
  )
}

/**
 * Records the completion of a direct upload whose file was replaced or deleted before it was read. Its
 * size is that of the upload, because the sizes of its parts are signed. The other write retires
 * variants.
 */
async function recordReplacedFile(
  platform: Platform,
  { upload, write, parts }: Completion,
  etag: string,
): Promise<CompletionOutcome> {
  // What is stored now is read, and charged.
  await finishWrite(platform, write)
  const { filePath: key, directSizeBytes } = upload
  const file = { key, etag, sizeBytes: directSizeBytes!, contentType: originalContentType(key) }
  await endUpload(platform, upload, parts, file)
  return { ok: true, file: serializeFile(file) }
}

/** Returns the recorded file if the parts are those of the first completion; else an error. */
async function repeatCompletion(
  upload: UploadRow,
  parts: UploadedPart[],
): Promise<CompletionOutcome> {
  if (upload.partsHash !== (await hashParts(parts))) {
    return errorResult(
      'invalid_request',
      `parts: The upload ${upload.id} was completed with other parts. Begin a new upload to store another file.`,
    )
  }
  const { filePath, etag, sizeBytes } = upload
  const contentType = originalContentType(filePath)
  const file = { key: filePath, etag: etag!, sizeBytes: sizeBytes!, contentType }
  return { ok: true, file: serializeFile(file) }
}
