/** Ranges of a file that follow one another directly in a shorter file. */

export interface Range {
  start: number
  /** Exclusive. */
  end: number
}

export type KeptRanges = ReturnType<typeof keepRanges>

/** @param ranges can overlap */
export function keepRanges(ranges: readonly Range[]) {
  const merged = merge(ranges)
  const starts = Float64Array.from(merged, ({ start }) => start)
  const ends = Float64Array.from(merged, ({ end }) => end)
  /** Position of each range in the shorter file. */
  const positions = new Float64Array(merged.length)
  let sizeBytes = 0
  merged.forEach(({ start, end }, range) => {
    positions[range] = sizeBytes
    sizeBytes += end - start
  })

  /** Returns the position in the shorter file of a byte, or of the first byte after it that is kept. */
  function toKept(position: number): number {
    const range = findLast(starts, position)
    return range < 0 ? 0 : positions[range]! + Math.min(position, ends[range]!) - starts[range]!
  }

  return {
    sizeBytes,
    toKept,
    /** Returns true if something is kept between two positions of the file. */
    hasAny: (from: number, to: number) => toKept(from) < toKept(to),
    /** Returns the position in the file of a byte of the shorter one. */
    toFile(position: number): number {
      const range = findLast(positions, position)
      return starts[range]! + position - positions[range]!
    },
    /** Returns the parts of the file between two of its positions that are kept. */
    within(from: number, to: number): Range[] {
      const parts: Range[] = []
      for (let range = findLast(starts, from); starts[range]! < to; range++) {
        const start = Math.max(from, starts[range]!)
        parts.push({ start, end: Math.min(to, ends[range]!) })
      }
      return parts
    },
  }
}

/** Returns ranges that rise and do not touch. */
function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = []
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1)
    if (last !== undefined && start <= last.end) {
      last.end = Math.max(last.end, end)
    } else if (end > start) {
      merged.push({ start, end })
    }
  }
  return merged
}

/** Returns the index of the last number that is at most `value`; -1 if there is none. */
function findLast(rising: Float64Array, value: number): number {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rising[middle]! <= value) {
      low = middle + 1
    } else {
      high = middle
    }
  }
  return low - 1
}
