import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  BLOCK_BYTES,
  countBytes,
  type FetchRange,
  type Pieces,
} from '../../../container/source/blockCache.ts'
import { createSharedBlocks, type OpenBlocks } from '../../../container/source/sharedBlocks.ts'
import { makeAssignment } from './chunkAssignment.ts'

const GIB = 1024 ** 3
const SIZE_BYTES = 3.5 * BLOCK_BYTES
const { signal } = new AbortController()
let fetched: [start: number, end: number][] = []
let openBlocks = createSharedBlocks(4 * GIB)

afterEach(() => vi.useRealTimers())
beforeEach(() => {
  vi.useFakeTimers()
  fetched = []
  held.length = 0
  openBlocks = createSharedBlocks(4 * GIB)
})

function attempt(kind: 'audio' | 'video' | null, etag = 'a') {
  return makeAssignment(kind, { sizeBytes: SIZE_BYTES, etag })
}

/** Each byte has the number of its block. It arrives in pieces that end within a block. */
function fetchRange(start: number, end: number) {
  fetched.push([start, end])
  const numbers = { length: end - start }
  const bytes = Buffer.from(Uint8Array.from(numbers, (_, index) => (start + index) / BLOCK_BYTES))
  return Promise.resolve([bytes.subarray(0, 10), bytes.subarray(10)])
}

/** Fetches whose bytes arrive, or which fail, when the test says so. */
const held: { start: number; end: number; arrive: () => void; fail: () => void }[] = []
const fetchLater: FetchRange = (start, end) => {
  const { promise, resolve, reject } = Promise.withResolvers<Pieces>()
  const arrive = () => resolve([Buffer.alloc(end - start)])
  held.push({ start, end, arrive, fail: () => reject(new Error('R2 failed')) })
  return promise
}

/** Reads blocks; returns the first byte of each block, and the number of bytes. */
async function read(blocks: OpenBlocks | null, first: number, count: number) {
  const [start, end] = [first * BLOCK_BYTES, Math.min(SIZE_BYTES, (first + count) * BLOCK_BYTES)]
  const bytes = Buffer.concat(await blocks!.keep(fetchRange)(start, end, signal))
  const firstBytes = Array.from({ length: count }, (_, index) => bytes[index * BLOCK_BYTES])
  return [firstBytes, bytes.length]
}

it('chunks of video use what the audio has read, to the end of the file', async () => {
  const audio = openBlocks(attempt('audio'))
  const chunk = openBlocks(attempt('video'))
  await read(audio, 0, 2)
  await read(audio, 2, 2)
  fetched = []
  expect(await read(chunk, 1, 3)).toEqual([[1, 2, 3], 2.5 * BLOCK_BYTES])
  audio!.close()
  const next = openBlocks(attempt('video'))
  chunk!.close()
  expect(await read(next, 0, 1)).toEqual([[0], BLOCK_BYTES])
  expect(fetched).toEqual([])
})

it('the blocks are dropped ten seconds after the end of the last attempt', async () => {
  const audio = openBlocks(attempt('audio'))
  await read(audio, 0, 1)
  audio!.close()
  vi.advanceTimersByTime(9_999)
  const chunk = openBlocks(attempt('video'))
  vi.advanceTimersByTime(60_000)
  await read(chunk, 0, 1)
  expect(fetched).toHaveLength(1)
  chunk!.close()
  vi.advanceTimersByTime(10_000)
  await read(openBlocks(attempt('video')), 0, 1)
  expect(fetched).toHaveLength(2)
})

it('the blocks are dropped when a chunk of another file begins', async () => {
  const audio = openBlocks(attempt('audio'))
  await read(audio, 0, 1)
  audio!.close()
  openBlocks(attempt('video', 'b'))!.close()
  await read(openBlocks(attempt('video')), 0, 1)
  expect(fetched).toHaveLength(2)
})

it('the audio uses what a chunk of video has read before it', async () => {
  const chunk = openBlocks(attempt('video'))
  const audio = openBlocks(attempt('audio'))
  await read(chunk, 1, 2)
  fetched = []
  expect(await read(audio, 0, 4)).toEqual([[0, 1, 2, 3], 3.5 * BLOCK_BYTES])
  expect(fetched).toEqual([
    [0, BLOCK_BYTES],
    [3 * BLOCK_BYTES, SIZE_BYTES],
  ])
})

