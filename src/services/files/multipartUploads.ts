/** Uploads originals in parts, because the size of a request is limited. */
import { shorten } from '../../contract/quote.ts'
import { findNameError, findSizeError } from '../../storage/contentCheck.ts'
import type { UploadedPart } from '../../contract/uploadParts.ts'
import type { UploadRow } from '../../db/rows.ts'
import {
  deleteUpload,
  findUpload,
  insertUpload,
  listUploadParts,
  recordUploadPart,
} from '../../db/uploads.ts'
import { canSeePath, chargedKeyId, type Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { SizedBody } from '../../storage/objectStore.ts'
import {
  type ContentError,
  originalAttributes,
  putChecked,
  wrongSizeError,
} from '../../storage/originals.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import type { Platform } from '../ports.ts'
import { MAX_FILE_BYTES } from './partSize.ts'
import type { Uploader } from './files.ts'
import { beginWrite, finishWrite, type QuotaExceeded, reservePart } from './storageQuota.ts'
import {
  findPartSizeError,
  listDirectParts,
  storeOfUpload,
  toMultipartUpload,
} from './uploadParts.ts'

/** Ids of tus uploads begin with it. They have rows of `uploads` too, but routes of their own. */
export const TUS_ID_PREFIX = 'tus_'
/** Ids of the uploads of imports, to which only the service adds parts. */
export const IMPORT_ID_PREFIX = 'imp_'

/** One is kept; a request that was interrupted can leave another. */
const MAX_TAILS = 1_000

export type UploadNotFound = ErrorResult<'upload_not_found'>

export function uploadNotFound(id: string): UploadNotFound {
  return errorResult(
    'upload_not_found',
    `There is no upload ${shorten(id)}. Uploads end when they are completed or aborted, or expire.`,
  )
}

/**
 * Begins the upload of a file to `filePath`.
 *
 * @param directSizeBytes size of the file of a direct upload, whose storage is reserved; else null
 */
export async function beginUpload(
  platform: Platform,
  caller: Uploader,
  filePath: string,
  directSizeBytes: number | null,
): Promise<
  { ok: true; id: string } | ErrorResult<ContentError | 'forbidden' | 'not_enabled'> | QuotaExceeded
> {
  if (!canSeePath(caller, filePath)) {
    return folderError(caller)
  }
  const error =
    findNameError(filePath) ??
    (directSizeBytes === null ? null : findDirectError(platform, filePath, directSizeBytes))
  if (error) {
    return error
  }
  const store = storeOfUpload(platform, { directSizeBytes })
  const apiKeyId = chargedKeyId(caller)
  const id = `upl_${crypto.randomUUID().replaceAll('-', '')}`
  const { uploadId } = await store.createMultipartUpload(
    filePath,
    originalAttributes(filePath, apiKeyId, id),
  )
  const upload = {
    id,
    filePath,
    uploadId,
    apiKeyId,
    directSizeBytes,
    createdAt: Date.now(),
    completedAt: null,
    partsHash: null,
    etag: null,
    sizeBytes: null,
  }
  await insertUpload(platform.db, upload)
  if (directSizeBytes !== null) {
    const reserved = await reservePart(platform, upload, 1, directSizeBytes)
    if (!reserved.ok) {
      await deleteUploadAndParts(platform, upload)
      return reserved
    }
  }
  return { ok: true, id }
}

function findDirectError(
  platform: Platform,
  filePath: string,
  sizeBytes: number,
): ErrorResult<'too_large' | 'not_enabled'> | null {
  if (!platform.directUploads()) {
    return errorResult(
      'not_enabled',
      'directSize: This service has no direct uploads: its secret DIRECT_UPLOADS is not set. Leave directSize out, and send the parts to the service.',
    )
  }
  return sizeBytes > MAX_FILE_BYTES
    ? errorResult(
        'too_large',
        `directSize: A direct upload has up to ${MAX_FILE_BYTES} bytes (got ${sizeBytes}).`,
      )
    : findSizeError(filePath, sizeBytes)
}

/** Stores one part. The content of part 1 must match the file name. */
export async function putUploadPart(
  platform: Platform,
  restriction: Restriction,
  id: string,
  partNumber: number,
  content: SizedBody,
): Promise<
  | { ok: true; part: UploadedPart }
  | UploadNotFound
  | QuotaExceeded
  | ErrorResult<ContentError | 'invalid_request'>
> {
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload || upload.completedAt !== null) {
    return uploadNotFound(id)
  }
  const sizeError =
    findSizeError(upload.filePath, content.sizeBytes, partNumber) ??
    findPartSizeError(upload, partNumber, content.sizeBytes)
  if (sizeError !== null) {
    return sizeError
  }
  const isDirect = upload.directSizeBytes !== null
  const reserved = isDirect
    ? ({ ok: true } as const)
    : await reservePart(platform, upload, partNumber, content.sizeBytes)
  if (!reserved.ok) {
    return reserved
  }
  const store = storeOfUpload(platform, upload)
  const put = (part: SizedBody) => store.uploadPart(toMultipartUpload(upload), partNumber, part)
  const result =
    partNumber === 1 ? await putChecked(upload.filePath, content, put) : await put(content)
  // The parts of a direct upload are listed by its bucket.
  if (result.ok && !isDirect) {
    const { partNumber, etag } = result.part
    await recordUploadPart(platform.db, id, { partNumber, etag, sizeBytes: content.sizeBytes })
  }
  if (result.ok || 'code' in result) {
    return result
  }
  return result.reason === 'gone' ? uploadNotFound(id) : wrongSizeError(content)
}

