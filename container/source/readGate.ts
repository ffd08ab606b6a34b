/**
 * Pauses fetches of the source, so that an output that waits for its upload does not fill the disk.
 */

export type ReadGate = ReturnType<typeof createReadGate>

export function createReadGate() {
  let closed: PromiseWithResolvers<void> | null = null
  return {
    close() {
      closed ??= Promise.withResolvers()
    },
    open() {
      closed?.resolve()
      closed = null
    },
    /** Waits until the gate is open. @throws the reason of the signal, if it aborts first */
    async waitUntilOpen(signal: AbortSignal): Promise<void> {
      signal.throwIfAborted()
      if (closed === null) {
        return
      }
      const aborted = Promise.withResolvers<never>()
      const abort = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      await Promise.race([closed.promise, aborted.promise]).finally(() =>
        signal.removeEventListener('abort', abort),
      )
    },
  }
}
