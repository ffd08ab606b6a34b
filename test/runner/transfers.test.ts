/**
 * Transfers over connections that stall after 10 MB and are then closed or left open, transfers
 * with a wrong bit, and a gateway that does not respond.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createGatewayClient } from '../../container/gateway/gatewayClient.ts'
import { startSourceServer } from '../../container/source/loopbackServer.ts'
import { uploadOutput } from '../../container/gateway/uploadOutput.ts'
import { harness, useRunnerHarness } from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'

useRunnerHarness()

const MB = 1_000_000
const STALL_AFTER = 10 * MB
const SIZE = 45 * MB

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/**
 * Starts a proxy that forwards 10 MB of each connection, both directions counted together, and then
 * nothing. After `stallMs` it closes the connection; with Infinity it leaves it open.
 */
async function startUnreliableProxy(target: string, stallMs: number) {
  const proxy = { url: '', connections: 0, stalls: 0 }
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((downstream) => {
    proxy.connections += 1
    const upstream = connect(Number(port), hostname)
    let forwardedBytes = 0
    for (const [from, to] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.on('data', (chunk: Buffer) => {
        if (forwardedBytes >= STALL_AFTER) {
          return
        }
        forwardedBytes += chunk.length
        to.write(chunk)
        if (forwardedBytes < STALL_AFTER) {
          return
        }
        proxy.stalls += 1
        if (stallMs < Infinity) {
          setTimeout(() => [downstream, upstream].map((end) => end.destroy()), stallMs)
        }
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    sockets.forEach((socket) => socket.destroy())
  })
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

it.each([
  ['closed after a stall', 200],
  ['left open without data', Infinity],
])('the source arrives intact although each connection is %s', async (_, stallMs) => {
  const { gateway } = harness
  const bytes = randomBytes(SIZE)
  const file = join(harness.scratch, 'source.bin')
  await writeFile(file, bytes)
  const { assignment } = await gateway.offer(file, video())
  const proxy = await startUnreliableProxy(gateway.url, stallMs)
  const timeouts = { stallMs: 500, partMs: 2_000 }
  const client = createGatewayClient({ gatewayUrl: proxy.url, token: gateway.token, timeouts })
  const source = await startSourceServer({
    sizeBytes: SIZE,
    fetchRange: (start, end, signal) => client.readSource(assignment, start, end, signal),
    onFatal: (error) => expect.unreachable(String(error)),
  })
  const read = Buffer.from(await (await fetch(source.url)).arrayBuffer())
  await source.close()
  expect(read.equals(bytes)).toBe(true)
  expect(proxy.stalls).toBeGreaterThanOrEqual(3)
})

it.each([
  ['closed after a stall', 200],
  ['left open without data', Infinity],
])('the output is stored intact although each connection is %s', async (_, stallMs) => {
  const { gateway } = harness
  gateway.partSizeBytes = 4 * 1024 * 1024
  // Four connections share the parts, and each stalls after 10 MB.
  const sizeBytes = 2 * SIZE
  const bytes = randomBytes(sizeBytes)
  const file = join(harness.scratch, 'output.bin')
  await writeFile(file, bytes)
  const job = await gateway.offer(file, video())
  const proxy = await startUnreliableProxy(gateway.url, stallMs)
  const timeouts = { stallMs: 500, partMs: 2_000 }
  const client = createGatewayClient({ gatewayUrl: proxy.url, token: gateway.token, timeouts })
  const { parts } = await uploadOutput({
    client,
    lease: job.assignment,
    file,
    onProgress: () => {},
    request: {
      progress: 93,
      stage: 'upload',
      etaSeconds: null,
      fps: null,
      speed: null,
      playable: false,
      sizeBytes,
    },
    signal: new AbortController().signal,
  })
  const stored = Buffer.concat(parts.map(({ partNumber }) => job.parts.get(partNumber)!))
  expect(stored.equals(bytes)).toBe(true)
  expect(proxy.stalls).toBeGreaterThanOrEqual(3)
})

it('a range with a wrong bit is detected and fetched again', async () => {
  const { gateway } = harness
  const bytes = randomBytes(300_000)
  const file = join(harness.scratch, 'source.bin')
  await writeFile(file, bytes)
  const { assignment } = await gateway.offer(file, video())
  gateway.sourceFault = (_, call) => (call <= 2 ? 'flip' : null)
  const client = createGatewayClient({ gatewayUrl: gateway.url, token: gateway.token })
  const read = await client.readSource(assignment, 1_000, 200_000, new AbortController().signal)
  expect(Buffer.concat(read).equals(bytes.subarray(1_000, 200_000))).toBe(true)
  expect(gateway.sourceCalls).toHaveLength(3)

  const { url: gatewayUrl, token } = gateway
  const local = createGatewayClient({ gatewayUrl, token, transferDigests: false })
  gateway.sourceFault = () => 'flip'
  await local.readSource(assignment, 1_000, 200_000, new AbortController().signal)
  expect(gateway.sourceCalls).toHaveLength(4)
})

it('a part with a wrong bit is detected and sent again', async () => {
  const { gateway } = harness
  const bytes = randomBytes(300_000)
  const file = join(harness.scratch, 'output.bin')
  await writeFile(file, bytes)
  const job = await gateway.offer(file, video())
  gateway.flippedParts = 2
  const client = createGatewayClient({ gatewayUrl: gateway.url, token: gateway.token })
  const part = { uploadId: 'upload_1', partNumber: 1, file, start: 0, end: bytes.length }
  const { signal } = new AbortController()
  await client.putPart(job.assignment, part, signal)
  expect(job.parts.get(1)!.equals(bytes)).toBe(true)
  expect(gateway.flippedParts).toBe(0)

  const { url: gatewayUrl, token } = gateway
  const local = createGatewayClient({ gatewayUrl, token, transferDigests: false })
  gateway.requiresDigests = false
  gateway.flippedParts = 1
  await local.putPart(job.assignment, { ...part, partNumber: 2 }, signal)
  expect(job.parts.get(2)!.equals(bytes)).toBe(false)
})

it('a request is repeated until a gateway that did not respond is back', async () => {
  const { gateway } = harness
  const bytes = randomBytes(1_000)
  const file = join(harness.scratch, 'output.bin')
  await writeFile(file, bytes)
  const job = await gateway.offer(file, video())
  const timeouts = { stallMs: 50, partMs: 50 }
  const client = createGatewayClient({ gatewayUrl: gateway.url, token: gateway.token, timeouts })
  const back = Promise.withResolvers<void>()
  gateway.frozen = back.promise
  const part = { uploadId: 'upload_1', partNumber: 1, file, start: 0, end: bytes.length }
  const stored = client.putPart(job.assignment, part, new AbortController().signal)
  // One try more than a request has when the gateway responds with errors.
  for (let tries = 0; tries < 7; tries++) {
    await gateway.next('frozen')
  }
  gateway.frozen = null
  back.resolve()
  await stored
  expect(job.parts.get(1)!.equals(bytes)).toBe(true)
}, 90_000)
