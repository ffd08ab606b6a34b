/** Lets whoever stores the output hold back whoever reads the source, so that the disk does not fill. */
export type ReadGate = ReturnType<typeof createReadGate>

export function createReadGate() {
  let held: PromiseWithResolvers<void> | null = null
  return {
    hold() {
      held ??= Promise.withResolvers()
    },
    release() {
      held?.resolve()
      held = null
    },
    /** Resolves at once unless held, else when released; rejects with the signal's reason. */
    async passed(signal: AbortSignal): Promise<void> {
      signal.throwIfAborted()
      if (held === null) {
        return
      }
      const aborted = Promise.withResolvers<never>()
      const abort = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      await Promise.race([held.promise, aborted.promise]).finally(() =>
        signal.removeEventListener('abort', abort),
      )
    },
  }
}
