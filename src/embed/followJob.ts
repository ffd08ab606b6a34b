/** Follows the job of a variant: by its events, or without them by its status. */
import { findMedia, type Making } from './findMedia.ts'

/** Events after which the variant can be requested again. */
const CHANGES = ['job:playable', 'job:completed', 'job:error', 'job:cancelled', 'job:deleted']
/** Seconds after which the variant is requested again in any case. */
const LONGEST_WAIT = 60

/**
 * Resolves when the variant should be requested again.
 *
 * @param source URL of the variant
 * @param onProgress receives percents; null while the job waits for a runner
 */
export function followJob(
  source: string,
  { jobId, statusUrl, seconds }: Making,
  onProgress: (progress: number | null) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const events = new EventSource(`/queue/events?jobId=${encodeURIComponent(jobId)}`)
    const timer = setTimeout(finish, LONGEST_WAIT * 1_000)
    function finish(): void {
      clearTimeout(timer)
      events.close()
      resolve()
    }
    for (const name of CHANGES) {
      events.addEventListener(name, finish)
    }
    events.addEventListener('job:started', () => onProgress(0))
    events.addEventListener('job:progress', ({ data }: MessageEvent<string>) =>
      onProgress((JSON.parse(data) as { progress: number }).progress),
    )
    events.addEventListener('connected', () => void checkVariant())
    // Visitors may be excluded from events, or have too many streams.
    events.addEventListener('unavailable', () => void poll())
    events.addEventListener('error', () => void poll())

    /** The variant may have become playable before the stream of events began. */
    async function checkVariant(): Promise<void> {
      const found = await findMedia(source).catch(() => null)
      if (found !== null && found.state !== 'making') {
        return finish()
      }
      await readStatus()
    }
    async function poll(): Promise<void> {
      events.close()
      await readStatus()
      setTimeout(finish, seconds * 1_000)
    }
    async function readStatus(): Promise<void> {
      const response = await fetch(statusUrl).catch(() => null)
      if (!response?.ok) {
        return
      }
      const { status, progress } = (await response.json()) as { status: string; progress: number }
      if (status === 'pending' || status === 'running') {
        onProgress(status === 'pending' ? null : progress)
      } else {
        finish()
      }
    }
  })
}
