/** Appends the bytes of a request to a tus upload, and completes the upload with its last byte. */
import { writeCount } from '../../contract/writeCount.ts'
import { listUploadParts } from '../../db/uploads.ts'
import {
  findTusUpload,
  lockTusUpload,
  setTusLength,
  type StoredPart,
  type TusUpload,
} from '../../db/tusUploads.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { BodyReader } from '../../storage/bodyReader.ts'
import type { ContentError } from '../../storage/originals.ts'
import { assembleParts, recoverCompletion } from '../files/completeUpload.ts'
import { uploadNotFound } from '../files/multipartUploads.ts'
import { beginWrite, type QuotaExceeded } from '../files/storageQuota.ts'
import type { Platform } from '../ports.ts'
import { type Checksum, ChecksumReader } from './checksum.ts'
import { findLengthError, reserveTusBytes } from './createTusUpload.ts'
import { receiveSlot, type SlotState } from './receiveSlot.ts'
import { HeldLock, LockLostError, lockUntil } from './tusLock.ts'

/**
 * A body of which nothing arrives for this time counts as cut. It is short, because a client that
 * lost its connection unnoticed waits for the lock; a slow client loses nothing but the request.
 */
const IDLE_MS = 5_000

export interface Append {
  /** `Upload-Offset`. */
  offset: number
  body: ReadableStream<Uint8Array> | null
  /** `Content-Length`; null if it is not known. */
  sizeBytes: number | null
  /** `Upload-Length`, of an upload whose length was deferred. */
  lengthBytes: number | null
  checksum: Checksum | null
}

export type AppendOutcome =
  | { ok: true; offset: number }
  | QuotaExceeded
  | ErrorResult<
      | ContentError
      | 'checksum_mismatch'
      | 'invalid_request'
      | 'length_required'
      | 'offset_mismatch'
      | 'upload_locked'
      | 'upload_not_found'
    >

/** Stores the bytes that arrive, also those of a body that is cut. */
export async function appendBytes(
  platform: Platform,
  found: TusUpload,
  append: Append,
): Promise<AppendOutcome> {
  const { upload } = found
  const offset = upload.completedAt === null ? found.tus.offsetBytes : upload.sizeBytes!
  if (offset !== append.offset) {
    return offsetError(offset, append.offset)
  }
  if (upload.completedAt !== null) {
    return (append.sizeBytes ?? 0) > 0
      ? errorResult('too_large', `The upload is complete, with ${writeCount(offset, 'byte')}.`)
      : { ok: true, offset }
  }
  const prepared = await prepareLength(platform, found, append)
  if (!prepared.ok) {
    return prepared
  }
  const lock = { id: upload.id, token: crypto.randomUUID() }
  const tus = await lockTusUpload(platform.db, lock, append.offset, Date.now(), lockUntil())
  if (!tus) {
    return explainRefusal(platform, upload.id, append.offset)
  }
  const held = new HeldLock(platform, lock)
  // If the client disconnects, the request is cancelled. Deferred work continues, so that what has
  // arrived is kept and the lock is released.
  const received = receiveLocked(platform, { upload, tus }, append, held)
  platform.defer(received.catch(() => undefined))
  try {
    return await received
  } catch (error) {
    if (error instanceof LockLostError) {
      return explainRefusal(platform, upload.id, append.offset)
    }
    throw error
  }
}

/** Checks the length of the upload as far as it is known, sets a deferred one, and reserves storage. */
async function prepareLength(
  platform: Platform,
  found: TusUpload,
  { offset, sizeBytes, lengthBytes }: Append,
): Promise<{ ok: true } | Extract<AppendOutcome, { ok: false }>> {
  const { upload, tus } = found
  if (lengthBytes !== null && tus.lengthBytes !== null && lengthBytes !== tus.lengthBytes) {
    return errorResult(
      'invalid_request',
      `Upload-Length is ${tus.lengthBytes} and cannot be changed (got ${lengthBytes}).`,
    )
  }
  const known = tus.lengthBytes ?? lengthBytes
  const end = offset + (sizeBytes ?? 0)
  if (known !== null && end > known) {
    return errorResult(
      'too_large',
      `The body ends at byte ${end}, beyond the Upload-Length of ${known}. Send the bytes from the Upload-Offset up to the Upload-Length.`,
    )
  }
  if (tus.lengthBytes !== null) {
    return { ok: true }
  }
  if (known === null && sizeBytes === null) {
    return errorResult(
      'length_required',
      'Content-Length is missing. Send it, or the Upload-Length, which was deferred.',
    )
  }
  const isEmpty = known === null && end === 0
  const error = isEmpty ? null : findLengthError(upload.filePath, known ?? end, tus.maxBytes)
  if (error) {
    return error
  }
  const reserved = await reserveTusBytes(platform, found, known ?? end)
  if (reserved.ok && lengthBytes !== null) {
    await setTusLength(platform.db, upload.id, lengthBytes)
  }
  return reserved
}

