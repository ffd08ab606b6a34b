import { type Assignment, assignment } from '../../../src/contract/runnerProtocol.ts'
import { video } from '../../fixtures/renditions.ts'

/** An assignment of a chunk; with `kind` null, of a job that is not split. */
export function makeAssignment(
  kind: 'audio' | 'video' | null,
  source: Assignment['source'],
): Assignment {
  const chunk = { jobId: 'job_1', index: 0, planKey: 'a', startSeconds: 0, endSeconds: null }
  return assignment.parse({
    jobId: 'job_1.0',
    queue: 'default',
    fence: 1,
    attempt: 1,
    filePath: 'videos/clip.mp4',
    rendition: video(),
    source,
    leaseSeconds: 30,
    stallSeconds: 30,
    timeoutSeconds: 60,
    ...(kind && { chunk: { ...chunk, kind, frames: null } }),
  })
}
