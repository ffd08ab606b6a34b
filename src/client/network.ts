/** The state of the network, in browsers. Other runtimes do not tell it. */

/** True if the browser has no network at all. */
export function isOffline(): boolean {
  return readOnline() === false
}

/** Calls back when the network is available again. Returns a function that ends this. */
export function onOnline(callback: () => void): () => void {
  if (readOnline() === undefined) {
    return () => undefined
  }
  globalThis.addEventListener('online', callback)
  return () => globalThis.removeEventListener('online', callback)
}

function readOnline(): boolean | undefined {
  const { navigator } = globalThis as { navigator?: { onLine?: boolean } }
  return navigator?.onLine
}
