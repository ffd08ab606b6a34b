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
import type { StoredObject } from '../../storage/objectStore.ts'
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
  if (completed.ok && upload.directSizeBytes !== null) {
    const { sizeBytes } = completed.object
    if (sizeBytes !== upload.directSizeBytes) {
      await store.delete([upload.filePath])
      await finishWrite(platform, write)
      await deleteUpload(platform.db, id)
      return errorResult(
        'invalid_request',
        `parts: The file must have ${upload.directSizeBytes} bytes (got ${sizeBytes}). It was deleted. Begin a new upload.`,
      )
    }
  }
  if (completed.ok) {
    return recordCompletion(platform, { upload, write, parts }, completed.object)
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
    .map(({ partNumber, etag }) => ({ partNumber, etag: etag.replace(/^(?:W\/)?"(.*)"$/, '$1') }))
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
  const { id, apiKeyId } = upload
  const { etag, sizeBytes } = object
  // One transaction deletes the reservations of the parts and charges the file.
  await finishWrite(platform, write, { keyId: apiKeyId, sizeBytes })
  const partsHash = await hashParts(parts)
  const completion = { completedAt: Date.now(), partsHash, etag, sizeBytes }
  await recordCompletedUpload(platform.db, id, completion)
  await retireReplacedVariants(platform, object)
  return { ok: true, file: serializeFile(object) }
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