it('a block that another attempt is fetching is not fetched again', async () => {
  const chunk = openBlocks(attempt('video'))!.keep(fetchLater)
  const audio = openBlocks(attempt('audio'))!.keep(fetchLater)
  const ahead = audio(BLOCK_BYTES, 3 * BLOCK_BYTES, signal)
  const all = chunk(0, SIZE_BYTES, signal)
  const [first, before] = held
  expect([first!.start, first!.end]).toEqual([BLOCK_BYTES, 3 * BLOCK_BYTES])
  expect([before!.start, before!.end]).toEqual([0, BLOCK_BYTES])
  before!.arrive()
  await vi.waitFor(() => expect(held).toHaveLength(2))
  first!.arrive()
  await vi.waitFor(() => expect(held).toHaveLength(3))
  expect([held[2]!.start, held[2]!.end]).toEqual([3 * BLOCK_BYTES, SIZE_BYTES])
  held[2]!.arrive()
  expect(countBytes(await ahead)).toBe(2 * BLOCK_BYTES)
  expect(countBytes(await all)).toBe(SIZE_BYTES)
})

it('a block is fetched again if the other attempt cannot fetch it', async () => {
  const audio = openBlocks(attempt('audio'))!.keep(fetchLater)
  const chunk = openBlocks(attempt('video'))!.keep(fetchLater)
  const failed = audio(0, BLOCK_BYTES, signal)
  const read = chunk(0, BLOCK_BYTES, signal)
  held[0]!.fail()
  await expect(failed).rejects.toThrow('R2 failed')
  await vi.waitFor(() => expect(held).toHaveLength(2))
  held[1]!.arrive()
  expect(countBytes(await read)).toBe(BLOCK_BYTES)
})

it('an attempt that ends does not wait for the fetch of another one', async () => {
  const audio = openBlocks(attempt('audio'))!.keep(fetchLater)
  const chunk = openBlocks(attempt('video'))!.keep(fetchLater)
  const ending = new AbortController()
  const other = audio(0, BLOCK_BYTES, signal)
  const read = chunk(0, BLOCK_BYTES, ending.signal)
  ending.abort(new Error('cancelled'))
  await expect(read).rejects.toThrow('cancelled')
  expect(held).toHaveLength(1)
  held[0]!.arrive()
  expect(countBytes(await other)).toBe(BLOCK_BYTES)
})

it('without room for it, a block that is being fetched is still shared', async () => {
  openBlocks = createSharedBlocks(GIB)
  const audio = openBlocks(attempt('audio'))!.keep(fetchLater)
  const chunk = openBlocks(attempt('video'))!.keep(fetchLater)
  const reads = [audio(0, BLOCK_BYTES, signal), chunk(0, BLOCK_BYTES, signal)]
  held[0]!.arrive()
  expect((await Promise.all(reads)).map(countBytes)).toEqual([BLOCK_BYTES, BLOCK_BYTES])
  expect(held).toHaveLength(1)
})

it('chunks of video store nothing when the audio is not being encoded', async () => {
  const chunk = openBlocks(attempt('video'))
  await read(chunk, 0, 1)
  const audio = openBlocks(attempt('audio'))
  await read(audio, 1, 1)
  audio!.close()
  await read(chunk, 2, 1)
  fetched = []
  await read(chunk, 0, 3)
  expect(fetched).toEqual([
    [0, BLOCK_BYTES],
    [2 * BLOCK_BYTES, 3 * BLOCK_BYTES],
  ])
})

it('shares nothing with a job that is not split, or with another version of the file', async () => {
  await read(openBlocks(attempt('audio')), 0, 1)
  expect(openBlocks(attempt(null))).toBeNull()
  await read(openBlocks(attempt('video', 'b')), 0, 1)
  expect(fetched).toHaveLength(2)
})

it('stores a sixteenth of the memory that is over one GiB, of all files together', async () => {
  openBlocks = createSharedBlocks(GIB + 16 * 5 * BLOCK_BYTES)
  const one = openBlocks(attempt('audio', 'a'))
  const other = openBlocks(attempt('audio', 'b'))
  await read(one, 0, 4)
  await read(other, 0, 2)
  fetched = []
  await read(one, 0, 4)
  await read(other, 0, 1)
  expect(fetched).toEqual([])
  await read(other, 1, 1)
  expect(fetched).toEqual([[BLOCK_BYTES, 2 * BLOCK_BYTES]])
  // The blocks of a closed file make room for those of another one.
  one!.close()
  openBlocks(attempt('audio', 'b'))
  await read(other, 1, 1)
  fetched = []
  await read(other, 1, 1)
  expect(fetched).toEqual([])
})

it('stores nothing with one GiB of memory', async () => {
  openBlocks = createSharedBlocks(GIB)
  const audio = openBlocks(attempt('audio'))
  await read(audio, 0, 1)
  await read(audio, 0, 1)
  expect(fetched).toHaveLength(2)
})
