/**
 * Serves an MP4 file without most of its frames, for a command that reads the audio. Between two packets of audio lie
 * frames, which ffmpeg would receive in vain, and in files of cameras the runner would fetch them in vain.
 *
 * All frames but the first are left out: ffmpeg reads those when it opens a file. In the index, only the positions of
 * the samples are changed.
 */
import { type Box, MAX_HEADER_BYTES } from '../ffmpeg/mp4/boxes.ts'
import { type ChunkOffsets, listChunkOffsets } from '../ffmpeg/mp4/chunkOffsets.ts'
import { listTopBoxes } from '../ffmpeg/mp4/movieIndex.ts'
import type { ReadBytes } from '../ffmpeg/readBytes.ts'
import { BLOCK_BYTES, type ReadBlock, type StartReader } from './blockCache.ts'
import { type KeptRanges, keepRanges, type Range } from './keptRanges.ts'
import { type Patch, patchReader } from './patchedReader.ts'

export interface View {
  sizeBytes: number
  startReader: () => ReadBlock
}

interface Source {
  sizeBytes: number
  read: ReadBytes
  startReader: StartReader
}

const MAX_INDEX_BYTES = 64 * 1024 ** 2
/** Four hours of audio that lies between single frames. */
const MAX_OFFSETS = 1_000_000
/** ffmpeg reads up to 5 MB of packets when it opens a file (`probesize`), and the last one can be large. */
const FIRST_FRAMES_BYTES = 8 * 1024 ** 2
/** A file that has not much else is served as it is. */
const MAX_SHARE = 0.75

/** @returns null for a file that is not an MP4 with an index of all samples, or would not become much smaller */
export async function createAudioView(source: Source): Promise<View | null> {
  const boxes = await readBoxes(source)
  const movie = boxes?.find(({ type }) => type === 'moov')
  if (!boxes || !movie || movie.end - movie.start > MAX_INDEX_BYTES) {
    return null
  }
  const index = Buffer.from(await source.read(movie.contentStart, movie.end))
  const tracks = listChunkOffsets(index, MAX_OFFSETS)
  if (tracks === null || tracks.every(({ isVideo }) => isVideo === tracks[0]!.isVideo)) {
    return null
  }
  const media = boxes.filter(({ type }) => type === 'mdat')
  const kept = keepRanges([...listOtherBytes(boxes), ...listKeptSamples(media, tracks)])
  if (kept.sizeBytes > source.sizeBytes * MAX_SHARE) {
    return null
  }
  tracks.forEach(({ replace }) => replace(kept.toKept))
  const patches = [
    { start: kept.toKept(movie.contentStart), bytes: index },
    ...(await Promise.all(media.map((box) => patchSize(box, kept, source.read)))),
  ]
  const isNeeded = (block: number) => kept.hasAny(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)
  return {
    sizeBytes: kept.sizeBytes,
    startReader: () => patchReader(readKept(kept, source.startReader(isNeeded)), patches),
  }
}

/** Returns the outermost boxes; null for a file with fragments, or one that is cut off. */
async function readBoxes({ sizeBytes, read }: Source): Promise<Box[] | null> {
  const boxes: Box[] = []
  for await (const box of listTopBoxes(sizeBytes, read)) {
    if (box === null || box.type === 'moof') {
      return null
    }
    boxes.push(box)
  }
  return boxes.filter(({ type }) => type === 'moov').length === 1 ? boxes : null
}

/** All bytes that are not content of `mdat`. */
function listOtherBytes(boxes: readonly Box[]): Range[] {
  return boxes.map(({ type, start, contentStart, end }) => ({
    start,
    end: type === 'mdat' ? contentStart : end,
  }))
}

/** Lists what stays of the samples: the first frames of each track of video, and the chunks of all other tracks. */
function listKeptSamples(media: readonly Box[], tracks: readonly ChunkOffsets[]): Range[] {
  const all = Float64Array.from(tracks.flatMap(({ offsets }) => [...offsets])).sort()
  const kept = new Set<number>()
  const ranges: Range[] = []
  for (const { isVideo, offsets } of tracks) {
    if (isVideo) {
      const first = offsets.reduce((least, each) => Math.min(least, each), Infinity)
      ranges.push({ start: first, end: first + FIRST_FRAMES_BYTES })
    } else {
      offsets.forEach((offset) => kept.add(offset))
    }
  }
  // A chunk ends at the latest where the next one begins.
  all.forEach((start, place) => {
    if (kept.has(start)) {
      ranges.push({ start, end: all[place + 1] ?? Infinity })
    }
  })
  return ranges.flatMap(({ start, end }) => {
    const box = media.find((each) => start >= each.contentStart && start < each.end)
    return box === undefined ? [] : [{ start, end: Math.min(end, box.end) }]
  })
}

/** The size of a box whose content is shorter now. */
async function patchSize({ start, end }: Box, kept: KeptRanges, read: ReadBytes): Promise<Patch> {
  const header = Buffer.from(await read(start, start + MAX_HEADER_BYTES))
  const size = header.readUInt32BE(0)
  const position = kept.toKept(start)
  const newSize = kept.toKept(end) - position
  if (size === 1) {
    header.writeBigUInt64BE(BigInt(newSize), 8)
    return { start: position, bytes: header }
  }
  // A box of size 0 extends to the end of the file.
  header.writeUInt32BE(size === 0 ? 0 : newSize, 0)
  return { start: position, bytes: header.subarray(0, 4) }
}

/** Reads what is kept of the block that contains a position. */
function readKept(kept: KeptRanges, readBlock: ReadBlock): ReadBlock {
  return async (position, signal) => {
    const from = kept.toFile(position)
    const blockStart = from - (from % BLOCK_BYTES)
    const block = Buffer.concat(await readBlock(blockStart, signal))
    const parts = kept
      .within(from, blockStart + block.length)
      .map(({ start, end }) => block.subarray(start - blockStart, end - blockStart))
    return [Buffer.concat(parts)]
  }
}
