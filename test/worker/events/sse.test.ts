/** Timers and end of an event stream, with a fake clock and a socket pair in place of the hub. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { encodeFrame } from '../../../src/events/frames.ts'
import { streamEvents } from '../../../src/events/sse.ts'
import { PING, PONG } from '../../../src/platform/hubClient.ts'

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/**
 * Opens a stream. With `answersPings`, the hub's side of the socket responds to pings, as the
 * runtime does for a hibernating hub.
 */
function open({
  answersPings = true,
  limiterSocket = null,
}: { answersPings?: boolean; limiterSocket?: WebSocket | null } = {}) {
  const { 0: socket, 1: hub } = new WebSocketPair()
  hub.accept()
  const fromWorker = vi.fn()
  hub.addEventListener('message', ({ data }) => {
    fromWorker(data)
    if (answersPings && data === PING) {
      hub.send(PONG)
    }
  })
  const closed = new Promise<void>((resolve) => hub.addEventListener('close', () => resolve()))
  const body = streamEvents(
    { ok: true, socket, cursor: 7, liveAfter: 7, isLost: false },
    {
      readMissed: async () => [],
      expiresAt: null,
      limiterSocket,
    },
  )
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const next = async () => (await reader.read()).value
  return { hub, fromWorker, closed, reader, next }
}

const data = JSON.stringify({ jobId: 'job_1', filePath: 'a.mp4', status: 'pending' })

it('a heartbeat is sent every 15 s, and the hub receives only pings', async () => {
  const { hub, fromWorker, next, closed } = open()
  expect(await next()).toMatch(
    /^event: connected\ndata: \{"clientId":"client_\w+"\}\nid: 7\nretry: \d{4}\n\n$/,
  )
  const startedAt = Date.now()
  for (let beat = 1; beat <= 3; beat++) {
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await next()).toBe(
      `event: heartbeat\ndata: {"timestamp":${startedAt + beat * 15_000}}\n\n`,
    )
  }
  expect(fromWorker.mock.calls).toEqual([[PING], [PING], [PING]])
  hub.close(1000)
  await closed
})

it('a hub that is silent from one heartbeat to the next ends the stream', async () => {
  const { next, reader, closed } = open({ answersPings: false })
  await next()
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await next()).toContain('event: heartbeat')
  await vi.advanceTimersByTimeAsync(15_000)
  await closed
  expect((await reader.read()).done).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

it('an event from the hub keeps the stream open, as a pong does', async () => {
  const { hub, next, closed } = open({ answersPings: false })
  await next()
  for (let beat = 1; beat <= 3; beat++) {
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await next()).toContain('event: heartbeat')
    hub.send(encodeFrame({ event: 'job:created', id: beat, data }))
    expect(await next()).toContain('event: job:created')
  }
  hub.close(1000)
  await closed
})

it('no heartbeat is sent before 15 s, and the hub can end the stream', async () => {
  const { hub, next, reader, closed } = open()
  await next()
  await vi.advanceTimersByTimeAsync(14_999)
  hub.send(encodeFrame({ event: 'job:created', id: 8, data }))
  expect(await next()).toBe(`event: job:created\ndata: ${data}\nid: 8\n\n`)
  hub.close(1000)
  await closed
  expect((await reader.read()).done).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

it.each([
  [0, 20],
  [0.5, 25],
  [1, 30],
])('a stream ends after 20 to 30 minutes (random number %s: %i)', async (random, minutes) => {
  vi.spyOn(Math, 'random').mockReturnValue(random)
  const { reader, closed } = open()
  const events: string[] = []
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        return
      }
      events.push(value)
    }
  })()
  await vi.advanceTimersByTimeAsync(minutes * 60_000 - 1)
  expect(vi.getTimerCount()).toBe(2)
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all([closed, reading])
  // The last heartbeat would be due at the end of the stream.
  expect(events.filter((event) => event.startsWith('event: heartbeat'))).toHaveLength(
    minutes * 4 - 1,
  )
  expect(vi.getTimerCount()).toBe(0)
})

it.each([
  [0, 1_000],
  [0.5, 3_000],
  [1, 5_000],
])('the reconnection time is 1 to 5 s (random number %s: %i ms)', async (random, retry) => {
  vi.spyOn(Math, 'random').mockReturnValue(random)
  const { hub, next, closed } = open()
  expect(await next()).toContain(`retry: ${retry}\n`)
  hub.close(1000)
  await closed
})

it('a stream ends when its socket to the limiter closes, and closes that socket when it ends', async () => {
  for (const closing of ['limiter', 'hub'] as const) {
    const { 0: limiterSocket, 1: limiter } = new WebSocketPair()
    limiter.accept()
    const limiterClosed = new Promise<void>((resolve) =>
      limiter.addEventListener('close', () => resolve()),
    )
    const { hub, reader, closed } = open({ limiterSocket })
    const side = closing === 'limiter' ? limiter : hub
    side.close(1000)
    await (closing === 'limiter' ? closed : limiterClosed)
    await reader.cancel()
  }
  expect(vi.getTimerCount()).toBe(0)
})

it('a limiter that is silent from one heartbeat to the next ends the stream', async () => {
  const { 0: limiterSocket, 1: limiter } = new WebSocketPair()
  limiter.accept()
  const { closed } = open({ limiterSocket })
  await vi.advanceTimersByTimeAsync(30_000)
  await closed
})

it('a client that reads nothing is disconnected once 1 MiB is unsent', async () => {
  const { hub, closed, reader } = open()
  const message = encodeFrame({ event: 'job:created', id: 8, data: 'x'.repeat(1000) })
  let isClosed = false
  void closed.then(() => (isClosed = true))
  const sendUntil = async (bytes: number) => {
    for (let sent = 0; sent < bytes; sent += message.length) {
      hub.send(message)
    }
    await vi.advanceTimersByTimeAsync(1)
  }
  await sendUntil(1_000_000)
  expect(isClosed).toBe(false)
  await sendUntil(100_000)
  await closed
  await expect(async () => {
    while (!(await reader.read()).done) {
      // Reads what was sent before the stream failed.
    }
  }).rejects.toThrow('too slow')
  expect(vi.getTimerCount()).toBe(0)
})

it('a client that disconnects ends the stream at once', async () => {
  const { reader, closed, next } = open()
  await next()
  await reader.cancel()
  await closed
  expect(vi.getTimerCount()).toBe(0)
})
