/** The jobs that the runner holds, and whether it can claim another one. */
import type { Assignment } from '../src/contract/runnerProtocol.ts'

/**
 * While an output of at most this size is uploaded, the next job runs. A larger one would take disk
 * space that the next job may use.
 */
const MAX_OVERLAPPED_BYTES = 8 * 1024 ** 2

interface HeldJob {
  assignment: Assignment
  /** True when only the upload and the finish of a small output are left. */
  isUploading: boolean
}

/** @param onUpload to be called when the output is complete, with its size */
export type RunJob = (onUpload: (sizeBytes: number) => void) => Promise<void>

export type HeldJobs = ReturnType<typeof createHeldJobs>

export function createHeldJobs() {
  const jobs = new Set<HeldJob>()
  let change = Promise.withResolvers<void>()

  function announce() {
    change.resolve()
    change = Promise.withResolvers()
  }

  return {
    isEmpty: () => jobs.size === 0,
    /** Returns true for an assignment that the gateway has sent before. */
    includes: ({ jobId, fence }: Assignment) =>
      [...jobs].some((job) => job.assignment.jobId === jobId && job.assignment.fence === fence),
    listIds: () => [...jobs].map(({ assignment }) => assignment.jobId),
    /** One job at a time runs, and one is uploaded. */
    canClaim: () => jobs.size < 2 && [...jobs].every(({ isUploading }) => isUploading),
    /** @param run never throws */
    start(assignment: Assignment, run: RunJob): void {
      const job: HeldJob = { assignment, isUploading: false }
      jobs.add(job)
      const ended = run((sizeBytes) => {
        job.isUploading = sizeBytes <= MAX_OVERLAPPED_BYTES
        announce()
      })
      void ended.finally(() => {
        jobs.delete(job)
        announce()
      })
    },
    /** Resolves when a job has ended, or its upload has begun. */
    waitForChange: () => change.promise,
    async waitForAll(): Promise<void> {
      while (jobs.size > 0) {
        await change.promise
      }
    },
  }
}
