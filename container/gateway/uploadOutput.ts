/** Uploads an output to the gateway in parts. */
import type { OutputRequest } from '../../src/contract/runnerProtocol.ts'
import type { UploadedPart } from '../../src/contract/uploadParts.ts'
import { GatewayRejection, GatewayUnreachable, JobFailure } from '../failures.ts'
import type { GatewayClient, Lease } from './gatewayClient.ts'

/**
 * @param options.request size of the file, and the state of the attempt to report with it
 * @param options.onProgress called after each part with the uploaded share, from 0 to 1
 * @throws JobFailure `storage` when the gateway rejects the output or is unreachable; LeaseLost;
 *   AttemptReleased; the signal's reason
 */
export async function uploadOutput(options: {
  client: GatewayClient
  lease: Lease
  file: string
  request: Omit<OutputRequest, 'fence'>
  signal: AbortSignal
  onProgress: (share: number) => void
}): Promise<{ uploadId: string; parts: UploadedPart[] }> {
  const { client, lease, file, request, signal } = options
  const { sizeBytes } = request
  try {
    const { uploadId, partSizeBytes } = await client.requestOutput(lease, request, signal)
    const parts: UploadedPart[] = []
    for (let start = 0; start < sizeBytes; start += partSizeBytes) {
      const end = Math.min(sizeBytes, start + partSizeBytes)
      const part = { uploadId, partNumber: parts.length + 1, file, start, end }
      parts.push(await client.putPart(lease, part, signal))
      options.onProgress(end / sizeBytes)
    }
    return { uploadId, parts }
  } catch (error) {
    throw toStorageFailure(error)
  }
}

/**
 * Converts GatewayUnreachable and GatewayRejection to a `storage` failure; returns other errors.
 */
export function toStorageFailure(error: unknown): unknown {
  return error instanceof GatewayUnreachable || error instanceof GatewayRejection
    ? new JobFailure('storage', 'The output could not be stored.', { cause: error })
    : error
}
