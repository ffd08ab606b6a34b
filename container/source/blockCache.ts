/**
 * Cache of the source in blocks of 256 KiB: fetches blocks from the gateway when they are read, or
 * shortly before if the source is read sequentially, and keeps the most recently used ones in memory.
 */

/** With larger blocks, each seek would fetch more bytes that are not read. */
export const BLOCK_BYTES = 256 * 1024
/** 4 MiB: reads of more than 10 MB from R2 stalled in containers (observed). */
const MAX_BLOCKS_PER_FETCH = 16
/**
 * A fetch has at most this share of the blocks that the reader has already read, but at least one
 * block. So a reader that stops after a few blocks causes the fetch of few blocks that it does not
 * read. The same holds for the blocks that are fetched ahead of the reader. An encode reads on, and
 * waits for each of the first fetches.
 */
const FETCHED_SHARE = { mayStop: 1 / 4, readsOn: 1 } as const
/**
 * 8 MiB: two fetches, so that one is on its way while the other one is read. Blocks are fetched ahead
 * once fetches have their full size, that is after 16 MiB of sequential reading, or 4 MiB by a reader
 * that reads on.
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

/**
 * Starts a reader.
 *
 * @param isNeeded returns false for a block that is fetched only when it is read; absent for a reader of all blocks
 */
export type StartReader = (isNeeded?: IsNeeded) => ReadBlock
type IsNeeded = (index: number) => boolean

/** Readers `mayStop` after a few blocks, as those of a probe; that of an encode `readsOn`. */
export type Reading = keyof typeof FETCHED_SHARE

/** The blocks that a reader has read. */
interface ReaderState {
  /** First and last block that it has read. */
  firstIndex: number
  lastIndex: number
  readBlocks: number
}

/** Number of readers of which the state is kept. */
const MAX_KEPT_READERS = 8
/** 2 MiB: the buffers of a connection have up to 1.8 MB that ffmpeg has not read when it closes it. */
const MAX_UNREAD_BLOCKS = 8

/**
 * @param sizeBytes size of the source
 * @param closed aborts the fetches. One that is on its way when its reader ends is not aborted: ffmpeg
 *   closes its connection when it seeks, and often returns. If the audio of a file is far from its
 *   video, it does so for each second.
 * @returns a function that starts a reader. Readers share the cache. The fetches of a reader grow
 *   from one block to 4 MiB as it reads on. A fetch ends before the next block that is cached or is
 *   being fetched.
 */
export function createBlockCache(
  sizeBytes: number,
  fetchRange: FetchRange,
  closed: AbortSignal,
  reading: Reading = 'mayStop',
): StartReader {
  // A Map iterates in insertion order: the first key is the least recently used block.
  const cache = new Map<number, Pieces>()
  /** Fetches by the blocks that they do not have yet. Those that failed stay. */
  const fetches = new Map<number, Promise<void>>()
  const blockCount = Math.ceil(sizeBytes / BLOCK_BYTES)
  /** The readers that began last. */
  const readers: ReaderState[] = []

  function store(index: number, block: Pieces) {
    cache.delete(index)
    cache.set(index, block)
    const [oldest] = cache.keys()
    if (cache.size > MAX_CACHED_BLOCKS && oldest !== undefined) {
      cache.delete(oldest)
    }
  }

  function isKnown(index: number): boolean {
    return cache.has(index) || fetches.has(index)
  }

  /** Returns the end of a fetch that begins at `index`. */
  function findEnd(index: number, maxBlocks: number, isNeeded: IsNeeded): number {
    let end = index + 1
    while (end < blockCount && end - index < maxBlocks && !isKnown(end) && isNeeded(end)) {
      end++
    }
    return end
  }

  function startFetch(index: number, end: number): Promise<void> {
    const fetching = fetchBlocks(index, end)
    // The reader receives the error when it reaches the block; it may end before.
    fetching.catch(() => {})
    for (let each = index; each < end; each++) {
      fetches.set(each, fetching)
    }
    return fetching
  }

  async function fetchBlocks(index: number, end: number): Promise<void> {
    const start = index * BLOCK_BYTES
    const pieces = await fetchRange(start, Math.min(sizeBytes, end * BLOCK_BYTES), closed)
    const blocks = splitIntoBlocks(pieces)
    // In reverse order, so that the block that is read first becomes the most recent one.
    for (let each = end - 1; each >= index; each--) {
      store(each, blocks[each - index]!)
      fetches.delete(each)
    }
  }

  function fetchAhead(index: number, maxBlocks: number, isNeeded: IsNeeded): void {
    const end = Math.min(blockCount, index + 1 + maxBlocks)
    for (let next = index + 1; next < end;) {
      if (isKnown(next) || !isNeeded(next)) {
        next += 1
        continue
      }
      const fetchEnd = findEnd(next, MAX_BLOCKS_PER_FETCH, isNeeded)
      if (fetchEnd > end) {
        return
      }
      void startFetch(next, fetchEnd)
      next = fetchEnd
    }
  }

  /**
   * Returns the state of a reader that begins at `index`. If it goes on where another one has ended,
   * its fetches go on to grow.
   */
  function beginReader(index: number): ReaderState {
    const continued = readers.findLast(
      ({ firstIndex, lastIndex }) =>
        index > firstIndex && index >= lastIndex - MAX_UNREAD_BLOCKS && index <= lastIndex + 1,
    )
    const state = {
      firstIndex: continued?.firstIndex ?? index,
      lastIndex: index,
      readBlocks: continued?.readBlocks ?? 0,
    }
    readers.push(state)
    readers.splice(0, readers.length - MAX_KEPT_READERS)
    return state
  }

  return (isNeeded = () => true) => {
    let state: ReaderState | undefined

    return async (position, signal) => {
      const index = Math.floor(position / BLOCK_BYTES)
      state ??= beginReader(index)
      const maxBlocks = Math.floor(state.readBlocks * FETCHED_SHARE[reading])
      let block = cache.get(index)
      // A loop, because the block can be removed from the cache before this reader continues.
      while (block === undefined) {
        const most = Math.min(MAX_BLOCKS_PER_FETCH, Math.max(1, maxBlocks))
        const end = findEnd(index, most, isNeeded)
        await (fetches.get(index) ?? startFetch(index, end))
        block = cache.get(index)
      }
      signal.throwIfAborted()
      store(index, block)
      state.readBlocks += 1
      state.lastIndex = index
      if (maxBlocks >= MAX_BLOCKS_PER_FETCH) {
        fetchAhead(index, Math.min(MAX_BLOCKS_AHEAD, maxBlocks), isNeeded)
      }
      return skipBytes(block, position - index * BLOCK_BYTES)
    }
  }
}

export function countBytes(pieces: Pieces): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

/** Splits a fetch at the ends of its blocks. */
export function splitIntoBlocks(pieces: Pieces): Buffer[][] {
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
