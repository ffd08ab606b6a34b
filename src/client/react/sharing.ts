/**
 * Work that components share. Several components that follow the same job have one event stream,
 * from the first that is shown to the last.
 */
import type { Client } from '../index.ts'

export type Follow<Value> = (
  publish: (value: Value) => void,
  signal: AbortSignal,
  /** True if it should not hold a connection open: the client has enough of them. */
  mustPoll: boolean,
) => Promise<void>
type Listener<Value> = (value: Value) => void

interface Shared<Value> {
  listeners: Set<Listener<Value>>
  latest: { value: Value } | null
  stop: () => void
  start: () => void
}

/**
 * Streams of a client at the same time. Over HTTP/1.1, browsers open six connections to a host, in
 * all tabs together, and further requests wait for one of them.
 */
const MAX_STREAMS = 3

interface Registry {
  shared: Map<string, Shared<never>>
  streams: number
}
const registries = new WeakMap<Client, Registry>()

export interface Subscription {
  unsubscribe: () => void
  /** Ends the work, and starts it again. */
  restart: () => void
}

/**
 * Calls the listener with each value, and at once with the latest if there is one. `follow` is used
 * only by the first subscriber of a key.
 */
export function subscribe<Value>(
  client: Client,
  key: string,
  follow: Follow<Value>,
  listener: Listener<Value>,
): Subscription {
  const registry = registries.get(client) ?? { shared: new Map(), streams: 0 }
  registries.set(client, registry)
  const existing = registry.shared.get(key) as Shared<Value> | undefined
  const shared = existing ?? createShared(registry, follow)
  registry.shared.set(key, shared as unknown as Shared<never>)
  shared.listeners.add(listener)
  if (!existing) {
    shared.start()
  } else if (shared.latest) {
    listener(shared.latest.value)
  }
  return {
    restart: shared.start,
    unsubscribe() {
      shared.listeners.delete(listener)
      // Later, because StrictMode and moved components subscribe again at once.
      setTimeout(() => {
        if (shared.listeners.size === 0 && registry.shared.get(key) === (shared as never)) {
          registry.shared.delete(key)
          shared.stop()
        }
      })
    },
  }
}

function createShared<Value>(registry: Registry, follow: Follow<Value>): Shared<Value> {
  const shared: Shared<Value> = { listeners: new Set(), latest: null, stop() {}, start }

  function start(): void {
    shared.stop()
    const stopped = new AbortController()
    shared.stop = () => stopped.abort()
    const publish = (value: Value) => {
      if (!stopped.signal.aborted) {
        shared.latest = { value }
        shared.listeners.forEach((listener) => listener(value))
      }
    }
    const mustPoll = registry.streams >= MAX_STREAMS
    registry.streams += mustPoll ? 0 : 1
    void follow(publish, stopped.signal, mustPoll).finally(() => {
      registry.streams -= mustPoll ? 0 : 1
    })
  }

  return shared
}
