/** The shutdown of a runner: it claims no more, and finishes or releases the jobs that it holds. */
import { AttemptReleased } from './failures.ts'

export interface Shutdown {
  /** Aborts when the shutdown begins: no job is claimed from then on. */
  begun: AbortSignal
  /** Aborts when the time is over: the jobs are released. */
  release: AbortSignal
  begin: () => void
  /**
   * Returns true if the shutdown has begun, and a job that takes so many more seconds would not be
   * finished in its time. A job whose remaining time is not known (null) goes on.
   */
  endsBefore: (seconds: number | null) => boolean
}

/** @param graceMs time for finishing jobs; if it is 0, they are released at once */
export function createShutdown(graceMs: number, now = () => performance.now()): Shutdown {
  const beginning = new AbortController()
  const releasing = new AbortController()
  let endsAt = Infinity
  const releaseJobs = () => {
    releasing.abort(new AttemptReleased('the runner is shutting down'))
  }
  return {
    begun: beginning.signal,
    release: releasing.signal,
    begin() {
      endsAt = now() + graceMs
      beginning.abort(new AttemptReleased('the runner is shutting down'))
      if (graceMs === 0) {
        releaseJobs()
      } else {
        setTimeout(releaseJobs, graceMs).unref()
      }
    },
    endsBefore: (seconds) => seconds !== null && now() + seconds * 1_000 > endsAt,
  }
}
