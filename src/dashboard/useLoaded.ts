/** Hooks that load values and follow events. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { onOnline } from '../client/network.ts'
import { client, noticeEnd } from './api.ts'
import { describeError } from './format.ts'

type QueueEvent =
  ReturnType<typeof client.events> extends AsyncGenerator<infer Event, unknown> ? Event : never

/** Loads a value, again when `inputs` change or `reload` is called. Keeps the last value meanwhile. */
export function useLoaded<T>(load: () => Promise<T>, inputs: readonly unknown[]) {
  const [value, setValue] = useState<T | null>(null)
  const [error, setError] = useState<string | null>(null)
  const latest = useRef(0)
  const reload = useCallback(async () => {
    const turn = ++latest.current
    try {
      const loaded = await load()
      if (turn === latest.current) {
        setValue(loaded)
        setError(null)
      }
    } catch (problem) {
      if (turn === latest.current) {
        noticeEnd(problem)
        setError(describeError(problem))
      }
    }
  }, inputs)
  useEffect(() => void reload(), [reload])
  useEffect(() => {
    if (error !== null) {
      return onOnline(() => void reload())
    }
  }, [error, reload])
  return { value, setValue, error, reload }
}

/** `refused`: the key may not read events. */
export type LiveState = 'live' | 'reconnecting' | 'refused'

/** Calls `onEvent` for each event, as long as the component is shown. */
export function useEvents(onEvent: (event: QueueEvent) => void): LiveState {
  const [state, setState] = useState<LiveState>('live')
  const handler = useRef(onEvent)
  handler.current = onEvent
  useEffect(() => {
    const stopped = new AbortController()
    async function follow(): Promise<void> {
      const onDisconnect = () => setState('reconnecting')
      for await (const event of client.events({ signal: stopped.signal, onDisconnect })) {
        setState(event.event === 'unavailable' ? 'reconnecting' : 'live')
        handler.current(event)
      }
    }
    follow().catch(() => {
      if (!stopped.signal.aborted) {
        setState('refused')
      }
    })
    return () => stopped.abort()
  }, [])
  return state
}

/** Returns a function that calls `work` once, `delayMs` after its first call. */
export function useBatched(work: () => void, delayMs = 500): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const latest = useRef(work)
  latest.current = work
  useEffect(() => () => clearTimeout(timer.current ?? undefined), [])
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null
      latest.current()
    }, delayMs)
  }, [])
}
