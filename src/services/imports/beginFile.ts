/** Checks the first bytes of a remote file, and begins the upload that its bytes go to. */
import { shorten } from '../../contract/quote.ts'
import { beginImportUpload } from '../../db/importSteps.ts'
import type { ImportRow, UploadRow } from '../../db/rows.ts'
import { joinBytes } from '../../domain/joinBytes.ts'
import type { BodyReader } from '../../storage/bodyReader.ts'
import {
  countCheckedBytes,
  findContentMismatch,
  findSizeError,
} from '../../storage/contentCheck.ts'
import { originalAttributes } from '../../storage/originals.ts'
import { deleteUploadAndParts, IMPORT_ID_PREFIX } from '../files/multipartUploads.ts'
import { reservePart } from '../files/storageQuota.ts'
import type { Platform } from '../ports.ts'
import { type ImportLease, ImportLostError } from './ImportLease.ts'
import type { RemoteBody } from './remoteAnswer.ts'
import type { ImportFailure } from './stepOutcome.ts'

interface BeginningFile {
  row: ImportRow
  remote: RemoteBody
  body: BodyReader
  lease: ImportLease
}

type Begun =
  | { ok: true; upload: UploadRow; leading: Uint8Array }
  | { ok: false; outcome: { type: 'failed' } & ImportFailure }

/** Time for the bytes that are checked. */
const MAX_LEADING_MS = 60_000

export async function beginFile(
  platform: Platform,
  { row, remote, body, lease }: BeginningFile,
): Promise<Begun> {
  const { filePath, apiKeyId } = row
  const timer = setTimeout(() => body.cut(), MAX_LEADING_MS)
  const leading = await readLeading(body, countCheckedBytes(filePath))
  clearTimeout(timer)
  await lease.extend()
  if (leading === null) {
    return failed('import_unavailable', interrupted(remote), 0)
  }
  const sizeError = findSizeError(filePath, remote.sizeBytes ?? leading.length)
  if (sizeError) {
    return failed('import_too_large', sizeError.message)
  }
  const mismatch = await findContentMismatch(filePath, leading)
  if (mismatch !== null) {
    return failed(
      'import_invalid',
      `${mismatch} The server ${remote.host} calls it ${shorten(remote.contentType ?? 'nothing')}. Check that the source is the file itself, and the ending of source.filePath.`,
    )
  }
  const id = `${IMPORT_ID_PREFIX}${crypto.randomUUID().replaceAll('-', '')}`
  const { uploadId } = await platform.originals.createMultipartUpload(
    filePath,
    originalAttributes(filePath, apiKeyId, id),
  )
  const upload = { id, filePath, uploadId, apiKeyId, createdAt: Date.now(), ...NOT_COMPLETED }
  const { etag, validator, sizeBytes, isRange } = remote
  const isCurrent = await beginImportUpload(platform.db, row, upload, {
    etag,
    validator: isRange ? validator : null,
    sizeBytes,
    offsetBytes: 0,
  })
  if (!isCurrent) {
    await deleteUploadAndParts(platform, upload)
    throw new ImportLostError()
  }
  const reserved = await reservePart(platform, upload, 1, sizeBytes ?? leading.length)
  return reserved.ok ? { ok: true, upload, leading } : failed('import_too_large', reserved.message)
}

const NOT_COMPLETED = {
  directSizeBytes: null,
  completedAt: null,
  partsHash: null,
  etag: null,
  sizeBytes: null,
}

export function interrupted({ host }: RemoteBody): string {
  return `The server ${host} ended the transfer before the end of the file, or sent nothing for too long.`
}

function failed(
  code: ImportFailure['code'],
  message: string,
  retryAfterMs?: number,
): Extract<Begun, { ok: false }> {
  const outcome = { type: 'failed' as const, code, message }
  return { ok: false, outcome: retryAfterMs === undefined ? outcome : { ...outcome, retryAfterMs } }
}

/** Reads at least `count` bytes, or the whole body if it is shorter; null if it is cut. */
async function readLeading(body: BodyReader, count: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  while (length < count) {
    const bytes = await body.read(count)
    if (bytes === null) {
      break
    }
    pieces.push(bytes)
    length += bytes.length
  }
  return body.isCut ? null : joinBytes(pieces, length)
}
