/**
 * Direct uploads: the client sends the parts to the S3 API of the originals' bucket, with URLs that
 * the Worker signs. Only part 1 is sent to the Worker, which checks the content before it stores the
 * part. So no object exists before its content is checked. The size of each part is signed.
 */
import type { Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { findVisibleUpload, type UploadNotFound, uploadNotFound } from './multipartUploads.ts'
import { countPartBytes, countParts, toMultipartUpload } from './uploadParts.ts'

/** Lifetime of the URL of a part. */
export const URL_SECONDS = 3_600

interface PartUrl {
  /** Null for part 1, which is sent to the Worker. */
  url: string | null
  sizeBytes: number
}

/** Signs a URL that stores one part in the bucket. */
export async function signPart(
  platform: Platform,
  restriction: Restriction,
  id: string,
  partNumber: number,
): Promise<({ ok: true } & PartUrl) | UploadNotFound | ErrorResult<'invalid_request'>> {
  const upload = await findVisibleUpload(platform, restriction, id)
  const store = platform.directUploads()
  if (!upload || upload.completedAt !== null || !store) {
    return uploadNotFound(id)
  }
  const { directSizeBytes } = upload
  if (directSizeBytes === null) {
    return errorResult(
      'invalid_request',
      'This upload was begun without directSize. Send its parts with PUT /uploads/{uploadId}/{part}.',
    )
  }
  const sizeBytes = countPartBytes(directSizeBytes, partNumber)
  if (sizeBytes === 0) {
    return errorResult(
      'invalid_request',
      `part: The upload has no part ${partNumber}: its last one is ${countParts(directSizeBytes)}.`,
    )
  }
  const url =
    partNumber === 1
      ? null
      : await store.presignPart(toMultipartUpload(upload), partNumber, sizeBytes, URL_SECONDS)
  return { ok: true, url, sizeBytes }
}
