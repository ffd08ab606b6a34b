/** The time that waiting for the end of a job takes, and the sockets that it opens. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { waitForJobEnd } from '../../../src/events/waitForJobEnd.ts'
import type { EventStream } from '../../../src/platform/hubClient.ts'
import { WAIT } from '../helpers/wait.ts'

const JOB = { queue: 'default', jobId: 'job_1' }
const LIMIT_MS = 10_000

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

/** A hub that opens its stream after `openMs`. `closed` has the codes with which it is closed. */
function slowHub(openMs: number) {
  const closed: number[] = []
  const openStream = () =>
    new Promise<EventStream>((resolve) => {
      setTimeout(() => {
        const { 0: socket, 1: hub } = new WebSocketPair()
        hub.accept()
        hub.addEventListener('close', ({ code }) => closed.push(code))
        resolve({ ok: true, socket, cursor: 0, liveAfter: 0, isLost: false })
      }, openMs)
    })
  return { openStream, closed }
}

function startWait(hub: ReturnType<typeof slowHub>, isOver = async () => false) {
  const state = { isEnded: false }
  void waitForJobEnd(hub, JOB, isOver, LIMIT_MS).then(() => (state.isEnded = true))
  return state
}

describe('the wait ends at its limit', () => {
  const waitForever = () => new Promise<never>(() => undefined)
  it.each([
    ['the hub opens the stream at once', 0, undefined],
    ['the hub opens the stream just before', LIMIT_MS - 1_000, undefined],
    ['the hub opens the stream later', LIMIT_MS + 1_000, undefined],
    ['reading the job takes too long', 0, waitForever],
    ['reading the job takes too long after a slow start', LIMIT_MS - 1_000, waitForever],
  ])('if %s', async (_name, openMs, isOver) => {
    const hub = slowHub(openMs)
    const wait = startWait(hub, isOver)
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1)
    expect(wait.isEnded).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(wait.isEnded).toBe(true)
    await vi.advanceTimersByTimeAsync(LIMIT_MS)
    vi.useRealTimers()
    await vi.waitFor(() => expect(hub.closed).toEqual([1000]), WAIT)
  })
})

it('the wait ends at once if the job has ended, and closes its stream', async () => {
  const hub = slowHub(0)
  const wait = startWait(hub, async () => true)
  await vi.advanceTimersByTimeAsync(1)
  expect(wait.isEnded).toBe(true)
  vi.useRealTimers()
  await vi.waitFor(() => expect(hub.closed).toEqual([1000]), WAIT)
})
