/**
 * Blocks of the originals of split jobs, in memory. The audio of a file lies between its frames, so its encode
 * reads the whole file. What is read while it runs, by the audio or by the chunks of video that the same runner
 * makes meanwhile, is not fetched again. Afterwards, nothing more is stored: each part of the file is then read
 * by one chunk only.
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
/** The next chunk of a job is claimed before the end of one, or soon after it. */
const MAX_PAUSE_MS = 10_000

export type SharedBlocks = ReturnType<typeof createSharedBlocks>

/** The blocks of one original, as one attempt uses them. */
export interface OpenBlocks {
  keep: (fetchRange: FetchRange) => FetchRange
  /** To be called once. The blocks are dropped when no attempt has used them for 10 seconds. */
  close: () => void
}

interface SharedFile {
  /** By their number in the file. */
  blocks: Map<number, Pieces>
  attempts: number
  /** Those of them that encode audio. */
  audios: number
  /** Drops the blocks, while there are no attempts. */
  timer?: NodeJS.Timeout
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

  /** Makes room for a file: another one has begun, so the runner is done with those without attempts. */
  function dropUnused(usedKey: string) {
    for (const [key, file] of files) {
      if (file.attempts === 0 && key !== usedKey) {
        clearTimeout(file.timer)
        drop(key, file)
      }
    }
  }

  /** Fetches the blocks that are not stored. While the audio is encoded, stores them. */
  function keep(file: SharedFile, fetchRange: FetchRange): FetchRange {
    return async (start, end, signal) => {
      const pieces: Buffer[] = []
      const endIndex = Math.ceil(end / BLOCK_BYTES)
      for (let index = start / BLOCK_BYTES; index < endIndex;) {
        const stored = file.blocks.get(index)
        if (stored !== undefined) {
          pieces.push(...stored)
          index += 1
          continue
        }
        let next = index + 1
        while (next < endIndex && !file.blocks.has(next)) {
          next += 1
        }
        const fetched = await fetchRange(
          index * BLOCK_BYTES,
          Math.min(end, next * BLOCK_BYTES),
          signal,
        )
        pieces.push(...fetched)
        if (file.audios > 0) {
          store(file, index, fetched)
        }
        index = next
      }
      return pieces
    }
  }

  /** Returns null for an attempt that has nothing to share. */
  return function open({ filePath, source, chunk }: Assignment): OpenBlocks | null {
    if (chunk === undefined) {
      return null
    }
    const key = JSON.stringify([filePath, source.etag])
    const file: SharedFile = files.get(key) ?? { blocks: new Map(), attempts: 0, audios: 0 }
    const audios = chunk.kind === 'audio' ? 1 : 0
    files.set(key, file)
    clearTimeout(file.timer)
    dropUnused(key)
    file.attempts += 1
    file.audios += audios
    return {
      keep: (fetchRange) => keep(file, fetchRange),
      close() {
        file.attempts -= 1
        file.audios -= audios
        if (file.attempts === 0) {
          file.timer = setTimeout(() => drop(key, file), MAX_PAUSE_MS).unref()
        }
      },
    }
  }
}
