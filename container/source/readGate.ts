/**
 * Pauses fetches of the source, so that an output that waits for its upload does not fill the disk.
 */
import { waitUnlessAborted } from './abortable.ts'

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
    waitUntilOpen(signal: AbortSignal): Promise<void> {
      return waitUnlessAborted(closed?.promise ?? Promise.resolve(), signal)
    },
  }
}
