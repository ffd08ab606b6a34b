/** Reads and replaces the positions at which the samples of a track are stored (ISO/IEC 14496-12, 8.7.5). */
import { findContent, listBoxes } from './boxes.ts'
import { isVideoTrack, TABLE_HEADER_BYTES } from './sampleTables.ts'

/** Positions of a track in the index, from which they can be replaced. Each is of a few samples. */
export interface ChunkOffsets {
  isVideo: boolean
  offsets: Float64Array
  /** Replaces each position. Changes the index. */
  replace: (newOffset: (offset: number) => number) => void
}

/**
 * Returns the positions of each track that has samples.
 *
 * @param index content of the box `moov`
 * @returns null for an index with more than `max` positions
 */
export function listChunkOffsets(index: Buffer, max: number): ChunkOffsets[] | null {
  const tracks: ChunkOffsets[] = []
  let total = 0
  for (const { content: trak } of listBoxes(index).filter(({ type }) => type === 'trak')) {
    const samples = findContent(trak, 'mdia', 'minf', 'stbl')
    const isVideo = isVideoTrack(trak)
    for (const table of samples ? listBoxes(samples) : []) {
      const entryBytes = ENTRY_BYTES[table.type]
      if (entryBytes === undefined) {
        continue
      }
      const { content } = table
      const count = Math.floor(Math.max(0, content.length - TABLE_HEADER_BYTES) / entryBytes)
      total += count
      if (total > max) {
        return null
      }
      tracks.push({ isVideo, ...openTable(content, count, entryBytes) })
    }
  }
  return tracks
}

/** Bytes of a position, by the type of the table. */
const ENTRY_BYTES: Partial<Record<string, 4 | 8>> = { stco: 4, co64: 8 }

function openTable(content: Buffer, count: number, entryBytes: 4 | 8) {
  const at = (entry: number) => TABLE_HEADER_BYTES + entry * entryBytes
  const offsets = Float64Array.from({ length: count }, (_, entry) =>
    entryBytes === 4 ? content.readUInt32BE(at(entry)) : Number(content.readBigUInt64BE(at(entry))),
  )
  return {
    offsets,
    replace(newOffset: (offset: number) => number) {
      offsets.forEach((offset, entry) => {
        const replaced = newOffset(offset)
        if (entryBytes === 4) {
          content.writeUInt32BE(replaced, at(entry))
        } else {
          content.writeBigUInt64BE(BigInt(replaced), at(entry))
        }
      })
    },
  }
}
