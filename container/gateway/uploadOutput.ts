/** Uploads an output to the gateway in parts, several at once if the line is fast. */
import type { OutputRequest } from '../../src/contract/runnerProtocol.ts'
import type { UploadedPart } from '../../src/contract/uploadParts.ts'
import { toStorageFailure } from '../failures.ts'
import { runTogether } from '../runTogether.ts'
import type { GatewayClient, Lease } from './gatewayClient.ts'

/** Message of the failure when the gateway rejects the output or is unreachable. */
export const OUTPUT_NOT_STORED = 'The output could not be stored.'
/** Each of them is held in memory while it is sent. */
const MAX_CONCURRENT_PARTS = 4
/**
 * Parts are sent one at a time if one takes longer than this: on a slow line, several at once would
 * only take longer each, and reach their timeout.
 */
const MAX_SHARED_PART_MS = 15_000

interface UploadOptions {
  client: GatewayClient
  lease: Lease
  file: string
  request: Omit<OutputRequest, 'fence'>
  signal: AbortSignal
  onProgress: (share: number) => void
}

/**
 * @param options.request size of the file, and the state of the attempt to report with it
 * @param options.onProgress called after each part with the uploaded share, from 0 to 1
 * @throws JobFailure `storage` when the gateway rejects the output or is unreachable; LeaseLost;
 *   AttemptReleased; the signal's reason
 */
export async function uploadOutput(
  options: UploadOptions,
): Promise<{ uploadId: string; parts: UploadedPart[] }> {
  const { client, lease, request, signal } = options
  try {
    const { uploadId, partSizeBytes } = await client.requestOutput(lease, request, signal)
    const parts = await uploadParts(options, uploadId, partSizeBytes)
    return { uploadId, parts }
  } catch (error) {
    throw toStorageFailure(error, OUTPUT_NOT_STORED)
  }
}

/**
 * Sends the first part alone, and the others in parallel while each takes less than
 * MAX_SHARED_PART_MS.
 *
 * @throws the first error, after the parts that were being sent have ended
 */
async function uploadParts(
  { client, lease, file, request: { sizeBytes }, signal, onProgress }: UploadOptions,
  uploadId: string,
  partSizeBytes: number,
): Promise<UploadedPart[]> {
  const count = Math.ceil(sizeBytes / partSizeBytes)
  const parts: UploadedPart[] = []
  let begun = 0
  let uploadedBytes = 0

  /** @returns true if the part was sent fast */
  async function sendNext(either: AbortSignal): Promise<boolean> {
    const startedAt = performance.now()
    const index = begun++
    const start = index * partSizeBytes
    const end = Math.min(sizeBytes, start + partSizeBytes)
    const part = { uploadId, partNumber: index + 1, file, start, end }
    parts[index] = await client.putPart(lease, part, either)
    uploadedBytes += end - start
    onProgress(uploadedBytes / sizeBytes)
    return performance.now() - startedAt <= MAX_SHARED_PART_MS
  }

  /** @param isShared true for a series that ends when the line is slow, so that others go on alone */
  async function sendSeries(either: AbortSignal, isShared: boolean): Promise<void> {
    let isFast = true
    while (begun < count && (isFast || !isShared)) {
      isFast = await sendNext(either)
    }
  }

  const isFast = await sendNext(signal)
  const series = isFast ? MAX_CONCURRENT_PARTS : 1
  await runTogether(
    signal,
    Array.from(
      { length: series },
      (_, index) => (either: AbortSignal) => sendSeries(either, index > 0),
    ),
  )
  return parts
}
