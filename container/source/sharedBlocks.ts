/**
 * Blocks of the originals of split jobs, in memory. The audio of a file lies between its frames, so its encode
 * reads the whole file. What is read while it runs, by the audio or by the chunks of video that the same runner
 * makes meanwhile, is not fetched again; nor is a block that another attempt is fetching. Afterwards, nothing
 * more is stored: each part of the file is then read by one chunk only.
 */
import type { Assignment } from '../../src/contract/runnerProtocol.ts'
import {
  BLOCK_BYTES,
  countBytes,
  type FetchRange,
  type Pieces,
  splitIntoBlocks,
} from './blockCache.ts'
import { createPendingFetches, type PendingFetches } from './pendingFetches.ts'

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
  /** By the numbers of the blocks that they fetch. */
  fetches: PendingFetches<number, ReadonlyMap<number, Pieces>>
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

  function store({ blocks }: SharedFile, fetched: ReadonlyMap<number, Pieces>) {
    for (const [index, block] of fetched) {
      const sizeBytes = countBytes(block)
      if (!blocks.has(index) && storedBytes + sizeBytes <= maxBytes) {
        blocks.set(index, block)
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

  /** Fetches blocks from `index` to `end`. While the audio is encoded, stores them. */
  function fetchBlocks(
    file: SharedFile,
    index: number,
    end: number,
    fetching: Promise<Pieces>,
  ): Promise<ReadonlyMap<number, Pieces>> {
    // Stored before the fetch ends for others, so that nobody finds the blocks neither stored nor being fetched.
    const stored = fetching.then((pieces) => {
      const blocks = new Map(
        splitIntoBlocks(pieces).map((block, offset) => [index + offset, block] as const),
      )
      if (file.audios > 0) {
        store(file, blocks)
      }
      return blocks
    })
    const indexes = Array.from({ length: end - index }, (_, offset) => index + offset)
    return file.fetches.share(indexes, stored)
  }

  /** Fetches the blocks that are neither stored nor being fetched. */
  function keep(file: SharedFile, fetchRange: FetchRange): FetchRange {
    return async (start, end, signal) => {
      const pieces: Buffer[] = []
      const endIndex = Math.ceil(end / BLOCK_BYTES)
      for (let index = start / BLOCK_BYTES; index < endIndex;) {
        let known = file.blocks.get(index)
        if (known === undefined && file.fetches.has(index)) {
          known = (await file.fetches.wait(index, signal))?.get(index)
          // If that fetch has failed, another attempt may have begun one by now.
          if (known === undefined) {
            continue
          }
        }
        if (known !== undefined) {
          pieces.push(...known)
          index += 1
          continue
        }
        let next = index + 1
        while (next < endIndex && !file.blocks.has(next) && !file.fetches.has(next)) {
          next += 1
        }
        const bytes = fetchRange(index * BLOCK_BYTES, Math.min(end, next * BLOCK_BYTES), signal)
        const fetched = await fetchBlocks(file, index, next, bytes)
        pieces.push(...[...fetched.values()].flat())
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
    const file: SharedFile = files.get(key) ?? {
      blocks: new Map(),
      fetches: createPendingFetches(),
      attempts: 0,
      audios: 0,
    }
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
