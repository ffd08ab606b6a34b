/** Waits for the end of a job, by an event stream of its queue. */
import type { DurableEventType } from '../contract/events.ts'
import { describeError, logError } from '../log.ts'
import { closeUnused, type HubClient } from '../platform/hubClient.ts'
import { limitTime } from '../platform/timeLimit.ts'
import { listEventNames } from './frames.ts'

const ENDS_WAIT: ReadonlySet<string> = new Set<DurableEventType>([
  'job:completed',
  'job:error',
  'job:cancelled',
  'job:deleted',
])

/**
 * Resolves when the job has ended, when events may have been missed (also when the stream closes or
 * the hub fails), or after `timeoutMs`, which includes the time in which the stream opens. A stream
 * that opens later is closed. Calls `isOver` once, after the stream has begun, so that no end is
 * missed.
 */
export async function waitForJobEnd(
  hubs: Pick<HubClient, 'openStream'>,
  { queue, jobId }: { queue: string; jobId: string },
  isOver: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const filter = { jobId, filePath: null, pathPrefix: null }
  const options = { filter, since: null, job: null }
  const deadline = Date.now() + timeoutMs
  const opening = limitTime(hubs.openStream(queue, options), timeoutMs, (late) => {
    if (late.ok) {
      closeUnused(late.socket)
    }
  })
  const events = await opening.catch((error: unknown) => {
    logError('hub_unreachable', { queue, error: describeError(error) })
    return null
  })
  if (!events?.ok) {
    return
  }
  const { socket } = events
  socket.binaryType = 'arraybuffer'
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const timer = setTimeout(end, Math.max(0, deadline - Date.now()))
  socket.addEventListener('message', ({ data }) => {
    if (listEventNames(data as ArrayBuffer).some((name) => ENDS_WAIT.has(name))) {
      end()
    }
  })
  socket.addEventListener('close', () => end())
  socket.addEventListener('error', () => end())
  socket.accept()
  try {
    const endOrWait = isOver().then((isTrue) => (isTrue ? undefined : ended))
    await Promise.race([endOrWait, ended])
  } finally {
    clearTimeout(timer)
    socket.close(1000)
  }
}
