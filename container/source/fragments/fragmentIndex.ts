/**
 * Makes an index for a fragmented MP4 file. Without one, ffmpeg reads the headers of all fragments
 * whenever it opens the file. The runner finds the fragments that are needed for one second, and
 * serves the file with a short index of them. docs/adr/0028-fragmented-files-get-an-index.md has
 * the reasons.
 */
import { deflateSync } from 'node:zlib'
import type { ReadBytes } from '../../ffmpeg/readBytes.ts'
import type { Patch } from '../patchedReader.ts'
import { type FileContext, type Layout, readContext, readLayout } from './fileLayout.ts'
import { createFragmentReader } from './fragmentReader.ts'
import { buildIndex } from './indexBoxes.ts'
import { limitReads, orNull } from './readLimit.ts'
import { findLanding, secondsOf, type TimedTrack } from './search.ts'

export interface FragmentIndex {
  /** The video and audio streams, by their number. */
  streams: ReadonlyMap<number, FragmentedStream>
  /**
   * Returns the file with an index for one second, counted from the start of the file; for null,
   * with an index for the start of the file. ffmpeg can read the rest of the file too, but more
   * slowly.
   */
  view(second: number | null): Promise<FileView>
}

/** Properties that ffmpeg would find by reading the headers of all fragments. */
export interface FragmentedStream {
  /** End in seconds from the start of the file. */
  endSeconds: number
  /** Bits per second in the first and the last fragments; null when they have no duration. */
  bitRate: number | null
}

/**
 * A file of which some bytes are replaced, and a fragment that is cut off at the end is left out.
 */
export interface FileView {
  sizeBytes: number
  patches: readonly Patch[]
}

/** Smaller files get no index, because they are read quickly as a whole. */
export const MIN_INDEXED_BYTES = 8 * 1024 ** 2

/**
 * Maximum number of bytes that are read to open a file, and to find one second. A file of which the
 * fragments have 60 MB each takes about as many.
 */
const MAX_READ_BYTES = 256 * 1024 ** 2

export interface FragmentedFile {
  /** Null for a file that needs no index, or for which none can be made. */
  index: FragmentIndex | null
}

/** @returns null for a file that is not a fragmented MP4 */
export async function openFragmentedFile(
  sizeBytes: number,
  readFile: ReadBytes,
): Promise<FragmentedFile | null> {
  // The index of each second is limited by itself, and all of them together by the size of the file.
  const readAll = limitReads(readFile, sizeBytes + MAX_READ_BYTES)
  const read = limitReads(readAll, MAX_READ_BYTES)
  const layout = await orNull(readLayout(sizeBytes, read))
  if (layout === null) {
    return null
  }
  if (layout === 'too-large') {
    return { index: null }
  }
  const context =
    sizeBytes < MIN_INDEXED_BYTES ? null : await orNull(readContext(layout, sizeBytes, read))
  return { index: context && createIndex(layout, context, readAll) }
}

function createIndex(
  layout: Layout,
  context: FileContext,
  readAll: ReadBytes,
): FragmentIndex | null {
  const { dataEnd } = context
  const compressed = compressMoov(layout)
  const patchFor = (landing: Parameters<typeof buildIndex>[1]) =>
    patchMoov(layout, context, { compressed, landing })
  const startPatches = patchFor(null)
  if (startPatches === null) {
    return null
  }
  return {
    streams: new Map(context.tracks.map((track) => [track.index, describeStream(track, context)])),
    async view(second) {
      const reader = createFragmentReader({
        sizeBytes: dataEnd,
        tracks: layout.tracks,
        read: limitReads(readAll, MAX_READ_BYTES),
      })
      const landing =
        second === null ? null : await orNull(findLanding({ ...context, reader }, second))
      const patches = (landing && patchFor(landing)) ?? startPatches
      return { sizeBytes: dataEnd, patches: [...patches, ...layout.hidden] }
    },
  }
}

function describeStream(track: TimedTrack, context: FileContext): FragmentedStream {
  const samples = context.sampled.flatMap(({ spans }) => spans.get(track.id) ?? [])
  const bytes = samples.reduce((sum, span) => sum + span.bytes, 0)
  const ticks = samples.reduce((sum, { start, end }) => sum + end - start, 0)
  return {
    endSeconds: secondsOf(context, track, context.ends.get(track.id) ?? 0),
    bitRate: ticks === 0 ? null : Math.round((bytes * 8 * track.timescale) / ticks),
  }
}

function compressMoov({ content }: Layout): Buffer {
  return writeBox(
    'moov',
    writeBox(
      'cmov',
      writeBox('dcom', Buffer.from('zlib')),
      writeBox('cmvd', uint32(content.length), deflateSync(content, { level: 9 })),
    ),
  )
}

/**
 * Puts an index into the space of `moov`, which is compressed to make room: fragments may state
 * positions from the start of the file, so no fragment may move.
 *
 * @returns null when there is not enough room, or a fragment is too large for an index
 */
function patchMoov(
  { moov }: Layout,
  context: FileContext,
  { compressed, landing }: { compressed: Buffer; landing: Parameters<typeof buildIndex>[1] },
): FileView['patches'] | null {
  const start = moov.start + compressed.length
  const index = buildIndex(context, landing, start)
  const rest = index === null ? -1 : moov.end - start - index.length
  if (index === null || rest < 0 || (rest > 0 && rest < 8)) {
    return null
  }
  // The rest of `moov` becomes the content of a box that is ignored.
  const filler = rest === 0 ? [] : [uint32(rest), Buffer.from('free')]
  return [
    { start: moov.start, bytes: compressed },
    { start, bytes: Buffer.concat([index, ...filler]) },
  ]
}

function writeBox(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([uint32(body.length + 8), Buffer.from(type, 'latin1'), body])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
