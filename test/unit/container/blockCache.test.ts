import { expect, it } from 'vitest'
import {
  BLOCK_BYTES,
  createBlockCache,
  type Reading,
} from '../../../container/source/blockCache.ts'

const FETCH_BYTES = 16 * BLOCK_BYTES
const SIZE = 200 * FETCH_BYTES
const { signal } = new AbortController()

/** A cache whose fetches resolve when the test lets them. Each block begins with its number. */
function createHeldCache(reading?: Reading) {
  const held: { start: number; end: number; resolve: () => void; reject: (e: Error) => void }[] = []
  let fetchedBytes = 0
  let fetches = 0
  let isHeld = false
  const startReader = createBlockCache(
    SIZE,
    async (start, end) => {
      fetchedBytes += end - start
      fetches += 1
      if (isHeld) {
        await new Promise<void>((resolve, reject) => held.push({ start, end, resolve, reject }))
      }
      const bytes = Buffer.alloc(end - start)
      for (let offset = 0; offset < bytes.length; offset += BLOCK_BYTES) {
        bytes.writeUInt32LE((start + offset) / BLOCK_BYTES, offset)
      }
      return splitAt(bytes, BLOCK_BYTES - 10)
    },
    signal,
    reading,
  )
  return {
    startReader,
    held,
    hold: () => (isHeld = true),
    fetchedBytes: () => fetchedBytes,
    fetches: () => fetches,
  }
}

type Reader = ReturnType<ReturnType<typeof createHeldCache>['startReader']>

/** Returns the number with which a block begins. */
async function readNumber(read: Reader, index: number): Promise<number> {
  const block = Buffer.concat(await read(index * BLOCK_BYTES, signal))
  expect(block.length).toBe(BLOCK_BYTES)
  return block.readUInt32LE(0)
}

/** Returns the bytes in two pieces, as a gateway may send them. */
function splitAt(bytes: Buffer, position: number): Buffer[] {
  return [bytes.subarray(0, position), bytes.subarray(position)]
}

async function readBlocks(read: Reader, from: number, to: number) {
  for (let index = from; index < to; index++) {
    expect(await readNumber(read, index)).toBe(index)
  }
}

/** Reads 32 MiB, then holds the fetches, and reads on until `count` of them are held. */
async function readUntilHeld(
  cache: ReturnType<typeof createHeldCache>,
  read: Reader,
  count: number,
) {
  await readBlocks(read, 0, 128)
  cache.hold()
  for (let index = 128; cache.held.length < count; index++) {
    await readBlocks(read, index, index + 1)
  }
}

it('fetches two ranges ahead of a reader that has read 16 MiB', async () => {
  const cache = createHeldCache()
  const read = cache.startReader()
  await readUntilHeld(cache, read, 2)
  const [first, second] = cache.held
  expect([first!, second!].map(({ start, end }) => end - start)).toEqual([FETCH_BYTES, FETCH_BYTES])
  expect(second!.start).toBe(first!.end)
  const waiting = read(first!.start, signal)
  second!.resolve()
  first!.resolve()
  expect(Buffer.concat(await waiting).readUInt32LE(0)).toBe(first!.start / BLOCK_BYTES)
  const fetched = cache.fetchedBytes()
  await readBlocks(read, first!.start / BLOCK_BYTES + 1, first!.end / BLOCK_BYTES - 1)
  // The blocks that were fetched ahead are not fetched again.
  expect(cache.fetchedBytes() - fetched).toBeLessThanOrEqual(FETCH_BYTES)
})

it.each([1, 20, 60, 64, 65, 130, 400])(
  'has fetched at most a quarter more than a reader of %i blocks has read, and at most 8 MiB',
  async (blocks) => {
    const cache = createHeldCache()
    await readBlocks(cache.startReader(), 0, blocks)
    const unread = cache.fetchedBytes() / BLOCK_BYTES - blocks
    expect(unread).toBeLessThanOrEqual(Math.max(1, Math.min(32, blocks / 4)))
  },
)

it.each([1, 2, 5, 15, 16, 17, 33, 400])(
  'has fetched at most twice what a reader of %i blocks that reads on has read, and at most 8 MiB more',
  async (blocks) => {
    const cache = createHeldCache('readsOn')
    await readBlocks(cache.startReader(), 0, blocks)
    expect(cache.fetchedBytes() / BLOCK_BYTES - blocks).toBeLessThanOrEqual(Math.min(32, blocks))
  },
)

it('needs at most 60 % of the fetches for a reader of 28 MiB that reads on', async () => {
  const [mayStop, readsOn] = await Promise.all(
    (['mayStop', 'readsOn'] as const).map(async (reading) => {
      const cache = createHeldCache(reading)
      await readBlocks(cache.startReader(), 0, 112)
      return cache.fetches()
    }),
  )
  expect(readsOn).toBeLessThanOrEqual(mayStop! * 0.6)
})

it('passes the error of a fetch to the reader when it reaches the block', async () => {
  const cache = createHeldCache()
  const read = cache.startReader()
  await readUntilHeld(cache, read, 1)
  const [first] = cache.held
  first!.reject(new Error('gone'))
  const position = first!.start - BLOCK_BYTES
  expect(await readNumber(read, position / BLOCK_BYTES)).toBe(position / BLOCK_BYTES)
  await expect(read(first!.start, signal)).rejects.toThrow('gone')
})

it('fetches large ranges for readers that end and go on in turns at two places', async () => {
  const cache = createHeldCache()
  // ffmpeg opens a connection for each seek, as in a file with its audio after all of its video.
  const places = [0, 1_000]
  for (let turn = 0; turn < 150; turn++) {
    for (const [at, start] of places.entries()) {
      await readBlocks(cache.startReader(), start, start + 2)
      // The last block was in the buffers of the connection, and is read again.
      places[at] = start + 1
    }
  }
  const blocks = 2 * 151
  expect(cache.fetchedBytes() / BLOCK_BYTES).toBeLessThanOrEqual(blocks + 2 * 32)
  expect(cache.fetches()).toBeLessThan(blocks / 4)
})

it('hands the fetch of a reader that has ended to the next one', async () => {
  const cache = createHeldCache()
  cache.hold()
  const ended = new AbortController()
  const first = cache.startReader()(0, ended.signal)
  ended.abort(new Error('closed'))
  const second = cache.startReader()(0, signal)
  cache.held[0]!.resolve()
  await expect(first).rejects.toThrow('closed')
  expect(Buffer.concat(await second).readUInt32LE(0)).toBe(0)
  expect(cache.held).toHaveLength(1)
})
