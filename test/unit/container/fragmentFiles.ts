/** Fragmented MP4 files in memory, whose boxes can be wrong. */

/** Returns a box; `size` replaces the right one. */
export function box(type: string, content: Buffer | Buffer[] = [], size?: number): Buffer {
  const body = Buffer.concat([content].flat())
  const header = Buffer.alloc(8)
  header.writeUInt32BE(size ?? body.length + 8, 0)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, body])
}

/** Returns a box with a size of 64 bits. */
export function largeBox(type: string, size: bigint, content = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt32BE(1, 0)
  header.write(type, 4, 'latin1')
  header.writeBigUInt64BE(size, 8)
  return Buffer.concat([header, content])
}

/** Returns unsigned integers of 32 bits. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4))
  return bytes
}

export const TIMESCALE = 1_000

/** Returns a `moov` with video tracks of the given ids. */
export function moov(ids = [1], padding = 1_000): Buffer {
  const trak = (id: number) =>
    box('trak', [
      box('tkhd', words(0, 0, 0, id, 0, 0)),
      box('mdia', [
        box('mdhd', words(0, 0, 0, TIMESCALE, 0, 0)),
        box('hdlr', Buffer.concat([words(0, 0), Buffer.from('vide'), words(0, 0, 0)])),
      ]),
    ])
  return box('moov', [
    box('mvhd', words(0, 0, 0, TIMESCALE, 0, 0)),
    ...ids.map(trak),
    box(
      'mvex',
      ids.map((id) => box('trex', words(0, id, 1, 40, 100, 0))),
    ),
    box('free', Buffer.alloc(padding)),
  ])
}

/** Returns a `traf` of `count` samples with 40 ticks each; `run` replaces its `trun`. */
export function traf(
  time: number | bigint,
  { id = 1, count = 25, run = box('trun', words(0, count)) } = {},
): Buffer {
  const start = Buffer.alloc(12)
  start.writeUInt8(1, 0)
  start.writeBigUInt64BE(BigInt(time), 4)
  return box('traf', [box('tfhd', words(0, id)), box('tfdt', start), run])
}

export function moof(...trafs: Buffer[]): Buffer {
  return box('moof', [box('mfhd', words(0, 1)), ...trafs])
}

/** Returns a fragment of a second, with data of this size. */
export function fragment(second: number, dataBytes = 100_000): Buffer[] {
  return [moof(traf(second * TIMESCALE)), box('mdat', Buffer.alloc(dataBytes))]
}

export const START: readonly Buffer[] = [box('ftyp', words(0, 0)), moov()]

/** Returns the parts of a valid file of 100 seconds, with 10 MB. */
export function validParts(): Buffer[] {
  return [...START, ...Array.from({ length: 100 }, (_, second) => fragment(second)).flat()]
}

/** Returns a function that reads the file, and counts the reads and their bytes. */
export function countReads(file: Buffer) {
  const counts = { reads: 0, bytes: 0 }
  return {
    counts,
    read: (start: number, end: number): Promise<Buffer> => {
      if (start < 0 || end > file.length || start > end) {
        throw new Error(`${start} to ${end} is not within the file`)
      }
      counts.reads += 1
      counts.bytes += end - start
      return Promise.resolve(file.subarray(start, end))
    },
  }
}
