import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ChunksLost, GatewayRejection } from '../../../container/failures.ts'
import { downloadChunks, MAX_CONCURRENT_FILES } from '../../../container/gateway/downloadChunks.ts'
import type { GatewayClient } from '../../../container/gateway/gatewayClient.ts'
import type { CompletedChunk } from '../../../src/contract/runnerProtocol.ts'

const SIZE_BYTES = 5 * 1024 ** 2
const LEASE = { jobId: 'job_1.1.9', fence: 3 }

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-chunks-'))
})
afterEach(() => rm(folder, { recursive: true }))

function fileOf(index: number): Buffer {
  return Buffer.alloc(SIZE_BYTES, index)
}

function chunk(index: number): CompletedChunk {
  const sha256 = createHash('sha256').update(fileOf(index)).digest('hex')
  const ticks = { timescale: 25, startTicks: 0, endTicks: 750 }
  const facts = { sizeBytes: SIZE_BYTES, frames: 750, samples: null, ...ticks, sha256 }
  return {
    kind: 'video',
    startSeconds: index * 30,
    endSeconds: null,
    frames: 750,
    index,
    facts: { ...facts, decoderConfig: 'c'.repeat(64) },
  }
}

/** A gateway that answers a range when `answer` is called, or rejects it. */
function openGateway(respond: (index: number, range: Buffer) => Buffer | Error) {
  const requests: { index: number; answer: () => void }[] = []
  const readSource: GatewayClient['readSource'] = ({ chunkIndex }, start, end, signal) =>
    new Promise((resolve, reject) => {
      const index = chunkIndex!
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      const answer = () => {
        const answered = respond(index, fileOf(index).subarray(start, end))
        if (answered instanceof Error) {
          reject(answered)
        } else {
          resolve([answered])
        }
      }
      requests.push({ index, answer })
    })
  const download = (indexes: number[]) =>
    downloadChunks(
      {
        client: { readSource } as GatewayClient,
        lease: LEASE,
        signal: AbortSignal.timeout(60_000),
      },
      indexes.map(chunk),
      ({ index }) => join(folder, String(index)),
    )
  /** Answers all requests, also those that follow. Resolves when `done` has settled. */
  async function answerAll(done: Promise<unknown>) {
    let isDone = false
    void done.catch(() => {}).finally(() => (isDone = true))
    for (let most = 0; ;) {
      most = Math.max(most, requests.length)
      requests.splice(0).forEach(({ answer }) => answer())
      if (isDone) {
        return most
      }
      await new Promise(setImmediate)
    }
  }
  return { requests, download, answerAll }
}

it('downloads four files at once, and each of them whole', async () => {
  const { requests, download, answerAll } = openGateway((_, range) => range)
  const indexes = Array.from({ length: 9 }, (_, index) => index)
  const done = download(indexes)
  // A file requests its first range when it is open.
  await expect.poll(() => requests.length).toBe(MAX_CONCURRENT_FILES)
  expect(await answerAll(done)).toBe(MAX_CONCURRENT_FILES)
  await done
  for (const index of indexes) {
    expect((await readFile(join(folder, String(index)))).equals(fileOf(index))).toBe(true)
  }
})

it('finds all files that are missing or damaged before it fails', async () => {
  const { download, answerAll } = openGateway((index, range) => {
    if (index === 7) {
      return new GatewayRejection(400, 'There is no such file.')
    }
    return index === 2 ? Buffer.alloc(range.length) : range
  })
  const done = download([1, 7, 3, 4, 5, 2, 6])
  await answerAll(done)
  const error: unknown = await done.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ChunksLost)
  expect((error as ChunksLost).indexes).toEqual([2, 7])
})

it('stops the other downloads, and begins no other, when the storage fails', async () => {
  const { requests, download } = openGateway(() => new GatewayRejection(503, 'Unavailable.'))
  const done = download([1, 2, 3, 4, 5, 6])
  await expect.poll(() => requests.length).toBe(MAX_CONCURRENT_FILES)
  requests[2]!.answer()
  await expect(done).rejects.toMatchObject({ code: 'storage' })
  expect(requests).toHaveLength(MAX_CONCURRENT_FILES)
})
