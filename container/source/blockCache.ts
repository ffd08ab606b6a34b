/**
 * Cache of the source in blocks of 256 KiB: fetches blocks from the gateway when they are read, or
 * shortly before if the source is read sequentially, and keeps the most recently used ones in memory.
 */

/** With larger blocks, each seek would fetch more bytes that are not read. */
export const BLOCK_BYTES = 256 * 1024
/** 4 MiB: reads of more than 10 MB from R2 stalled in containers (observed). */
const MAX_BLOCKS_PER_FETCH = 16
/**
 * A fetch has at most a quarter as many blocks as the reader has already read, but at least one. So
 * a reader that stops after a few blocks causes the fetch of few blocks that it does not read. The
 * same holds for the blocks that are fetched ahead of the reader.
 */
const READ_BLOCKS_PER_FETCHED_BLOCK = 4
/**
 * 8 MiB: two fetches, so that one is on its way while the other one is read. Blocks are fetched ahead
 * once fetches have their full size, that is after 16 MiB of sequential reading.
 */
const MAX_BLOCKS_AHEAD = 2 * MAX_BLOCKS_PER_FETCH
/**
 * 32 MiB: demuxers alternate between distant positions, such as index and frames, or audio and
 * video.
 */
const MAX_CACHED_BLOCKS = 128

/**
 * Bytes in the pieces in which they arrived. They are not copied: to copy a source, and to free the
 * copies, would take more processor time than to receive it.
 */
export type Pieces = readonly Buffer[]

/** Fetches bytes from `start` inclusive to `end` exclusive. */
export type FetchRange = (start: number, end: number, signal: AbortSignal) => Promise<Pieces>

/** Returns the bytes from `position` to the end of the block that contains it. */
export type ReadBlock = (position: number, signal: AbortSignal) => Promise<Pieces>

/** Blocks that are fetched ahead of their reader. */
interface FetchAhead {
  /** Exclusive. */
  endIndex: number
  /** Resolves when the blocks are in the cache. */
  stored: Promise<unknown>
}

/**
 * @param sizeBytes size of the source
 * @returns a function that starts a reader. Readers share the cache. The fetches of a reader grow
 *   from one block to 4 MiB as it reads on. A fetch ends before the next block that is cached.
 */
export function createBlockCache(sizeBytes: number, fetchRange: FetchRange): () => ReadBlock {
  // A Map iterates in insertion order: the first key is the least recently used block.
  const cache = new Map<number, Pieces>()
  const blockCount = Math.ceil(sizeBytes / BLOCK_BYTES)

  function store(index: number, block: Pieces) {
    cache.delete(index)
    cache.set(index, block)
    const [oldest] = cache.keys()
    if (cache.size > MAX_CACHED_BLOCKS && oldest !== undefined) {
      cache.delete(oldest)
    }
  }

  /** Returns the end of a fetch that begins at `index`. */
  function findEnd(index: number, maxBlocks: number): number {
    let end = index + 1
    while (end < blockCount && end - index < maxBlocks && !cache.has(end)) {
      end++
    }
    return end
  }

  async function fetchBlocks(index: number, end: number, signal: AbortSignal) {
    const start = index * BLOCK_BYTES
    const pieces = await fetchRange(start, Math.min(sizeBytes, end * BLOCK_BYTES), signal)
    const blocks = splitIntoBlocks(pieces)
    // In reverse order, so that the block that is read now becomes the most recent one.
    for (let each = end - 1; each >= index; each--) {
      store(each, blocks[each - index]!)
    }
    return blocks[0]!
  }

  return () => {
    let readBlocks = 0
    // In the order of their positions. Blocks between them were in the cache.
    const ahead: FetchAhead[] = []

    function fetchAhead(index: number, maxBlocks: number, signal: AbortSignal) {
      let next = Math.max(index + 1, ahead.at(-1)?.endIndex ?? 0)
      const end = Math.min(blockCount, index + 1 + maxBlocks)
      while (next < end) {
        if (cache.has(next)) {
          next += 1
          continue
        }
        const endIndex = findEnd(next, MAX_BLOCKS_PER_FETCH)
        if (endIndex > end) {
          return
        }
        const stored = fetchBlocks(next, endIndex, signal)
        // The reader receives the error when it reaches the block; it may end before.
        stored.catch(() => {})
        ahead.push({ endIndex, stored })
        next = endIndex
      }
    }

    async function waitForAhead(index: number) {
      while (ahead[0] !== undefined && ahead[0].endIndex <= index) {
        ahead.shift()
      }
      if (ahead[0] !== undefined && !cache.has(index)) {
        await ahead[0].stored
      }
    }

    return async (position, signal) => {
      const index = Math.floor(position / BLOCK_BYTES)
      await waitForAhead(index)
      const cached = cache.get(index)
      if (cached !== undefined) {
        store(index, cached)
      }
      const maxBlocks = Math.floor(readBlocks / READ_BLOCKS_PER_FETCHED_BLOCK)
      const end = findEnd(index, Math.min(MAX_BLOCKS_PER_FETCH, Math.max(1, maxBlocks)))
      const block = cached ?? (await fetchBlocks(index, end, signal))
      readBlocks += 1
      if (maxBlocks >= MAX_BLOCKS_PER_FETCH) {
        fetchAhead(index, Math.min(MAX_BLOCKS_AHEAD, maxBlocks), signal)
      }
      return skipBytes(block, position - index * BLOCK_BYTES)
    }
  }
}

/** Splits a fetch at the ends of its blocks. */
function splitIntoBlocks(pieces: Pieces): Buffer[][] {
  const blocks: Buffer[][] = []
  let roomBytes = 0
  for (const piece of pieces) {
    for (let offset = 0; offset < piece.length;) {
      if (roomBytes === 0) {
        blocks.push([])
        roomBytes = BLOCK_BYTES
      }
      const part = piece.subarray(offset, offset + roomBytes)
      blocks.at(-1)!.push(part)
      offset += part.length
      roomBytes -= part.length
    }
  }
  return blocks
}

function skipBytes(pieces: Pieces, bytes: number): Pieces {
  let skipped = 0
  return pieces.flatMap((piece) => {
    const from = Math.min(piece.length, bytes - skipped)
    skipped += from
    return from === piece.length ? [] : [piece.subarray(from)]
  })
}
