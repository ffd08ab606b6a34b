/** The jobs that the runner holds, and which ones it can claim besides. */
import type { Assignment } from '../src/contract/runnerProtocol.ts'
import type { AttemptCalls } from './attempt/types.ts'

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
  /** True when at most half of a chunk is left. */
  isHalfDone: boolean
  /** True when only the last second of a chunk is left, or the upload and the finish of a small output. */
  isAlmostDone: boolean
}

export type RunJob = (calls: AttemptCalls) => Promise<void>

/** The jobs that can be claimed: all, the small ones, or the chunks of one job. */
export type Claimable = 'any' | 'small' | { anotherChunkOf: string }

export type HeldJobs = ReturnType<typeof createHeldJobs>

export function isSmallJob({ rendition }: Assignment): boolean {
  return SMALL_KINDS.includes(rendition.kind)
}

/**
 * @param maxSmallJobs number of small jobs that run at once. Another job has the runner for itself, except
 *   for the audio of a split job: encoders of audio use one core, and little memory. Half a chunk is made
 *   beside half of another one.
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
    findClaimable(): Claimable | null {
      const unfinished = [...jobs].filter(({ isAlmostDone }) => !isAlmostDone)
      const running = unfinished.filter(({ isAudio }) => !isAudio)
      if (jobs.size >= 2 * maxSmallJobs || unfinished.length - running.length > 1) {
        return null
      }
      if (running.length === 0) {
        freeAt = now()
        return 'any'
      }
      const [first, second] = [...jobs].filter(({ isAudio }) => !isAudio)
      if (first?.isHalfDone && second === undefined) {
        return { anotherChunkOf: first.assignment.chunk!.jobId }
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
        isHalfDone: false,
        isAlmostDone: false,
      }
      jobs.add(job)
      const maxBytes = assignment.chunk ? MAX_OVERLAPPED_CHUNK_BYTES : MAX_OVERLAPPED_BYTES
      const ended = run({
        onHalfDone(sizeBytes) {
          job.isHalfDone = sizeBytes <= maxBytes
          announce()
        },
        onAlmostDone(sizeBytes) {
          job.isAlmostDone = sizeBytes <= maxBytes
          announce()
        },
      })
      void ended.finally(() => {
        jobs.delete(job)
        announce()
      })
    },
    /** Resolves when a job is half done or almost done, its upload has begun, or it has ended. */
    waitForChange: () => change.promise,
    async waitForAll(): Promise<void> {
      while (jobs.size > 0) {
        await change.promise
      }
    },
  }
}