/** Deletes an upload and its parts. */
export async function abortUpload(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Promise<{ ok: true } | UploadNotFound> {
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload || upload.completedAt !== null) {
    return uploadNotFound(id)
  }
  await deleteUploadAndParts(platform, upload)
  return { ok: true }
}

export interface UploadState {
  upload: UploadRow
  parts: { partNumber: number; etag: string; size: number }[]
}

/** Reads an upload and its stored parts. */
export async function readUpload(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Promise<({ ok: true } & UploadState) | UploadNotFound> {
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload) {
    return uploadNotFound(id)
  }
  const parts =
    upload.directSizeBytes === null
      ? await listUploadParts(platform.db, id)
      : await listDirectParts(platform, upload)
  return { ok: true, upload, parts }
}

/**
 * Deletes an upload and its parts, whether the store still has them or not. The file of a completed
 * upload stays.
 */
export async function deleteUploadAndParts(platform: Platform, upload: UploadRow): Promise<void> {
  await deleteTails(platform, upload)
  if (upload.completedAt !== null) {
    return deleteUpload(platform.db, upload.id)
  }
  const aborted = await storeOfUpload(platform, upload).abortMultipartUpload(
    toMultipartUpload(upload),
  )
  if (!aborted.ok) {
    // The upload has expired in the store, or was completed without a record in the database, so
    // the file that the store has now is recorded.
    await finishWrite(platform, await beginWrite(platform, upload.filePath))
  }
  await deleteUpload(platform.db, upload.id)
}

/** Deletes the objects that a tus upload keeps the bytes in that do not make a part yet. */
async function deleteTails({ variants }: Platform, { id }: UploadRow): Promise<void> {
  if (id.startsWith(TUS_ID_PREFIX)) {
    const { objects } = await variants.list(tailPrefix(id), MAX_TAILS)
    await variants.delete(objects.map(({ key }) => key))
  }
}

/** The prefix of the keys of a tus upload's tails, in the bucket of the variants. */
export function tailPrefix(id: string): string {
  return `tus/${id}/`
}

export async function findVisibleUpload({ db }: Platform, restriction: Restriction, id: string) {
  const isOther = [TUS_ID_PREFIX, IMPORT_ID_PREFIX].some((prefix) => id.startsWith(prefix))
  const upload = isOther ? undefined : await findUpload(db, id)
  return upload && canSeePath(restriction, upload.filePath) ? upload : undefined
}
