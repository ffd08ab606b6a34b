/** Checks before the join of a stream that the files of its chunks are stored as they were sent. */
import type { ChunkAssignment } from '../../src/contract/runnerProtocol.ts'
import type { RunningAttempt } from '../attempt/types.ts'
import { ChunksLost, GatewayRejection, toStorageFailure } from '../failures.ts'
import type { StreamPart } from '../ffmpeg/chunks/streamParts.ts'

/**
 * Compares the ETags in the parts with those of the list of stored files, so no file is read.
 *
 * @param parts of the completed chunks, in their order
 * @throws ChunksLost when files are missing or others; JobFailure `storage` when the gateway is
 *   unreachable; LeaseLost; the signal's reason
 */
export async function checkStoredFiles(
  attempt: RunningAttempt,
  { completedChunks }: ChunkAssignment,
  parts: readonly StreamPart[],
): Promise<void> {
  const stored = await listStoredFiles(attempt)
  const isLost = ({ etags = {} }: StreamPart) =>
    Object.entries(etags).some(([name, etag]) => stored?.get(name) !== etag)
  const lost = completedChunks.filter((_, at) => isLost(parts[at]!)).map(({ index }) => index)
  if (stored !== null && lost.length > 0) {
    throw new ChunksLost(lost)
  }
}

/** Returns null if the gateway is older than the list. */
async function listStoredFiles({
  assignment,
  client,
  signal,
}: RunningAttempt): Promise<Map<string, string> | null> {
  try {
    return await client.listPackageFiles(assignment, signal)
  } catch (error) {
    if (error instanceof GatewayRejection && error.status === 404) {
      return null
    }
    throw toStorageFailure(error, 'The stored files of the stream could not be listed.')
  }
}
