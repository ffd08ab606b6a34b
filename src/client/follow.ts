/** Follows something that jobs change: reads it now and after each event, until it has ended. */
import type { Http } from './http.ts'
import type { CallOptions } from './options.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import { retryTemporary, sleep } from './sleep.ts'
import { type EventOptions, streamEvents } from './streamEvents.ts'
import type { JobStatus, QueueEvent } from './types.ts'

const POLL_MS = 2_000
const FINAL: ReadonlySet<JobStatus> = new Set(['completed', 'error', 'cancelled'])

export interface WatchOptions extends CallOptions {
  /**
   * Reads every 2 seconds instead of streaming events. It is the default for a `fetch` that does
   * not stream responses.
   */
  poll?: boolean
}

interface Followed<State> {
  filter: Pick<EventOptions, 'jobId' | 'filePath' | 'queue'>
  read: (signal: AbortSignal | undefined) => Promise<State>
  /** Returns the state after an event, if it follows from the event; else null, and it is read. */
  apply: (
    event: QueueEvent,
    state: State,
    signal: AbortSignal | undefined,
  ) => { value: State } | null | Promise<{ value: State }>
  isOver: (state: State) => boolean
}

/** Yields the state now and after each event, until it is over. */
export async function* follow<State>(
  http: Http,
  followed: Followed<State>,
  { signal, poll: mustPoll = false }: WatchOptions,
): AsyncGenerator<State, void> {
  const read = () => retryTemporary(() => followed.read(signal), { signal })
  try {
    yield* mustPoll ? poll(followed, read, signal) : followEvents(http, followed, read, signal)
  } catch (error) {
    // The runtime has no streams, or the API key has no scope for them.
    const canPoll =
      error instanceof ReelqueueError &&
      (error.code === 'streams_unsupported' || error.status === 403)
    if (mustPoll || !canPoll) {
      throw error
    }
    yield* poll(followed, read, signal)
  }
}

async function* followEvents<State>(
  http: Http,
  { filter, apply, isOver }: Followed<State>,
  read: () => Promise<State>,
  signal: AbortSignal | undefined,
): AsyncGenerator<State, void> {
  let state: { value: State } | undefined
  for await (const event of streamEvents(http, { ...filter, signal })) {
    // Read after `connected`, because it can have changed before the stream was open, and after
    // `unavailable`, because there may be no stream for a long time.
    state = (state && (await apply(event, state.value, signal))) ?? { value: await read() }
    yield state.value
    if (isOver(state.value)) {
      return
    }
  }
}

async function* poll<State>(
  { isOver }: Followed<State>,
  read: () => Promise<State>,
  signal: AbortSignal | undefined,
): AsyncGenerator<State, void> {
  for (;;) {
    const state = await read()
    yield state
    if (isOver(state)) {
      return
    }
    await sleep(POLL_MS, signal)
  }
}

/** Returns true for a final status: completed, error or cancelled. */
export function hasEnded(status: JobStatus | null): boolean {
  return status !== null && FINAL.has(status)
}
