/**
 * Index of a fragmented MP4 file, which has none that ffmpeg uses: ffmpeg would read the headers of all
 * fragments whenever it opens the file. Finds the fragments that are needed for one time, and presents
 * the file with a short index of them. docs/adr/0028-fragmented-files-get-an-index.md has the reasons.
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
   * The file with an index for one second, which is counted from the start of the file; without it, for
   * the start of the file. Any other second can be read too, but takes longer.
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

/** A file, of which some bytes are replaced. */
export interface FileView {
  sizeBytes: number
  patches: readonly Patch[]
}

/** ffmpeg reads smaller files as fast without an index. */
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
  const patchAt = (landing: Parameters<typeof buildIndex>[1]) => patchMoov(layout, context, landing)
  const plain = patchAt(null)
  if (plain === null) {
    return null
  }
  return {
    streams: new Map(context.tracks.map((track) => [track.index, describe(track, context)])),
    async view(second) {
      const landing = second === null ? null : await findLanding(context, second)
      const patches = (landing && patchAt(landing)) ?? plain
      return { sizeBytes: context.dataEnd, patches: [...patches, ...layout.hidden] }
    },
  }
}

function describe(track: TimedTrack, context: FileContext): FragmentedStream {
  const samples = context.sampled.flatMap(({ spans }) => spans.get(track.id) ?? [])
  const bytes = samples.reduce((sum, span) => sum + span.bytes, 0)
  const ticks = samples.reduce((sum, { start, end }) => sum + end - start, 0)
  return {
    endSeconds: secondsOf(context, track, context.ends.get(track.id) ?? 0),
    bitRate: ticks === 0 ? null : Math.round((bytes * 8 * track.timescale) / ticks),
  }
}

/**
 * Puts an index into the space of `moov`, which is compressed to make room: fragments may state positions
 * from the start of the file, so no byte may move.
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
