/** A state that an async iterator updates, shared by the components with the same key. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Client, ReelqueueError } from '../index.ts'
import { subscribe, type Subscription } from './sharing.ts'

export interface Watched<Value> {
  value: Value | null
  error: ReelqueueError | null
}
interface KeyedState<Value> extends Watched<Value> {
  client: Client
  key: string | null
}

const NOTHING: Watched<never> = { value: null, error: null }

/** @param key null to follow nothing; the same key must stand for the same `watch` */
export function useWatched<Value>(
  client: Client,
  key: string | null,
  watch: (options: { signal: AbortSignal; poll: boolean }) => AsyncIterable<Value>,
): Watched<Value> & { reload: () => void } {
  const [state, setState] = useState<KeyedState<Value>>({ client, key, ...NOTHING })
  const subscription = useRef<Subscription | null>(null)
  const latestWatch = useRef(watch)
  useEffect(() => {
    latestWatch.current = watch
  })

  useEffect(() => {
    if (key === null) {
      return
    }
    const iterate = latestWatch.current
    async function follow(
      publish: (watched: Watched<Value>) => void,
      signal: AbortSignal,
      poll: boolean,
    ): Promise<void> {
      let value: Value | null = null
      try {
        for await (value of iterate({ signal, poll })) {
          publish({ value, error: null })
        }
      } catch (error) {
        publish({ value, error: error as ReelqueueError })
      }
    }
    const subscribed = subscribe(client, key, follow, (watched: Watched<Value>) =>
      setState({ client, key, ...watched }),
    )
    subscription.current = subscribed
    return subscribed.unsubscribe
  }, [client, key])

  const reload = useCallback(() => subscription.current?.restart(), [])
  const { value, error } = state.client === client && state.key === key ? state : NOTHING
  return useMemo(() => ({ value, error, reload }), [value, error, reload])
}
