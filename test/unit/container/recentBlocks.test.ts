import { expect, it } from 'vitest'
import { BLOCK_BYTES } from '../../../container/source/blockCache.ts'
import { createRecentBlocks } from '../../../container/source/recentBlocks.ts'

const FILE = { filePath: 'videos/clip.mp4', etag: 'a' }
const { signal } = new AbortController()

it('keeps the 64 blocks that were read last, for the same path and etag', async () => {
  const recentBlocks = createRecentBlocks()
  let fetched: number[] = []
  async function fetchRange(start: number, end: number) {
    fetched.push(start / BLOCK_BYTES)
    return [Buffer.alloc(end - start, start / BLOCK_BYTES)]
  }
  const read = (index: number, file = FILE, count = 1) =>
    recentBlocks(file, fetchRange)(index * BLOCK_BYTES, (index + count) * BLOCK_BYTES, signal)

  expect((await read(3))[0]![1]).toBe(3)
  expect((await read(3))[0]![0]).toBe(3)
  expect(fetched).toEqual([3])
  await read(3, { ...FILE, etag: 'b' })
  await read(3, { ...FILE, filePath: 'videos/other.mp4' })
  expect(fetched).toEqual([3, 3, 3])
  // A range of several blocks is not kept.
  await read(8, FILE, 2)
  fetched = []
  await read(8)
  for (let index = 100; index < 163; index++) {
    await read(index)
  }
  fetched = []
  await read(8)
  await read(3)
  expect(fetched).toEqual([3])
})

it('does not keep a block that could not be fetched', async () => {
  const recentBlocks = createRecentBlocks()
  const failing = recentBlocks(FILE, () => Promise.reject(new Error('no response')))
  await expect(failing(0, 10, signal)).rejects.toThrow('no response')
  const working = recentBlocks(FILE, () => Promise.resolve([Buffer.alloc(10)]))
  expect((await working(0, 10, signal))[0]!.length).toBe(10)
})
