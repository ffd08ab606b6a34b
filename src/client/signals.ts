/**
 * Abort signals. React Native's have neither `reason` nor `throwIfAborted`, and there is no
 * `AbortSignal.any`.
 */

export function readReason({ reason }: AbortSignal): Error {
  return (
    (reason as Error | undefined) ??
    Object.assign(new Error('The call was aborted.'), { name: 'AbortError' })
  )
}

/** @throws the reason of the signal if it is aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw readReason(signal)
  }
}

/** Returns a controller that aborts when the signal does, until `release` is called. */
export function linkController(signal: AbortSignal | undefined) {
  const controller = new AbortController()
  const abort = () => controller.abort(signal && readReason(signal))
  if (signal?.aborted) {
    abort()
  }
  signal?.addEventListener('abort', abort)
  return { controller, release: () => signal?.removeEventListener('abort', abort) }
}
