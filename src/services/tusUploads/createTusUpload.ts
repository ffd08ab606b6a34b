/** Creates tus uploads. */
import { writeCount } from '../../contract/writeCount.ts'
import { insertTusUpload, listSignedUploads, type TusUpload } from '../../db/tusUploads.ts'
import { canSeePath, chargedKeyId } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { findNameError, findSizeError } from '../../storage/contentCheck.ts'
import { type ContentError, originalAttributes } from '../../storage/originals.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import type { Uploader } from '../files/files.ts'
import { deleteUploadAndParts, TUS_ID_PREFIX } from '../files/multipartUploads.ts'
import { choosePartSize, MAX_FILE_BYTES } from '../files/partSize.ts'
import { type QuotaExceeded, reservePart } from '../files/storageQuota.ts'
import type { Platform } from '../ports.ts'

export interface NewTusUpload {
  filePath: string
  /** Null if it is deferred. */
  lengthBytes: number | null
  /** `Upload-Metadata`, as it was sent. */
  metadata: string
  /** The limit of the signed URL that the upload is created with; null if there is none. */
  maxBytes: number | null
  isSigned: boolean
}

export async function createTusUpload(
  platform: Platform,
  caller: Uploader,
  { filePath, lengthBytes, metadata, maxBytes, isSigned }: NewTusUpload,
): Promise<({ ok: true } & TusUpload) | ErrorResult<ContentError | 'forbidden'> | QuotaExceeded> {
  if (!canSeePath(caller, filePath)) {
    return folderError(caller)
  }
  const error =
    findNameError(filePath) ??
    (lengthBytes === null ? null : findLengthError(filePath, lengthBytes, maxBytes))
  if (error) {
    return error
  }
  const apiKeyId = chargedKeyId(caller)
  const id = `${TUS_ID_PREFIX}${crypto.randomUUID().replaceAll('-', '')}`
  const signedPath = isSigned ? filePath : null
  // One unfinished upload for each signed path: a signed URL could otherwise fill the storage.
  for (const earlier of signedPath === null ? [] : await listSignedUploads(platform.db, filePath)) {
    await deleteUploadAndParts(platform, earlier)
  }
  const { uploadId } = await platform.originals.createMultipartUpload(
    filePath,
    originalAttributes(filePath, apiKeyId, id),
  )
  const upload = {
    id,
    filePath,
    uploadId,
    apiKeyId,
    directSizeBytes: null,
    createdAt: Date.now(),
    completedAt: null,
    partsHash: null,
    etag: null,
    sizeBytes: null,
  }
  const tus = {
    id,
    lengthBytes,
    partSizeBytes: choosePartSize(lengthBytes),
    offsetBytes: 0,
    tailKey: null,
    metadata,
    signedPath,
    maxBytes,
    lockToken: null,
    lockedUntil: 0,
  }
  await insertTusUpload(platform.db, upload, tus)
  const reserved = await reserveTusBytes(platform, { upload, tus }, lengthBytes ?? 0)
  if (!reserved.ok) {
    await deleteUploadAndParts(platform, upload)
    return reserved
  }
  return { ok: true, upload, tus }
}

/** Returns an error if a file of this length cannot be stored, else null. */
export function findLengthError(
  filePath: string,
  lengthBytes: number,
  maxBytes: number | null,
): ErrorResult<ContentError> | null {
  if (lengthBytes === 0) {
    return errorResult('content_mismatch', 'The file is empty.')
  }
  const limit = Math.min(maxBytes ?? MAX_FILE_BYTES, MAX_FILE_BYTES)
  return lengthBytes > limit
    ? errorResult(
        'too_large',
        `This upload accepts up to ${writeCount(limit, 'byte')} (got ${lengthBytes}).`,
      )
    : findSizeError(filePath, lengthBytes)
}

/** Reserves the storage of an upload up to a length. A smaller reservation of it is extended. */
export function reserveTusBytes(platform: Platform, { upload }: TusUpload, lengthBytes: number) {
  return lengthBytes === 0 ? ({ ok: true } as const) : reservePart(platform, upload, 1, lengthBytes)
}
