/** Wakes the waiting runners of a hub. The attachment of their sockets has their capabilities. */
import {
  type JobRequirements,
  matchJobs,
  type RunnerCapabilities,
} from '../domain/runnerRequirements.ts'

/**
 * Wakes up to `count` runners that can each take one of the jobs. Returns the jobs that the waiting
 * runners take together, each at most one, whether they are woken now or not. A runner that gets
 * none of the jobs is not woken. If no job is ready, runners are woken whatever their capabilities,
 * because their claims release retries that are due.
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
