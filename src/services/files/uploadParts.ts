/** The parts of uploads in parts: their store and, for direct uploads, their sizes. */
import type { UploadedPart } from '../../contract/uploadParts.ts'
import type { UploadRow } from '../../db/rows.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { ObjectStore } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'
import { choosePartSize } from './partSize.ts'

export function toMultipartUpload({ filePath, uploadId }: UploadRow) {
  return { key: filePath, uploadId }
}

/** Returns the size that a part of a direct upload must have; 0 if there is no such part. */
export function countPartBytes(directSizeBytes: number, partNumber: number): number {
  const partSize = choosePartSize(directSizeBytes)
  return Math.min(partSize, Math.max(0, directSizeBytes - (partNumber - 1) * partSize))
}

/** Returns an error if a part of this size does not belong to the upload, else null. */
export function findPartSizeError(
  { directSizeBytes }: UploadRow,
  partNumber: number,
  sizeBytes: number,
): ErrorResult<'invalid_request'> | null {
  const expected =
    directSizeBytes === null ? sizeBytes : countPartBytes(directSizeBytes, partNumber)
  return sizeBytes === expected
    ? null
    : errorResult(
        'invalid_request',
        `Part ${partNumber} of this upload must have ${expected} bytes (got ${sizeBytes}).`,
      )
}

/** Returns the store of an upload. If the secret was removed, the upload is not found in it. */
export function storeOfUpload(
  platform: Platform,
  { directSizeBytes }: Pick<UploadRow, 'directSizeBytes'>,
): ObjectStore {
  return (directSizeBytes === null ? null : platform.directUploads()) ?? platform.originals
}

/** Returns the number of parts of a direct upload. */
export function countParts(directSizeBytes: number): number {
  return Math.ceil(directSizeBytes / choosePartSize(directSizeBytes))
}

/** The parts of a direct upload that its bucket has. */
export async function listDirectParts(platform: Platform, upload: UploadRow) {
  const parts = await platform.directUploads()?.listParts(toMultipartUpload(upload))
  return (parts ?? []).map(({ partNumber, etag, sizeBytes }) => ({
    partNumber,
    etag,
    size: sizeBytes,
  }))
}

/**
 * Returns an error if the number of the parts is not that of the file, else null. Their sizes are signed,
 * and the completion compares their sum.
 */
export function findPartCountError(
  { directSizeBytes }: UploadRow,
  { length }: UploadedPart[],
): ErrorResult<'invalid_request'> | null {
  const count = directSizeBytes === null ? length : countParts(directSizeBytes)
  return length === count
    ? null
    : errorResult('invalid_request', `parts: The upload has ${count} parts (got ${length}).`)
}
