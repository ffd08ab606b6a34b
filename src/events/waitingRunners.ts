/** Wakes the waiting runners of a hub. The attachment of their sockets has their capabilities. */
import {
  type JobRequirements,
  matchJobs,
  type RunnerCapabilities,
} from '../domain/runnerRequirements.ts'

/**
 * Wakes up to `count` runners that can each run one of the jobs, and returns the jobs that all of
 * the runners can take. A runner that can run none of them is not woken, because it would claim
 * nothing. If no job is ready, any runners are woken: their claims release retries that are due.
 *
 * @param jobs the ready jobs, in the order of claims
 */
export function wakeWaitingRunners(
  sockets: WebSocket[],
  jobs: JobRequirements[],
  count: number,
): JobRequirements[] {
  if (jobs.length === 0) {
    sockets.slice(0, Math.max(0, count)).forEach(wake)
    return []
  }
  const runners = sockets.map(
    (socket) => (socket.deserializeAttachment() ?? {}) as RunnerCapabilities,
  )
  const taken: JobRequirements[] = []
  for (const [index, job] of matchJobs(runners, jobs).entries()) {
    if (job !== null) {
      if (taken.length < count) {
        wake(sockets[index]!)
      }
      taken.push(job)
    }
  }
  return taken
}

function wake(socket: WebSocket): void {
  socket.send('work')
  socket.close(1000, 'work')
}
