import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { BLOCK_BYTES } from '../../container/source/blockCache.ts'
import { createGatewayClient } from '../../container/gateway/gatewayClient.ts'
import { startSourceServer, type SourceServer } from '../../container/source/loopbackServer.ts'
import { harness, clip, useRunnerHarness } from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'

useRunnerHarness()

let source: SourceServer | undefined
afterEach(async () => {
  await source?.close()
  source = undefined
})

async function openClip(fatal: unknown[] = []) {
  const { gateway } = harness
  const { assignment } = await gateway.offer(clip('clip.mp4'), video())
  const client = createGatewayClient({ gatewayUrl: gateway.url, token: gateway.token })
  source = await startSourceServer({
    sizeBytes: assignment.source.sizeBytes,
    fetchRange: (start, end, signal) => client.readSource(assignment, start, end, signal),
    onFatal: (error) => fatal.push(error),
  })
  return { url: source.url, original: await readFile(clip('clip.mp4')) }
}

async function read(url: string, range?: string) {
  const response = await fetch(url, { headers: range === undefined ? {} : { range } })
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), response }
}

describe('the loopback source', () => {
  it('returns the right bytes although the gateway drops connections and returns errors', async () => {
    const { url, original } = await openClip()
    harness.gateway.sourceFault = (_, call) => (call === 1 ? 'drop' : call === 3 ? 'error' : null)
    const { status, bytes } = await read(url)
    expect(status).toBe(200)
    expect(bytes.equals(original)).toBe(true)
    expect(harness.gateway.sourceCalls.length).toBe(Math.ceil(original.length / BLOCK_BYTES) + 2)
  })

  it('serves ranges', async () => {
    const { url, original } = await openClip()
    const { status, bytes, response } = await read(url, 'bytes=1000-300000')
    expect([status, bytes.equals(original.subarray(1000, 300_001))]).toEqual([206, true])
    expect(response.headers.get('content-range')).toBe(`bytes 1000-300000/${original.length}`)
    expect((await read(url, 'bytes=-7')).bytes.equals(original.subarray(-7))).toBe(true)
    expect((await read(url, `bytes=${original.length}-`)).status).toBe(416)
  })

  it('reads ranges for the runner, with fewer bytes at the end of the file, and fetches no block twice', async () => {
    const { url, original } = await openClip()
    expect((await source!.read(1_000, 300_001)).equals(original.subarray(1_000, 300_001))).toBe(
      true,
    )
    const last = await source!.read(original.length - 7, original.length + 7)
    expect(last.equals(original.subarray(-7))).toBe(true)
    expect(await source!.read(original.length, original.length + 7)).toHaveLength(0)
    const calls = harness.gateway.sourceCalls.length
    await read(url, 'bytes=1000-300000')
    expect(harness.gateway.sourceCalls.length).toBe(calls)
  })

  it('does not fetch a cached block again', async () => {
    const { url } = await openClip()
    await read(url)
    const calls = harness.gateway.sourceCalls.length
    await read(url, 'bytes=5000-')
    expect(harness.gateway.sourceCalls.length).toBe(calls)
  })

  it('has an unguessable URL', async () => {
    const { url } = await openClip()
    expect(new URL(url).pathname.length).toBeGreaterThan(30)
    expect((await read(new URL('/', url).href)).status).toBe(404)
    expect((await fetch(url, { method: 'POST' })).status).toBe(404)
  })

  it('reports an original that cannot be fetched', async () => {
    const fatal: unknown[] = []
    const { url } = await openClip(fatal)
    harness.gateway.sourceFault = () => 'gone'
    await expect(read(url)).rejects.toThrow()
    const rejection = expect.objectContaining({ name: 'GatewayRejection', status: 404 })
    expect(fatal).toEqual([rejection])
    await expect(source!.read(0, 9)).rejects.toThrow()
    expect(fatal).toEqual([rejection, rejection])
  })

  it('ends a fetch without an error when the source is closed after the reader has disconnected', async () => {
    const fatal: unknown[] = []
    const requested = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    source = await startSourceServer({
      sizeBytes: 1e9,
      fetchRange: (_start, _end, signal) =>
        new Promise((_, reject) => {
          requested.resolve()
          signal.addEventListener('abort', () => {
            reject(signal.reason)
            stopped.resolve()
          })
        }),
      onFatal: (error) => fatal.push(error),
    })
    const request = get(source.url)
    request.on('error', () => {})
    await requested.promise
    request.destroy()
    await once(request, 'error')
    await source.close()
    await stopped.promise
    source = undefined
    expect(fatal).toEqual([])
  })

  it('reads ahead in growing ranges during sequential reads, up to 4 MiB', async () => {
    const lengths: number[] = []
    source = await startSourceServer({
      sizeBytes: 40 * 1024 * 1024 + 1,
      fetchRange: async (start, end) => {
        lengths.push(end - start)
        return [Buffer.alloc(end - start)]
      },
      onFatal: () => {},
    })
    const request = get(source.url)
    const [response] = await once(request, 'response')
    let total = 0
    for await (const chunk of response) {
      total += chunk.length
    }
    expect(total).toBe(40 * 1024 * 1024 + 1)
    expect(lengths[0]).toBe(BLOCK_BYTES)
    expect(Math.max(...lengths)).toBe(4 * 1024 * 1024)
    expect(lengths.at(-1)).toBeLessThanOrEqual(4 * 1024 * 1024)
  })
})
