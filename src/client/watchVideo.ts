/** Follows the status of a file or a variant by the events of the file. */
import { follow, hasEnded, type WatchOptions } from './follow.ts'
import type { Http } from './http.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import type { QueueEvent, VideoStatus } from './types.ts'

/** An event of progress does not tell the variant, so the status is read; at most this often. */
const READ_INTERVAL_MS = 1_000

interface Video {
  filePath: string
  /** The path of the file, after the transformation. */
  path: string
  queue: string | undefined
}

/** Yields the status of the newest job, or null if there is none yet. */
export function watchVideo(
  http: Http,
  { filePath, path, queue }: Video,
  options: WatchOptions,
): AsyncGenerator<VideoStatus | null, void> {
  let readAt = 0
  async function read(signal: AbortSignal | undefined): Promise<VideoStatus | null> {
    readAt = Date.now()
    try {
      const query = queue === undefined ? {} : { queue }
      return await http.request('get', '/video-status/{path}', { path: { path }, query, signal })
    } catch (error) {
      if (error instanceof ReelqueueError && error.code === 'not_found') {
        return null
      }
      throw error
    }
  }
  const apply = ({ event }: QueueEvent, value: VideoStatus | null) =>
    event === 'job:progress' && Date.now() - readAt < READ_INTERVAL_MS ? { value } : null
  const isOver = (status: VideoStatus | null) => hasEnded(status?.status ?? null)
  return follow(http, { filter: { filePath }, read, apply, isOver }, options)
}
