/** Waits for the end of a job, by an event stream of its queue. */
import type { StreamMessage } from '../contract/events.ts'
import { describeError, logError } from '../log.ts'
import { closeUnused, type HubClient } from '../platform/hubClient.ts'
import { limitTime } from '../platform/timeLimit.ts'

const ENDS_WAIT: Record<StreamMessage['event'], boolean> = {
  'job:created': false,
  'job:started': false,
  'job:progress': false,
  'job:playable': false,
  'job:retrying': false,
  'job:completed': true,
  'job:error': true,
  'job:cancelled': true,
  'job:deleted': true,
  // Events may have been missed, including the end of the job. The caller then reads the job.
  resync: true,
}

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
  const options = { filter, since: null }
  const deadline = Date.now() + timeoutMs
  const opening = limitTime(hubs.openStream(queue, options), timeoutMs, (late) =>
    closeUnused(late.socket),
  )
  const events = await opening.catch((error: unknown) => {
    logError('hub_unreachable', { queue, error: describeError(error) })
    return null
  })
  if (!events) {
    return
  }
  const { socket } = events
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const timer = setTimeout(end, Math.max(0, deadline - Date.now()))
  socket.addEventListener('message', ({ data }) => {
    if (ENDS_WAIT[(JSON.parse(data as string) as StreamMessage).event]) {
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
