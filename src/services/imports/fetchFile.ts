/** Fetches the next bytes of a file from its server, and stores the file when all are there. */
import type { ImportRow, UploadRow } from '../../db/rows.ts'
import { findUpload, listUploadParts } from '../../db/uploads.ts'
import { ROOT } from '../../domain/caller.ts'
import { BodyReader } from '../../storage/bodyReader.ts'
import { assembleParts } from '../files/completeUpload.ts'
import { deleteUploadAndParts } from '../files/multipartUploads.ts'
import { choosePartSize } from '../files/partSize.ts'
import type { Platform, RemoteAnswer } from '../ports.ts'
import { findS3Bucket } from '../s3Credentials.ts'
import { beginFile } from './beginFile.ts'
import type { ImportLease } from './ImportLease.ts'
import type { ImportSource } from './importSource.ts'
import { findSizeFailure, type ReadAnswer, readAnswer, type RemoteBody } from './remoteAnswer.ts'
import type { StepOutcome } from './stepOutcome.ts'
import { transferParts } from './transferParts.ts'

/** Bytes that one step requests, at most, of a server that can continue a transfer. */
const STEP_BYTES = 240 * 1024 * 1024

export async function fetchFile(
  platform: Platform,
  row: ImportRow,
  source: ImportSource,
  lease: ImportLease,
): Promise<StepOutcome> {
  const upload = row.uploadId === null ? undefined : await findUpload(platform.db, row.uploadId)
  // An upload of an earlier import can be completed after that import was cancelled.
  if (upload && upload.completedAt !== null && upload.createdAt >= row.startedAt) {
    return { type: 'stored', etag: upload.etag!, sizeBytes: upload.sizeBytes! }
  }
  if (upload && row.offsetBytes > 0) {
    return row.offsetBytes === row.sizeBytes
      ? assemble(platform, upload)
      : continueFile(platform, row, upload, source, lease)
  }
  // Left of a step that has stored no part, or of an earlier import.
  if (upload) {
    await deleteUploadAndParts(platform, upload)
  }
  return startFile(platform, { ...row, offsetBytes: 0 }, source, lease)
}

async function continueFile(
  platform: Platform,
  row: ImportRow,
  upload: UploadRow,
  source: ImportSource,
  lease: ImportLease,
): Promise<StepOutcome> {
  const { offsetBytes, sizeBytes, validator } = row
  const wholeParts = STEP_BYTES - (STEP_BYTES % choosePartSize(sizeBytes))
  const last = Math.min(offsetBytes + wholeParts, sizeBytes!) - 1
  const answer = await request(platform, source, lease, offsetBytes, {
    Range: `bytes=${offsetBytes}-${last}`,
    'If-Range': validator!,
  })
  if (answer.type !== 'body') {
    return answer.type === 'unchanged' ? { type: 'changed' } : answer
  }
  const { remote } = answer
  if (remote.sizeBytes !== sizeBytes || remote.validator !== validator) {
    await remote.body?.cancel()
    return { type: 'changed' }
  }
  const body = new BodyReader(remote.body, remote.bodyBytes, platform.remoteFiles.idleMs)
  const leading = new Uint8Array()
  return finish(
    platform,
    upload,
    await transferParts(platform, { row, upload, remote, body, leading, lease }),
  )
}

async function startFile(
  platform: Platform,
  row: ImportRow,
  source: ImportSource,
  lease: ImportLease,
): Promise<StepOutcome> {
  const { originals, remoteFiles } = platform
  const { filePath, etag, storedEtag } = row
  const stored = storedEtag === null || etag === null ? null : await originals.head(filePath)
  const isStored = stored !== null && stored.etag === storedEtag
  const conditions = { ...(isStored && { 'If-None-Match': etag! }) }
  let answer = await request(platform, source, lease, 0, {
    ...conditions,
    Range: `bytes=0-${STEP_BYTES - 1}`,
  })
  // A server that cannot continue a transfer is asked for the whole file.
  if (answer.type === 'body' && cannotContinue(answer.remote)) {
    await answer.remote.body?.cancel()
    answer = await request(platform, source, lease, 0, {})
    if (answer.type === 'body' && cannotContinue(answer.remote)) {
      await answer.remote.body?.cancel()
      return notWhole(answer.remote)
    }
  }
  if (answer.type === 'unchanged' && isStored) {
    return { type: 'stored', etag: stored.etag, sizeBytes: stored.sizeBytes }
  }
  if (answer.type !== 'body') {
    return answer.type === 'unchanged' ? { type: 'changed' } : answer
  }
  const { remote } = answer
  const tooLarge = findSizeFailure(remote.sizeBytes ?? 0, remoteFiles.maxBytes)
  if (tooLarge) {
    await remote.body?.cancel()
    return { type: 'failed', ...tooLarge }
  }
  const body = new BodyReader(remote.body, remote.bodyBytes, remoteFiles.idleMs)
  const begun = await beginFile(platform, { row, remote, body, lease })
  if (!begun.ok) {
    body.cancel()
    return begun.outcome
  }
  const { upload, leading } = begun
  const transferred = await transferParts(platform, { row, upload, remote, body, leading, lease })
  return finish(platform, upload, transferred)
}

function cannotContinue({ isRange, validator, bodyBytes, sizeBytes }: RemoteBody): boolean {
  return isRange && validator === null && bodyBytes !== sizeBytes
}

function notWhole({ host }: RemoteBody): StepOutcome {
  return {
    type: 'failed',
    code: 'import_unavailable',
    message: `The server ${host} answers a request for the whole file with a range of it (206), and has no strong ETag and no older Last-Modified, by which a transfer could continue.`,
  }
}

async function request(
  platform: Platform,
  source: ImportSource,
  lease: ImportLease,
  offset: number,
  conditions: Record<string, string>,
): Promise<ReadAnswer> {
  const answer = await open(platform, source, conditions)
  const read = readAnswer(answer, offset, Date.now())
  if (answer.ok && read.type !== 'body') {
    await answer.body?.cancel()
  }
  await lease.extend()
  return read
}

async function open(
  platform: Platform,
  source: ImportSource,
  conditions: Record<string, string>,
): Promise<RemoteAnswer> {
  if ('url' in source) {
    return platform.remoteFiles.open({ ...source, conditions })
  }
  // The request was checked when the import was created. A credential can be deleted since.
  const found = findS3Bucket(platform, ROOT, source.credential, source.bucket)
  return found.ok
    ? platform.remoteFiles.openObject(found.bucket, source.key, conditions)
    : { ok: false, reason: 'refused', message: found.message }
}

async function finish(
  platform: Platform,
  upload: UploadRow,
  transferred: StepOutcome | { type: 'transferred' },
): Promise<StepOutcome> {
  return transferred.type === 'transferred' ? assemble(platform, upload) : transferred
}

async function assemble(platform: Platform, upload: UploadRow): Promise<StepOutcome> {
  const parts = await listUploadParts(platform.db, upload.id)
  const completed = await assembleParts(platform, upload, parts)
  const current = completed.ok ? await findUpload(platform.db, upload.id) : undefined
  if (current?.completedAt == null) {
    throw new Error(completed.ok ? 'the upload was deleted' : completed.message)
  }
  return { type: 'stored', etag: current.etag!, sizeBytes: current.sizeBytes! }
}
