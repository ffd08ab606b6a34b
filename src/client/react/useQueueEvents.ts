/** Events of queues. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { EventOptions, QueueEvent, ReelqueueError } from '../index.ts'
import { useClient } from './provider.ts'
import { subscribe } from './sharing.ts'

export interface QueueEventsState {
  /** True while the stream is open. After an interruption, it continues without a gap. */
  isConnected: boolean
  /** Set if the service rejects the stream, for example because the key may not read events. */
  error: ReelqueueError | null
}

export type EventFilter = Pick<EventOptions, 'queue' | 'jobId' | 'filePath' | 'token'>
type Message = ({ event: QueueEvent } | { event: null }) & QueueEventsState
const CLOSED: QueueEventsState = { isConnected: false, error: null }

/**
 * Calls `handler` for each event, as long as the component is shown. Components with the same
 * filter share one stream.
 *
 * @param filter null for no events
 * @example useQueueEvents({ queue: 'default' }, ({ event, data }) => …)
 */
export function useQueueEvents(
  filter: EventFilter | null,
  handler: (event: QueueEvent) => void,
): QueueEventsState {
  const client = useClient()
  const [state, setState] = useState(CLOSED)
  const latestHandler = useRef(handler)
  useEffect(() => {
    latestHandler.current = handler
  })
  const { queue, jobId, filePath, token } = filter ?? {}
  // Fields that are undefined are left out.
  const key = filter && JSON.stringify({ queue, jobId, filePath, token })

  useEffect(() => {
    setState(CLOSED)
    if (key === null) {
      return
    }
    const query = JSON.parse(key) as EventFilter
    async function follow(publish: (message: Message) => void, signal: AbortSignal): Promise<void> {
      const onDisconnect = () => publish({ event: null, ...CLOSED })
      try {
        for await (const event of client.events({ ...query, signal, onDisconnect })) {
          publish({ event, isConnected: event.event !== 'unavailable', error: null })
        }
      } catch (error) {
        publish({ event: null, isConnected: false, error: error as ReelqueueError })
      }
    }
    // The latest event was for the components that were shown then.
    let isReplay = true
    const { unsubscribe } = subscribe(client, `events ${key}`, follow, (message: Message) => {
      const { event, isConnected, error } = message
      setState((old) =>
        old.isConnected === isConnected && old.error === error ? old : { isConnected, error },
      )
      if (event && !isReplay) {
        callHandler(latestHandler.current, event)
      }
    })
    isReplay = false
    return unsubscribe
  }, [client, key])

  return useMemo(() => state, [state])
}

/** An error of a handler is reported, and does not end the stream. */
function callHandler(handler: (event: QueueEvent) => void, event: QueueEvent): void {
  try {
    handler(event)
  } catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}
