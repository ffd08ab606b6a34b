/** Hooks that load values and follow events. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { client } from './api.ts'
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
        setError(describeError(problem))
      }
    }
  }, inputs)
  useEffect(() => void reload(), [reload])
  return { value, setValue, error, reload }
}

/**
 * Calls `onEvent` for each event, as long as the component is shown. Returns false if there are no
 * events, because the key may not read them.
 */
export function useEvents(onEvent: (event: QueueEvent) => void): boolean {
  const [isLive, setLive] = useState(true)
  const handler = useRef(onEvent)
  handler.current = onEvent
  useEffect(() => {
    const stopped = new AbortController()
    async function follow(): Promise<void> {
      for await (const event of client.events({ signal: stopped.signal })) {
        handler.current(event)
      }
    }
    follow().catch(() => setLive(stopped.signal.aborted))
    return () => stopped.abort()
  }, [])
  return isLive
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
