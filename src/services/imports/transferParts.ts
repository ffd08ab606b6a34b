/** Moves the body of an answer into the parts of an upload, and records each part. */
import { recordImportPart } from '../../db/importSteps.ts'
import type { ImportRow, UploadRow } from '../../db/rows.ts'
import type { BodyReader } from '../../storage/bodyReader.ts'
import { choosePartSize } from '../files/partSize.ts'
import { reservePart } from '../files/storageQuota.ts'
import { toMultipartUpload } from '../files/uploadParts.ts'
import type { Platform } from '../ports.ts'
import { interrupted } from './beginFile.ts'
import { type ImportLease, ImportLostError, leaseUntil } from './ImportLease.ts'
import { findSizeFailure, type RemoteBody } from './remoteAnswer.ts'
import type { StepOutcome } from './stepOutcome.ts'
import { MEMORY_PART_BYTES, storePart } from './storePart.ts'

/** A step begins no further part after this time, if the server can continue the transfer. */
const MAX_STEP_MS = 60_000
/** No body is read for longer. The consumer of a queue is stopped after 15 minutes. */
const MAX_BODY_MS = 12 * 60_000

interface Transfer {
  row: ImportRow
  upload: UploadRow
  remote: RemoteBody
  body: BodyReader
  /** Bytes that were read before, to check them. */
  leading: Uint8Array
  lease: ImportLease
}

export async function transferParts(
  platform: Platform,
  transfer: Transfer,
): Promise<StepOutcome | { type: 'transferred' }> {
  const { body } = transfer
  // A server that sends slowly but without a pause would otherwise hold the step for ever.
  const timer = setTimeout(() => body.cut(), MAX_BODY_MS)
  try {
    return await transferAll(platform, transfer)
  } finally {
    clearTimeout(timer)
    body.cancel()
  }
}

async function transferAll(
  platform: Platform,
  { row, upload, remote, body, lease, ...transfer }: Transfer,
): Promise<StepOutcome | { type: 'transferred' }> {
  const { sizeBytes, isRange, bodyBytes } = remote
  const startedAt = Date.now()
  const partSize = sizeBytes === null ? MEMORY_PART_BYTES : choosePartSize(sizeBytes)
  const end = isRange ? row.offsetBytes + bodyBytes! : sizeBytes
  const canContinue = isRange && remote.validator !== null
  let { leading } = transfer
  let offset = row.offsetBytes
  for (;;) {
    const wanted = sizeBytes === null ? null : Math.min(partSize, sizeBytes - offset)
    // The range can end inside a part, which the next step then requests as a whole.
    if (wanted !== null && offset + wanted > end!) {
      return lease.hasProgress ? { type: 'more' } : rangeTooShort(remote, wanted)
    }
    let position = offset
    const stored = await storePart(
      platform.originals,
      toMultipartUpload(upload),
      offset / partSize + 1,
      wanted,
      {
        body,
        leading,
        async onBytes(newBytes) {
          position += newBytes
          await lease.keep(position, sizeBytes, newBytes)
        },
      },
    )
    leading = new Uint8Array()
    if (!stored.ok) {
      if (stored.reason === 'gone') {
        return { type: 'changed' }
      }
      const message = interrupted(remote)
      return { type: 'failed', code: 'import_unavailable', message, retryAfterMs: 0 }
    }
    const { part } = stored
    if (part !== null) {
      offset += part.size
      const problem = sizeBytes === null ? await checkSize(platform, upload, offset) : null
      if (problem) {
        return problem
      }
      const isRecorded = await recordImportPart(platform.db, row, {
        uploadId: upload.id,
        part,
        // Without a way to continue, nothing is kept of a transfer that is cut.
        offsetBytes: canContinue ? offset : 0,
        until: leaseUntil(),
      })
      if (!isRecorded) {
        throw new ImportLostError()
      }
      lease.hasProgress ||= canContinue
    }
    if (stored.isLast || offset === sizeBytes) {
      return { type: 'transferred' }
    }
    if (canContinue && Date.now() - startedAt > MAX_STEP_MS) {
      return { type: 'more' }
    }
  }
}

/** Another step would move as little. Some servers shorten a range only while they are busy. */
function rangeTooShort({ host }: RemoteBody, partBytes: number): StepOutcome {
  return {
    type: 'failed',
    code: 'import_unavailable',
    message: `The server ${host} sends ranges that are shorter than a part (${partBytes} bytes). It must send the range that is requested.`,
    retryAfterMs: 0,
  }
}

/** Checks the limits of a file whose size was not known before. */
async function checkSize(
  platform: Platform,
  upload: UploadRow,
  sizeBytes: number,
): Promise<StepOutcome | null> {
  const tooLarge = findSizeFailure(sizeBytes, platform.remoteFiles.maxBytes)
  if (tooLarge) {
    return { type: 'failed', ...tooLarge }
  }
  const reserved = await reservePart(platform, upload, 1, sizeBytes)
  return reserved.ok
    ? null
    : { type: 'failed', code: 'import_too_large', message: reserved.message }
}
