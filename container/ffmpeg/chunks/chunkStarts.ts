/** Where the chunks of a video begin, in units that cannot be divided: frames, or segments of a stream. */

/** With fewer chunks, three more would cost one runner more than they save several. */
const MIN_CHUNKS_WITH_SHORT_END = 6
/** The duration of this many chunks at the end is divided into shorter ones. */
const CHUNKS_AT_END = 2
/** Their shares of it: each is shorter than the one before. */
const SHARES_AT_END = [13 / 40, 11 / 40, 8 / 40, 5 / 40, 3 / 40]

/**
 * Lists the starts of chunks of `size`, in units, with fractions. The last one has between half and one
 * and a half of that. Of six chunks or more, the last two are made as five that become shorter: when
 * several runners share the work, each waits at the end for the longest chunk that is being made.
 *
 * @param limits.max maximum number of chunks; a longer video has longer chunks
 */
export function listChunkStarts(total: number, limits: { size: number; max: number }): number[] {
  const { size, max } = limits
  const more = SHARES_AT_END.length - CHUNKS_AT_END
  const length = Math.max(size, total / (max - more))
  const count = Math.max(1, Math.round(total / length))
  if (count < MIN_CHUNKS_WITH_SHORT_END) {
    return Array.from({ length: count }, (_, index) => index * length)
  }
  const long = count - CHUNKS_AT_END
  const starts = Array.from({ length: long }, (_, index) => index * length)
  let next = long * length
  for (const share of SHARES_AT_END) {
    starts.push(next)
    next += (total - long * length) * share
  }
  return starts
}
