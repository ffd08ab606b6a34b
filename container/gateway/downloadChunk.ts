/** Downloads the file of a completed chunk. */
import { open } from 'node:fs/promises'
import { toStorageFailure } from '../failures.ts'
import type { GatewayClient, Lease } from './gatewayClient.ts'

const RANGE_BYTES = 8 * 1024 ** 2

/**
 * @param options.index of the chunk in its job
 * @param options.file path of the file to write
 * @throws JobFailure `storage` when the file cannot be read; LeaseLost; the signal's reason
 */
export async function downloadChunk(options: {
  client: GatewayClient
  lease: Lease
  index: number
  sizeBytes: number
  file: string
  signal: AbortSignal
}): Promise<void> {
  const { client, lease, index, sizeBytes, file, signal } = options
  await using handle = await open(file, 'w')
  try {
    for (let start = 0; start < sizeBytes; start += RANGE_BYTES) {
      const end = Math.min(sizeBytes, start + RANGE_BYTES)
      await handle.writev(
        await client.readSource({ ...lease, chunkIndex: index }, start, end, signal),
      )
    }
  } catch (error) {
    throw toStorageFailure(
      error,
      `The file of the completed chunk ${index} could not be read from storage.`,
    )
  }
}
