/** Originals that come in parts, since one request may be too small for them. */
import type { UploadedPart } from '../../contract/runnerProtocol.ts'
import { deleteUpload, findUpload, insertUpload, listUploadsBefore } from '../../db/uploads.ts'
import { EXTENSIONS, readExtension } from '../../contract/fileTypes.ts'
import { chargedKeyId, type Restriction, canSeePath } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { SizedBody, StoredObject } from '../../storage/objectStore.ts'
import {
  originalAttributes,
  putChecked,
  type StoreOutcome,
  wrongSizeError,
} from '../../storage/originals.ts'
import { outside, retireOlder, type Storer } from './files.ts'
import type { Platform } from '../ports.ts'
import { type QuotaExceeded, unreservedWrite, reservePart, settle } from './storageQuota.ts'
import type { UploadRow } from '../../db/rows.ts'

type NotFound = ErrorResult<'upload_not_found'>
function notFound(id: string): NotFound {
  return errorResult(
    'upload_not_found',
    `There is no upload ${id}: it was completed, aborted or too old.`,
  )
}

/** Begins the upload of a file to `filePath`. */
export async function beginUpload(
  { db, originals }: Platform,
  caller: Storer,
  filePath: string,
): Promise<{ ok: true; id: string } | ErrorResult<'content_mismatch' | 'forbidden'>> {
  if (!canSeePath(caller, filePath)) {
    return outside(caller)
  }
  if (readExtension(filePath) === null) {
    return errorResult(
      'content_mismatch',
      `The name ${filePath} must end in one of .${EXTENSIONS.join(', .')}`,
    )
  }
  const keyId = chargedKeyId(caller)
  const { uploadId } = await originals.createMultipartUpload(
    filePath,
    originalAttributes(filePath, keyId),
  )
  const id = `upl_${crypto.randomUUID().replaceAll('-', '')}`
  await insertUpload(db, { id, filePath, uploadId, apiKeyId: keyId, createdAt: Date.now() })
  return { ok: true, id }
}

function toMultipartUpload({ filePath, uploadId }: UploadRow) {
  return { key: filePath, uploadId }
}

/** An upload that the caller can see. */
async function findOwn({ db }: Platform, within: Restriction, id: string) {
  const upload = await findUpload(db, id)
  return upload && canSeePath(within, upload.filePath) ? upload : undefined
}

/** Stores one part; the first shows whether the content is what the name says. */
export async function putUploadPart(
  platform: Platform,
  within: Restriction,
  id: string,
  partNumber: number,
  content: SizedBody,
): Promise<StoreOutcome<UploadedPart> | NotFound | QuotaExceeded> {
  const upload = await findOwn(platform, within, id)
  if (!upload) {
    return notFound(id)
  }
  const room = await reservePart(platform, upload, partNumber, content.sizeBytes)
  if (!room.ok) {
    return room
  }
  const put = (part: SizedBody) =>
    platform.originals.uploadPart(toMultipartUpload(upload), partNumber, part)
  const result =
    partNumber === 1 ? await putChecked(upload.filePath, content, put) : await put(content)
  if (result.ok) {
    return { ok: true, stored: result.part }
  }
  if ('code' in result) {
    return result
  }
  return result.reason === 'gone' ? notFound(id) : wrongSizeError(content)
}

/** Makes the parts one file, which takes the place of what was under its path. */
export async function completeUpload(
  platform: Platform,
  within: Restriction,
  id: string,
  parts: UploadedPart[],
): Promise<
  { ok: true; filePath: string; object: StoredObject } | NotFound | ErrorResult<'invalid_request'>
> {
  const upload = await findOwn(platform, within, id)
  if (!upload) {
    return notFound(id)
  }
  // Without part 1 nothing has shown what the content is.
  if (!parts.some((part) => part.partNumber === 1)) {
    return errorResult('invalid_request', 'parts: part 1 is missing')
  }
  const { apiKeyId: keyId, filePath } = upload
  const hold = { ...(await unreservedWrite(platform, filePath)), id }
  const completed = await platform.originals.completeMultipartUpload(
    toMultipartUpload(upload),
    parts,
  )
  if (!completed.ok && completed.reason === 'gone') {
    await drop(platform, upload)
    return notFound(id)
  }
  if (!completed.ok) {
    return errorResult(
      'invalid_request',
      'parts: these do not make a file. Each has to be sent and named with its etag, all but the last must have the same size, of at least 5 MiB.',
    )
  }
  const { object } = completed
  // What the parts were charged as ends in the statement that charges for the file.
  await settle(platform, hold, { keyId, sizeBytes: object.sizeBytes })
  await deleteUpload(platform.db, id)
  await retireOlder(platform, filePath, object)
  return { ok: true, filePath, object }
}

/** Drops an upload and the parts that came. */
export async function abortUpload(
  platform: Platform,
  within: Restriction,
  id: string,
): Promise<{ ok: true } | NotFound> {
  const upload = await findOwn(platform, within, id)
  if (!upload) {
    return notFound(id)
  }
  await drop(platform, upload)
  return { ok: true }
}

/** Drops up to `limit` uploads that began before `before` (ms): nobody is going to finish these. */
export async function dropOldUploads(platform: Platform, before: number, limit: number) {
  for (const upload of await listUploadsBefore(platform.db, before, limit)) {
    await drop(platform, upload)
  }
}

async function drop(platform: Platform, upload: UploadRow) {
  const aborted = await platform.originals.abortMultipartUpload(toMultipartUpload(upload))
  if (!aborted.ok) {
    // The store has deleted it by itself, or it was completed and the completion was not recorded.
    await settle(platform, await unreservedWrite(platform, upload.filePath))
  }
  await deleteUpload(platform.db, upload.id)
}
