/**
 * Files of the chunks that this runner has made lately, in memory: if it claims the join of their job
 * too, it does not download them.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ChunkFacts } from '../../src/contract/chunk.ts'
import type { Assignment } from '../../src/contract/runnerProtocol.ts'

const MAX_BYTES = 128 * 1024 ** 2
/** Share of the runner's memory for these files. ffmpeg may use three quarters of the memory. */
const MEMORY_SHARE = 1 / 16

export type RecentChunks = ReturnType<typeof createRecentChunks>

type Files = Pick<Assignment, 'source' | 'references'>

interface ChunkOfJob {
  /** The job, not the chunk. */
  jobId: string
  index: number
  planKey: string
}

interface RecentChunk {
  jobId: string
  facts: ChunkFacts
  file: Buffer
}

/** @param memoryBytes of the runner and ffmpeg */
export function createRecentChunks(memoryBytes: number) {
  const maxBytes = Math.min(MAX_BYTES, memoryBytes * MEMORY_SHARE)
  // A Map iterates in insertion order.
  const chunks = new Map<string, RecentChunk>()

  function countBytes(): number {
    return [...chunks.values()].reduce((sum, { file }) => sum + file.length, 0)
  }

  return {
    /** Returns true for a file that is not too large to be kept. */
    hasRoomFor: (sizeBytes: number) => sizeBytes <= maxBytes,

    /** Keeps a file instead of the oldest ones, and of those of all other jobs. */
    keep(files: Files, chunk: ChunkOfJob, { facts, file }: Omit<RecentChunk, 'jobId'>): void {
      const { jobId } = chunk
      for (const [key, other] of chunks) {
        if (other.jobId !== jobId || countBytes() + file.length > maxBytes) {
          chunks.delete(key)
        }
      }
      chunks.set(buildKey(files, chunk), { jobId, facts, file })
    },

    /** Returns the file of a completed chunk, if this runner has made it as it is stored. */
    find(files: Files, chunk: ChunkOfJob, facts: ChunkFacts): Buffer | null {
      const found = chunks.get(buildKey(files, chunk))
      return found !== undefined && isDeepStrictEqual(found.facts, facts) ? found.file : null
    },

    /** To be called when the chunks of a job are joined. */
    forget(jobId: string): void {
      for (const [key, chunk] of chunks) {
        if (chunk.jobId === jobId) {
          chunks.delete(key)
        }
      }
    },
  }
}

/** Chunks with the same plan key have the same frames if they were made of the same files. */
function buildKey({ source, references }: Files, { jobId, index, planKey }: ChunkOfJob): string {
  return JSON.stringify([jobId, index, planKey, source, references])
}
