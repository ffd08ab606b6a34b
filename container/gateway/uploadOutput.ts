/** Sends a finished file to the gateway in parts. Owns the cutting; each call is the client's. */
import type { OutputRequest, UploadedPart } from '../../src/contract/runnerProtocol.ts'
import type { GatewayClient, Lease } from './client.ts'
import { GatewayRejection, GatewayUnreachable, JobFailure } from '../failures.ts'

/**
 * @param onProgress gets the share that is stored, 0 to 1, after each part
 * @throws JobFailure `storage` when the gateway does not take it; LeaseLost; the signal's reason
 */
export async function uploadOutput(options: {
  client: GatewayClient
  lease: Lease
  file: string
  /** The size of the file, and how the job stands: this call counts as a report. */
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
    if (error instanceof GatewayUnreachable || error instanceof GatewayRejection) {
      throw new JobFailure('storage', 'The result could not be stored.', { cause: error })
    }
    throw error
  }
}
