/**
 * Blocks of the originals of split jobs, in memory. The audio of a file lies between its frames, so its encode
 * reads the whole file, long before the chunks of video do that the same runner makes meanwhile. They use what
 * the audio has read, instead of fetching it again.
 */
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import {
  BLOCK_BYTES,
  countBytes,
  type FetchRange,
  type Pieces,
  splitIntoBlocks,
} from './blockCache.ts'

const MIB = 1024 ** 2
/** ffmpeg may use three quarters of the memory, and the runner needs some 200 MB for itself. */
const RESERVED_BYTES = 1024 * MIB
const MEMORY_SHARE = 1 / 16
const MAX_BYTES = 512 * MIB

export type SharedBlocks = ReturnType<typeof createSharedBlocks>

/** The blocks of one original, as one attempt uses them. */
export interface OpenBlocks {
  keep: (fetchRange: FetchRange) => FetchRange
  /** To be called once. When no attempt uses them any more, the blocks are dropped. */
  close: () => void
}

interface SharedFile {
  /** By their number in the file. */
  blocks: Map<number, Pieces>
  attempts: number
}

/** @param memoryBytes of the runner and ffmpeg */
export function createSharedBlocks(memoryBytes: number) {
  const maxBytes = Math.min(MAX_BYTES, (memoryBytes - RESERVED_BYTES) * MEMORY_SHARE)
  const files = new Map<string, SharedFile>()
  let storedBytes = 0

  function store({ blocks }: SharedFile, first: number, pieces: Pieces) {
    for (const [index, block] of splitIntoBlocks(pieces).entries()) {
      const sizeBytes = countBytes(block)
      if (!blocks.has(first + index) && storedBytes + sizeBytes <= maxBytes) {
        blocks.set(first + index, block)
        storedBytes += sizeBytes
      }
    }
  }

  function drop(key: string, { blocks }: SharedFile) {
    files.delete(key)
    storedBytes -= [...blocks.values()].reduce((sum, block) => sum + countBytes(block), 0)
    // A fetch that has not ended yet may still refer to the file.
    blocks.clear()
  }

  /**
   * The attempt for the audio stores what it fetches. Those for chunks of video store nothing: each part of
   * the file is read by one of them only. Returns null for an attempt that has nothing to share.
   */
  return function open({ filePath, source, chunk }: Assignment): OpenBlocks | null {
    const key = JSON.stringify([filePath, source.etag])
    const isAudio = chunk?.kind === 'audio'
    if (chunk === undefined || (!isAudio && !files.has(key))) {
      return null
    }
    const file = files.get(key) ?? { blocks: new Map(), attempts: 0 }
    files.set(key, file)
    file.attempts += 1
    return {
      keep: (fetchRange) => async (start, end, signal) => {
        const first = start / BLOCK_BYTES
        const count = Math.ceil((end - start) / BLOCK_BYTES)
        const found = Array.from({ length: count }, (_, index) => file.blocks.get(first + index))
        if (found.every((block) => block !== undefined)) {
          return found.flat()
        }
        const pieces = await fetchRange(start, end, signal)
        if (isAudio && file.attempts > 0) {
          store(file, first, pieces)
        }
        return pieces
      },
      close() {
        file.attempts -= 1
        if (file.attempts === 0) {
          drop(key, file)
        }
      },
    }
  }
}
