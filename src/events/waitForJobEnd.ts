/** Waiting for the end of one job, by the events of its queue. */
import type { StreamMessage } from '../contract/events.ts'
import type { HubClient } from '../platform/hubClient.ts'

const ENDS: readonly StreamMessage['event'][] = [
  'job:completed',
  'job:error',
  'job:cancelled',
  'job:deleted',
  // Events may have been missed: better look.
  'resync',
]

/**
 * Resolves when the job has ended, or after `ms`. `isOver` is asked once, after the events have begun to
 * come, so that an end in between is not missed.
 */
export async function waitForJobEnd(
  hubs: Pick<HubClient, 'openStream'>,
  { queue, jobId }: { queue: string; jobId: string },
  isOver: () => Promise<boolean>,
  ms: number,
): Promise<void> {
  const filter = { jobId, filePath: null, pathPrefix: null }
  const events = await hubs.openStream(queue, { filter, since: null, counted: null })
  if (!events) {
    return
  }
  const { socket } = events
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const timer = setTimeout(end, ms)
  socket.addEventListener('message', ({ data }) => {
    if (ENDS.includes((JSON.parse(data as string) as StreamMessage).event)) {
      end()
    }
  })
  socket.addEventListener('close', () => end())
  socket.addEventListener('error', () => end())
  socket.accept()
  try {
    if (!(await isOver())) {
      await ended
    }
  } finally {
    clearTimeout(timer)
    socket.close(1000)
  }
}
