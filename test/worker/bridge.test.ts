/** The clock is faked here, and nothing else: a socket pair stands for the hub. */
import { SSEStreamingApi } from 'hono/streaming'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bridge } from '../../src/hub/bridge.ts'

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  })
})
afterEach(() => vi.useRealTimers())

function open() {
  const { 0: socket, 1: hub } = new WebSocketPair()
  hub.accept()
  const closed = new Promise<void>((resolve) => hub.addEventListener('close', () => resolve()))
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const stream = new SSEStreamingApi(writable, readable)
  const ended = bridge({ socket, cursor: 7 }, stream).then(() => stream.close())
  const reader = stream.responseReadable.pipeThrough(new TextDecoderStream()).getReader()
  return { hub, ended, closed, reader, next: async () => (await reader.read()).value }
}

it('a heartbeat comes every 15 s, and the hub has no part in it', async () => {
  const { hub, next, ended } = open()
  const fromWorker = vi.fn()
  hub.addEventListener('message', fromWorker)
  expect(await next()).toMatch(
    /^event: connected\ndata: \{"clientId":"client_\w+"\}\nid: 7\nretry: 1000\n\n$/,
  )
  const begun = Date.now()
  for (let beat = 1; beat <= 3; beat++) {
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await next()).toBe(`event: heartbeat\ndata: {"timestamp":${begun + beat * 15_000}}\n\n`)
  }
  expect(fromWorker).not.toHaveBeenCalled()
  hub.close(1000)
  await ended
})

it('no heartbeat comes before its time', async () => {
  const { hub, next, reader, ended } = open()
  await next()
  await vi.advanceTimersByTimeAsync(14_999)
  const data = { jobId: 'job_1', filePath: 'a.mp4', status: 'pending' }
  hub.send(JSON.stringify({ event: 'job:created', id: 8, data }))
  expect(await next()).toBe(`event: job:created\ndata: ${JSON.stringify(data)}\nid: 8\n\n`)
  hub.close(1000)
  await ended
  expect((await reader.read()).done).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

it('a stream of 30 minutes is ended, and the hub’s socket with it', async () => {
  const { reader, ended, closed } = open()
  const events: string[] = []
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      events.push(value)
    }
  })()
  await vi.advanceTimersByTimeAsync(30 * 60_000 - 1)
  expect(vi.getTimerCount()).toBe(2)
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all([ended, closed, reading])
  // The last one falls on the end itself.
  expect(events.filter((event) => event.startsWith('event: heartbeat'))).toHaveLength(119)
  expect(vi.getTimerCount()).toBe(0)
})

it('a client that reads nothing is let go before it fills the memory', async () => {
  const { hub, closed } = open()
  const message = JSON.stringify({ event: 'job:progress', data: { jobId: 'job_1', progress: 1 } })
  for (let sent = 0; sent < 10_050; sent++) hub.send(message)
  await closed
  expect(vi.getTimerCount()).toBe(0)
})

it('a client that leaves ends the bridge at once', async () => {
  const { reader, ended, closed, next } = open()
  await next()
  await reader.cancel()
  await Promise.all([ended, closed])
  expect(vi.getTimerCount()).toBe(0)
})
