/** The jobs that the runner holds, and which ones it can claim besides. */
import type { Assignment } from '../src/contract/runnerProtocol.ts'

/** Kinds of variants with a small output. Of these, several run at once. */
const SMALL_KINDS: readonly Assignment['rendition']['kind'][] = ['image', 'sprite', 'wave', 'probe']
/**
 * While an output of at most this size is uploaded, the next job runs. A larger one would take disk
 * space that the next job may use.
 */
const MAX_OVERLAPPED_BYTES = 8 * 1024 ** 2
/** The same for a chunk. It and the next one take less space than the whole output of their job. */
const MAX_OVERLAPPED_CHUNK_BYTES = 64 * 1024 ** 2
/**
 * After so long with small jobs alone, no job is claimed until all have ended. Otherwise a runner
 * that always has small jobs would never run another one.
 */
const MAX_SMALL_ONLY_MS = 2_000

interface HeldJob {
  assignment: Assignment
  isSmall: boolean
  /** True for the audio of a split job, beside which the runner does other work. */
  isAudio: boolean
  /** True when only the last second of a chunk is left, or the upload and the finish of a small output. */
  isAlmostDone: boolean
}

/**
 * @param onAlmostDone to be called when the output is complete, with its size; for a chunk also shortly
 *   before, with the expected size
 */
export type RunJob = (onAlmostDone: (sizeBytes: number) => void) => Promise<void>

export type HeldJobs = ReturnType<typeof createHeldJobs>

export function isSmallJob({ rendition }: Assignment): boolean {
  return SMALL_KINDS.includes(rendition.kind)
}

/**
 * @param maxSmallJobs number of small jobs that run at once. Another job has the runner for itself, except
 *   for the audio of a split job: encoders of audio use one core, and little memory.
 */
export function createHeldJobs(maxSmallJobs: number, now = () => performance.now()) {
  const jobs = new Set<HeldJob>()
  let change = Promise.withResolvers<void>()
  /** When no job was running last. */
  let freeAt = now()

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
    /** Returns which jobs can be claimed now; null for none. */
    findClaimable(): 'any' | 'small' | null {
      const unfinished = [...jobs].filter(({ isAlmostDone }) => !isAlmostDone)
      const running = unfinished.filter(({ isAudio }) => !isAudio)
      if (jobs.size >= 2 * maxSmallJobs || unfinished.length - running.length > 1) {
        return null
      }
      if (running.length === 0) {
        freeAt = now()
        return 'any'
      }
      const isShared = running.every(({ isSmall }) => isSmall) && running.length < maxSmallJobs
      return isShared && now() - freeAt < MAX_SMALL_ONLY_MS ? 'small' : null
    },
    /** @param run never throws */
    start(assignment: Assignment, run: RunJob): void {
      const job: HeldJob = {
        assignment,
        isSmall: isSmallJob(assignment),
        isAudio: assignment.chunk?.kind === 'audio',
        isAlmostDone: false,
      }
      jobs.add(job)
      const ended = run((sizeBytes) => {
        const { chunk } = assignment
        job.isAlmostDone =
          sizeBytes <= (chunk === undefined ? MAX_OVERLAPPED_BYTES : MAX_OVERLAPPED_CHUNK_BYTES)
        announce()
      })
      void ended.finally(() => {
        jobs.delete(job)
        announce()
      })
    },
    /** Resolves when a job is almost done, its upload has begun, or it has ended. */
    waitForChange: () => change.promise,
    async waitForAll(): Promise<void> {
      while (jobs.size > 0) {
        await change.promise
      }
    },
  }
}
