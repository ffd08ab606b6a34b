/** Uploads originals in parts, because the size of a request is limited. */
import { EXTENSIONS, readExtension } from '../../contract/fileTypes.ts'
import type { UploadedPart } from '../../contract/runnerProtocol.ts'
import type { UploadRow } from '../../db/rows.ts'
import { deleteUpload, findUpload, insertUpload } from '../../db/uploads.ts'
import { canSeePath, chargedKeyId, type Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { SizedBody, StoredObject } from '../../storage/objectStore.ts'
import { originalAttributes, putChecked, wrongSizeError } from '../../storage/originals.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import type { Platform } from '../ports.ts'
import { retireReplacedVariants, type Uploader } from './files.ts'
import { beginWrite, finishWrite, type QuotaExceeded, reservePart } from './storageQuota.ts'

type NotFound = ErrorResult<'upload_not_found'>

function notFound(id: string): NotFound {
  return errorResult(
    'upload_not_found',
    `There is no upload ${id}. Uploads end when they are completed or aborted, or expire.`,
  )
}

/** Begins the upload of a file to `filePath`. */
export async function beginUpload(
  { db, originals }: Platform,
  caller: Uploader,
  filePath: string,
): Promise<{ ok: true; id: string } | ErrorResult<'content_mismatch' | 'forbidden'>> {
  if (!canSeePath(caller, filePath)) {
    return folderError(caller)
  }
  if (readExtension(filePath) === null) {
    return errorResult(
      'content_mismatch',
      `The name ${filePath} must end in one of .${EXTENSIONS.join(', .')}`,
    )
  }
  const apiKeyId = chargedKeyId(caller)
  const { uploadId } = await originals.createMultipartUpload(
    filePath,
    originalAttributes(filePath, apiKeyId),
  )
  const id = `upl_${crypto.randomUUID().replaceAll('-', '')}`
  await insertUpload(db, { id, filePath, uploadId, apiKeyId, createdAt: Date.now() })
  return { ok: true, id }
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
  | NotFound
  | QuotaExceeded
  | ErrorResult<'content_mismatch' | 'invalid_request'>
> {
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload) {
    return notFound(id)
  }
  const reserved = await reservePart(platform, upload, partNumber, content.sizeBytes)
  if (!reserved.ok) {
    return reserved
  }
  const put = (part: SizedBody) =>
    platform.originals.uploadPart(toMultipartUpload(upload), partNumber, part)
  const result =
    partNumber === 1 ? await putChecked(upload.filePath, content, put) : await put(content)
  if (result.ok || 'code' in result) {
    return result
  }
  return result.reason === 'gone' ? notFound(id) : wrongSizeError(content)
}

/** Assembles the parts into a file, which replaces the one at its path. */
export async function completeUpload(
  platform: Platform,
  restriction: Restriction,
  id: string,
  parts: UploadedPart[],
): Promise<{ ok: true; file: StoredObject } | NotFound | ErrorResult<'invalid_request'>> {
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload) {
    return notFound(id)
  }
  // The content is checked against the file name only when part 1 is stored.
  if (!parts.some((part) => part.partNumber === 1)) {
    return errorResult('invalid_request', 'parts: part 1 is missing')
  }
  const { apiKeyId, filePath } = upload
  const write = { ...(await beginWrite(platform, filePath)), id }
  const completed = await platform.originals.completeMultipartUpload(
    toMultipartUpload(upload),
    parts,
  )
  if (!completed.ok && completed.reason === 'gone') {
    await deleteUploadAndParts(platform, upload)
    return notFound(id)
  }
  if (!completed.ok) {
    return errorResult(
      'invalid_request',
      'parts: these parts cannot be assembled. Name every part with the etag of its upload. All parts but the last must have the same size, of at least 5 MiB.',
    )
  }
  const { object } = completed
  // One transaction deletes the reservations of the parts and charges the file.
  await finishWrite(platform, write, { keyId: apiKeyId, sizeBytes: object.sizeBytes })
  await deleteUpload(platform.db, id)
  await retireReplacedVariants(platform, object)
  return { ok: true, file: object }
}

/** Deletes an upload and its parts. */
export async function abortUpload(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Promise<{ ok: true } | NotFound> {
  const upload = await findVisibleUpload(platform, restriction, id)
  if (!upload) {
    return notFound(id)
  }
  await deleteUploadAndParts(platform, upload)
  return { ok: true }
}

/** Deletes an upload and its parts, whether the store still has them or not. */
export async function deleteUploadAndParts(platform: Platform, upload: UploadRow): Promise<void> {
  const aborted = await platform.originals.abortMultipartUpload(toMultipartUpload(upload))
  if (!aborted.ok) {
    // The upload has expired in the store, or was completed without a record in the database, so
    // the file that the store has now is recorded.
    await finishWrite(platform, await beginWrite(platform, upload.filePath))
  }
  await deleteUpload(platform.db, upload.id)
}

async function findVisibleUpload({ db }: Platform, restriction: Restriction, id: string) {
  const upload = await findUpload(db, id)
  return upload && canSeePath(restriction, upload.filePath) ? upload : undefined
}

function toMultipartUpload({ filePath, uploadId }: UploadRow) {
  return { key: filePath, uploadId }
}
