/**
 * Makes an index for a fragmented MP4 file. Without one, ffmpeg reads the headers of all fragments
 * whenever it opens the file. The runner finds the fragments that are needed for one second, and
 * serves the file with a short index of them. docs/adr/0028-fragmented-files-get-an-index.md has
 * the reasons.
 */
import { deflateSync } from 'node:zlib'
import type { Patch } from '../patchedReader.ts'
import { type FileContext, type Layout, readContext, readLayout } from './fileLayout.ts'
import type { ReadBytes } from './fragmentReader.ts'
import { buildIndex } from './indexBoxes.ts'
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

/** @returns null for a file that needs no index, or for which none can be made */
export async function openFragmentIndex(
  sizeBytes: number,
  read: ReadBytes,
): Promise<FragmentIndex | null> {
  if (sizeBytes < MIN_INDEXED_BYTES) {
    return null
  }
  const layout = await readLayout(sizeBytes, read)
  const context = layout && (await readContext(layout, sizeBytes, read))
  if (layout === null || context === null) {
    return null
  }
  const patchFor = (landing: Parameters<typeof buildIndex>[1]) =>
    patchMoov(layout, context, landing)
  const startPatches = patchFor(null)
  if (startPatches === null) {
    return null
  }
  return {
    streams: new Map(context.tracks.map((track) => [track.index, describeStream(track, context)])),
    async view(second) {
      const landing = second === null ? null : await findLanding(context, second)
      const patches = (landing && patchFor(landing)) ?? startPatches
      return { sizeBytes: context.dataEnd, patches: [...patches, ...layout.hidden] }
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

/**
 * Puts an index into the space of `moov`, which is compressed to make room: fragments may state
 * positions from the start of the file, so no fragment may move.
 *
 * @returns null when there is not enough room, or a fragment is too large for an index
 */
function patchMoov(
  { moov, content }: Layout,
  context: FileContext,
  landing: Parameters<typeof buildIndex>[1],
): FileView['patches'] | null {
  const compressed = writeBox(
    'moov',
    writeBox(
      'cmov',
      writeBox('dcom', Buffer.from('zlib')),
      writeBox('cmvd', uint32(content.length), deflateSync(content, { level: 9 })),
    ),
  )
  const index = buildIndex(context, landing, moov.start + compressed.length)
  if (index === null) {
    return null
  }
  const rest = moov.end - moov.start - compressed.length - index.length
  if (rest < 0 || (rest > 0 && rest < 8)) {
    return null
  }
  const filler = rest === 0 ? [] : [writeBox('free', Buffer.alloc(rest - 8))]
  return [{ start: moov.start, bytes: Buffer.concat([compressed, index, ...filler]) }]
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
