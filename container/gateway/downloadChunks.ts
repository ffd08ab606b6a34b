/** Downloads the files of completed chunks, several at once. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { CompletedChunk } from '../../src/contract/runnerProtocol.ts'
import { ChunksLost, GatewayRejection, toStorageFailure } from '../failures.ts'
import { runForEach } from '../runTogether.ts'
import type { GatewayClient, Lease } from './gatewayClient.ts'

/** Each file that is downloaded has one range in memory. */
const RANGE_BYTES = 4 * 1024 ** 2
/** The join waits for all files, and most of the time of a range is the way to the storage and back. */
export const MAX_CONCURRENT_FILES = 4
/** The gateway has no such file (400), or the file is shorter than its runner has reported. */
const LOST_STATUSES = [200, 206, 400, 416]

interface Download {
  client: GatewayClient
  lease: Lease
  signal: AbortSignal
}

/**
 * Downloads the files. Looks for all of them before it throws because of a lost one, so that all lost
 * chunks are made again at the same time. After any other error, it begins no other file.
 *
 * @param nameFile returns the path of the file to write
 * @throws ChunksLost when files are missing or damaged; JobFailure `storage` when the gateway is
 *   unreachable; LeaseLost; the signal's reason
 */
export async function downloadChunks(
  download: Download,
  chunks: readonly CompletedChunk[],
  nameFile: (chunk: CompletedChunk) => string,
): Promise<void> {
  const lost: number[] = []
  const limits = { max: MAX_CONCURRENT_FILES, signal: download.signal }
  await runForEach(chunks, limits, async (chunk, signal) => {
    if (!(await downloadChunk({ ...download, signal }, chunk, nameFile(chunk)))) {
      lost.push(chunk.index)
    }
  })
  if (lost.length > 0) {
    throw new ChunksLost(lost.toSorted((one, other) => one - other))
  }
}

/** @returns false when the file is missing, or has other bytes than its runner has stored */
async function downloadChunk(
  { client, lease, signal }: Download,
  { index, facts: { sizeBytes, sha256 } }: CompletedChunk,
  file: string,
): Promise<boolean> {
  await using handle = await open(file, 'w')
  const hash = createHash('sha256')
  try {
    for (let start = 0; start < sizeBytes; start += RANGE_BYTES) {
      const end = Math.min(sizeBytes, start + RANGE_BYTES)
      const pieces = await client.readSource({ ...lease, chunkIndex: index }, start, end, signal)
      pieces.forEach((piece) => hash.update(piece))
      await handle.writev(pieces)
    }
  } catch (error) {
    if (error instanceof GatewayRejection && LOST_STATUSES.includes(error.status)) {
      return false
    }
    throw toStorageFailure(
      error,
      `The file of the completed chunk ${index} could not be read from storage.`,
    )
  }
  return sha256 === undefined || sha256 === hash.digest('hex')
}
