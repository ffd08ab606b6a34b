import { afterEach, expect, it } from 'vitest'
import type { GatewayClient } from '../../../container/gateway/gatewayClient.ts'
import { BLOCK_BYTES } from '../../../container/source/blockCache.ts'
import { type Inputs, openInputs } from '../../../container/source/inputFiles.ts'
import { createSharedBlocks } from '../../../container/source/sharedBlocks.ts'
import { makeAssignment } from './chunkAssignment.ts'

const sharedBlocks = createSharedBlocks(4 * 1024 ** 3)
const opened: Inputs[] = []
const ending = new AbortController()

afterEach(async () => {
  ending.abort(new Error('the test is over'))
  await Promise.all(opened.map(({ close }) => close()))
})

/** A gateway whose files have zeros only. */
const client = {
  readSource: async (_: unknown, start: number, end: number) => [Buffer.alloc(end - start)],
} as Partial<GatewayClient> as GatewayClient

async function open(kind: 'audio' | 'video'): Promise<Inputs> {
  const inputs = await openInputs({
    assignment: makeAssignment(kind, { sizeBytes: 2 * BLOCK_BYTES, etag: 'a' }),
    client,
    signal: ending.signal,
    onFatal: () => {},
    sharedBlocks,
  })
  opened.push(inputs)
  return inputs
}

/** Reads the original, as ffmpeg does. */
async function read({ original }: Inputs): Promise<number> {
  const response = await fetch(original.source.url, { signal: ending.signal })
  return (await response.arrayBuffer()).byteLength
}

it('an attempt whose reads are paused does not hold up another one of the same file', async () => {
  const [paused, other] = [await open('video'), await open('audio')]
  paused.readGate.close()
  const waiting = read(paused)
  // Its server has the request above by then.
  expect((await fetch(new URL('/other', paused.original.source.url))).status).toBe(404)
  expect(await read(other)).toBe(2 * BLOCK_BYTES)
  // The gate also holds back blocks that another attempt has read.
  expect(paused.bytesRead()).toBe(0)
  paused.readGate.open()
  expect(await waiting).toBe(2 * BLOCK_BYTES)
})
