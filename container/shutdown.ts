/** Shutdown of a runner: it claims no more jobs, and finishes or releases those that it holds. */
import { AttemptReleased } from './failures.ts'

export interface Shutdown {
  /** Aborts when the shutdown begins: no job is claimed from then on. */
  begun: AbortSignal
  /** Aborts at the end of the grace period: jobs that still run are released. */
  release: AbortSignal
  begin: () => void
  /**
   * Returns true if the shutdown has begun, and its grace period ends before a job that takes `seconds`
   * more. Returns false if the remaining time of the job is not known (null).
   */
  isTooShortFor: (seconds: number | null) => boolean
}

/** @param graceMs grace period, in which jobs can be finished; if it is 0, they are released at once */
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
    isTooShortFor: (seconds) => seconds !== null && now() + seconds * 1_000 > endsAt,
  }
}
