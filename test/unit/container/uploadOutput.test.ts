import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { GatewayClient } from '../../../container/gateway/gatewayClient.ts'
import { uploadOutput } from '../../../container/gateway/uploadOutput.ts'

const PART_BYTES = 10
const PARTS = 12

interface SentPart {
  partNumber: number
  signal: AbortSignal
  resolve: () => void
  reject: (error: Error) => void
}

/** Starts an upload whose parts are stored when the test says so. */
function startUpload() {
  /** The parts that are being sent. */
  const sent: SentPart[] = []
  const client = {
    requestOutput: async () => ({ uploadId: 'u', partSizeBytes: PART_BYTES }),
    putPart: (_: unknown, { partNumber }: { partNumber: number }, signal: AbortSignal) =>
      new Promise((resolve, reject) => {
        const remove = () => sent.splice(sent.indexOf(part), 1)
        const part = {
          partNumber,
          signal,
          resolve: () => [remove(), resolve({ partNumber, etag: `etag-${partNumber}` })],
          reject: (error: Error) => [remove(), reject(error)],
        }
        sent.push(part)
        signal.addEventListener('abort', () => part.reject(signal.reason))
      }),
  } as unknown as GatewayClient
  const shares: number[] = []
  const uploaded = uploadOutput({
    client,
    lease: { jobId: 'j', fence: 1 },
    file: 'f',
    request: {
      progress: 93,
      stage: 'upload',
      etaSeconds: null,
      fps: null,
      speed: null,
      playable: false,
      sizeBytes: PARTS * PART_BYTES - 1,
    },
    signal: new AbortController().signal,
    onProgress: (share) => shares.push(share),
  })
  const numbers = () => sent.map(({ partNumber }) => partNumber)
  return { sent, shares, uploaded, numbers, settle: () => vi.advanceTimersByTimeAsync(0) }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('sends the first part alone, and then four parts at a time', async () => {
  const upload = startUpload()
  await upload.settle()
  expect(upload.numbers()).toEqual([1])
  upload.sent[0]!.resolve()
  await upload.settle()
  expect(upload.numbers()).toEqual([2, 3, 4, 5])
  upload.sent[2]!.resolve()
  await upload.settle()
  expect(upload.numbers()).toEqual([2, 3, 5, 6])
  while (upload.sent.length > 0) {
    expect(upload.sent.length).toBeLessThanOrEqual(4)
    upload.sent.at(-1)!.resolve()
    await upload.settle()
  }
  const { uploadId, parts } = await upload.uploaded
  expect(uploadId).toBe('u')
  expect(parts.map(({ partNumber }) => partNumber)).toEqual(
    Array.from({ length: PARTS }, (_, index) => index + 1),
  )
  expect(upload.shares).toHaveLength(PARTS)
  expect(upload.shares).toEqual(upload.shares.toSorted((a, b) => a - b))
  expect(upload.shares.at(-1)).toBe(1)
})

it('sends one part at a time while a part takes long', async () => {
  const upload = startUpload()
  for (let number = 1; number <= PARTS; number++) {
    await upload.settle()
    expect(upload.numbers()).toEqual([number])
    vi.advanceTimersByTime(60_000)
    upload.sent[0]!.resolve()
  }
  expect((await upload.uploaded).parts).toHaveLength(PARTS)
})

it('sends fewer parts at a time once the line has become slow', async () => {
  const upload = startUpload()
  await upload.settle()
  upload.sent[0]!.resolve()
  await upload.settle()
  expect(upload.sent).toHaveLength(4)
  vi.advanceTimersByTime(60_000)
  upload.sent.slice().forEach(({ resolve }) => resolve())
  await upload.settle()
  expect(upload.numbers()).toEqual([6])
})

it('stops the other parts after an error, and throws the first one', async () => {
  const upload = startUpload()
  await upload.settle()
  upload.sent[0]!.resolve()
  await upload.settle()
  const others = upload.sent.slice(0, 3)
  const failed = expect(upload.uploaded).rejects.toThrow('the lease is lost')
  upload.sent[3]!.reject(new Error('the lease is lost'))
  await failed
  expect(others.every(({ signal }) => signal.aborted)).toBe(true)
  expect(upload.sent).toEqual([])
})