async function receiveLocked(
  platform: Platform,
  found: TusUpload,
  append: Append,
  lock: HeldLock,
): Promise<AppendOutcome> {
  try {
    return await receive(platform, found, append, lock)
  } finally {
    await lock.release()
  }
}

async function receive(
  platform: Platform,
  found: TusUpload,
  append: Append,
  lock: HeldLock,
): Promise<AppendOutcome> {
  const { upload, tus } = found
  const body = new BodyReader(append.body, append.sizeBytes, IDLE_MS)
  const checksum = append.checksum && new ChecksumReader(append.checksum)
  const options = {
    keepsCutBody: checksum === null,
    async onBytes(bytes: Uint8Array) {
      await Promise.all([lock.keep(), checksum?.add(bytes)])
    },
  }
  let { offsetBytes: offset, tailKey } = tus
  const oldTails = tailKey === null ? [] : [tailKey]
  const parts: StoredPart[] = []
  for (;;) {
    const slot = chooseSlot(found, offset, tailKey)
    if (slot.sizeBytes === 0) {
      break
    }
    const result = await receiveSlot(platform, found, slot, body, options)
    if (!result.ok) {
      body.cancel()
      return 'code' in result ? result : recoverGone(platform, found)
    }
    if (result.stored === 'nothing') {
      break
    }
    offset += result.newBytes
    tailKey = result.stored === 'tail' ? result.tailKey : null
    if (result.stored === 'part') {
      parts.push(result.part)
    }
    if (offset === tus.lengthBytes || result.stored === 'tail') {
      break
    }
    // Without a checksum, each part is kept at once, so that a Worker that dies loses one part.
    if (!checksum && !slot.isLast) {
      await lock.record({ parts: parts.splice(0), offsetBytes: offset, tailKey })
    }
  }
  const refused = await findBodyError(body, checksum)
  if (refused) {
    body.cancel()
    if (tailKey !== null && tailKey !== tus.tailKey) {
      platform.defer(platform.variants.delete([tailKey]))
    }
    return refused
  }
  const isComplete = offset === tus.lengthBytes && tailKey === null
  if (isComplete) {
    const stored = await listUploadParts(platform.db, upload.id)
    const completed = await assembleParts(platform, upload, [...stored, ...parts])
    if (!completed.ok) {
      return completed
    }
  } else if (offset > tus.offsetBytes) {
    await lock.record({ parts, offsetBytes: offset, tailKey })
  }
  platform.defer(platform.variants.delete(oldTails.filter((key) => key !== tailKey)))
  return { ok: true, offset }
}

function chooseSlot({ tus }: TusUpload, offset: number, tailKey: string | null): SlotState {
  const { partSizeBytes, lengthBytes } = tus
  const heldBytes = tailKey === null ? 0 : offset % partSizeBytes
  const start = offset - heldBytes
  const rest = (lengthBytes ?? Infinity) - start
  return {
    partNumber: start / partSizeBytes + 1,
    sizeBytes: Math.min(partSizeBytes, rest),
    heldBytes,
    tailKey,
    isLast: rest <= partSizeBytes,
  }
}

/** Returns an error if nothing of a body may be kept, because of its checksum or its length. */
async function findBodyError(body: BodyReader, checksum: ChecksumReader | null) {
  if (body.remainingBytes === null && (await body.read(1)) !== null) {
    return errorResult('too_large', 'The body has more bytes than Upload-Length leaves.')
  }
  if (checksum === null) {
    return null
  }
  if (body.isCut) {
    return errorResult(
      'checksum_mismatch',
      'The body ended before its Content-Length, so its checksum cannot be compared. Nothing of it was kept.',
    )
  }
  return (await checksum.matches())
    ? null
    : errorResult(
        'checksum_mismatch',
        'The body does not have the checksum that Upload-Checksum names. Nothing of it was kept. Send it again.',
      )
}

/** The store does not have the upload any more: it was completed, or it expired there. */
async function recoverGone(platform: Platform, { upload }: TusUpload): Promise<AppendOutcome> {
  const write = { ...(await beginWrite(platform, upload.filePath)), id: upload.id }
  const recovered = await recoverCompletion(platform, { upload, write, parts: [] })
  return recovered.ok ? { ok: true, offset: recovered.file.size } : recovered
}

/** Returns why an upload could not be locked or changed. */
async function explainRefusal(
  platform: Platform,
  id: string,
  offset: number,
): Promise<AppendOutcome> {
  const current = await findTusUpload(platform.db, id)
  if (!current) {
    return uploadNotFound(id)
  }
  const { upload, tus } = current
  const actual = upload.completedAt === null ? tus.offsetBytes : upload.sizeBytes!
  return actual === offset
    ? errorResult(
        'upload_locked',
        'Another request is storing bytes of this upload. Wait for it, or try again in some seconds.',
      )
    : offsetError(actual, offset)
}

function offsetError(actual: number, sent: number) {
  return errorResult(
    'offset_mismatch',
    `The Upload-Offset is ${actual} (got ${sent}). Request it with HEAD, and continue from there.`,
  )
}
