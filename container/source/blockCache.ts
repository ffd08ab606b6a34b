/**
 * The original as blocks of 256 KiB, fetched when first wanted and kept while recent. Owns what is
 * fetched and how much at once; knows neither HTTP server nor gateway.
 */

/** Enough for the header of most files, little enough to throw away after a seek. */
export const BLOCK_BYTES = 256 * 1024
/** 4 MiB a fetch: R2 reads of more than 10 MB at once have been seen to stall in containers. */
const MAX_BLOCKS_A_FETCH = 16
/**
 * A fetch is at most a quarter of what the walk has taken already. The sockets between here and
 * ffmpeg swallow about 4 MiB that ffmpeg may never ask for; a steeper rise doubles that.
 */
const BLOCKS_A_STEP = 4
/** 32 MiB: what demuxers bounce between (index and frames, audio and video far apart). */
const BLOCKS_KEPT = 128

/** Bytes from `start` inclusive to `end` exclusive. */
export type FetchRange = (start: number, end: number, signal: AbortSignal) => Promise<Buffer>

/** One reader's walk through the file; each walk starts with small fetches again. */
export type BlockReader = (position: number, signal: AbortSignal) => Promise<Buffer>

/**
 * @param sizeBytes the length of the original
 * @returns a function that starts a walk. A walk, given a position, gives the bytes from there to
 *   the end of their block; the further it has come, the more it fetches at once, up to 4 MiB, and
 *   stops short of what is already kept.
 */
export function createBlockCache(sizeBytes: number, fetchRange: FetchRange): () => BlockReader {
  const kept = new Map<number, Buffer>()
  const count = Math.ceil(sizeBytes / BLOCK_BYTES)

  function keep(index: number, block: Buffer) {
    kept.delete(index)
    kept.set(index, block)
    if (kept.size > BLOCKS_KEPT) {
      for (const oldest of kept.keys()) {
        kept.delete(oldest)
        break
      }
    }
  }

  async function fetchFrom(index: number, most: number, signal: AbortSignal) {
    let last = index + 1
    while (last < count && last - index < most && !kept.has(last)) {
      last++
    }
    const start = index * BLOCK_BYTES
    const bytes = await fetchRange(start, Math.min(sizeBytes, last * BLOCK_BYTES), signal)
    for (let at = last - 1; at >= index; at--) {
      const offset = at * BLOCK_BYTES - start
      // A copy, so that a block that is kept does not keep the whole fetch in memory.
      keep(at, Buffer.from(bytes.subarray(offset, offset + BLOCK_BYTES)))
    }
    return bytes.subarray(0, BLOCK_BYTES)
  }

  return () => {
    let taken = 0
    return async (position, signal) => {
      const index = Math.floor(position / BLOCK_BYTES)
      const most = Math.min(MAX_BLOCKS_A_FETCH, Math.max(1, Math.floor(taken / BLOCKS_A_STEP)))
      const recent = kept.get(index)
      if (recent !== undefined) {
        keep(index, recent)
      }
      const block = recent ?? (await fetchFrom(index, most, signal))
      taken += 1
      return block.subarray(position - index * BLOCK_BYTES)
    }
  }
}
