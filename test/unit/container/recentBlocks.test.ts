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

it('two jobs that read the same block at the same time fetch it once', async () => {
  const recentBlocks = createRecentBlocks()
  const { promise, resolve } = Promise.withResolvers<Buffer[]>()
  let fetches = 0
  const keep = (etag: string) =>
    recentBlocks({ ...FILE, etag }, () => {
      fetches += 1
      return promise
    })
  const reads = [keep('a')(0, 10, signal), keep('a')(0, 10, signal), keep('b')(0, 10, signal)]
  resolve([Buffer.from('0123456789')])
  expect((await Promise.all(reads)).map(([block]) => String(block))).toEqual(
    Array(3).fill('0123456789'),
  )
  expect(fetches).toBe(2)
})

it('a job fetches a block itself if the job that was fetching it has ended', async () => {
  const recentBlocks = createRecentBlocks()
  const ended = Promise.withResolvers<Buffer[]>()
  const first = recentBlocks(FILE, () => ended.promise)(0, 10, signal)
  const second = recentBlocks(FILE, () => Promise.resolve([Buffer.alloc(10)]))(0, 10, signal)
  ended.reject(new Error('the job was cancelled'))
  await expect(first).rejects.toThrow('the job was cancelled')
  expect((await second)[0]!.length).toBe(10)
})

it('a job that ends does not wait for the block that another one is fetching', async () => {
  const recentBlocks = createRecentBlocks()
  const never = Promise.withResolvers<Buffer[]>()
  void recentBlocks(FILE, () => never.promise)(0, 10, signal)
  const ending = new AbortController()
  const read = recentBlocks(FILE, () => never.promise)(0, 10, ending.signal)
  ending.abort(new Error('the job has ended'))
  await expect(read).rejects.toThrow('the job has ended')
})
