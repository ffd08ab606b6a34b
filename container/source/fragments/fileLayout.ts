/**
 * Reads the parts of a fragmented MP4 file from which its index is made: the boxes before the first
 * fragment, the first fragments, and the last ones.
 */
import type { Patch } from '../patchedReader.ts'
import type { Box } from '../../ffmpeg/mp4/boxes.ts'
import { listTopBoxes } from '../../ffmpeg/mp4/movieIndex.ts'
import type { ReadBytes } from '../../ffmpeg/readBytes.ts'
import { createFragmentReader, type Fragment } from './fragmentReader.ts'
import { readTracks, type Track } from './headers.ts'
import type { IndexContext } from './indexBoxes.ts'

const MAX_MOOV_BYTES = 16 * 1024 ** 2
/** Maximum number of fragments that are read to find where each track starts. */
const MAX_FIRST_FRAGMENTS = 64
/** Bytes at the end of the file in which the last fragment of each track is searched, in turn. */
const TAIL_BYTES = [1, 4, 16, 64].map((mebibytes) => mebibytes * 1024 ** 2)
const MAX_TAIL_FRAGMENTS = 20_000

export type FileContext = IndexContext & {
  /** The first and the last fragments, which were read. */
  sampled: Fragment[]
}

export interface Layout {
  moov: Box
  /** The bytes of `moov`, with its header. */
  content: Buffer
  tracks: Track[]
  /** Position of the first fragment. */
  firstFragment: number
  /** Turn the index boxes (`sidx`) before the first fragment into `free` boxes. */
  hidden: Patch[]
}

/** Maximum number of boxes that are searched in a `moov` that is too large to be read. */
const MAX_MOOV_BOXES = 256

/**
 * Reads the boxes before the first fragment.
 *
 * @returns `too-large` for a file with fragments whose `moov` is too large to be read; null for a
 *   file without fragments, or with boxes that are invalid
 */
export async function readLayout(
  sizeBytes: number,
  read: ReadBytes,
): Promise<Layout | 'too-large' | null> {
  const hidden: Layout['hidden'] = []
  let found: Omit<Layout, 'firstFragment' | 'hidden'> | null = null
  for await (const box of listTopBoxes(sizeBytes, read)) {
    if (box === null) {
      return null
    }
    if (box.type === 'moof') {
      return found && { ...found, firstFragment: box.start, hidden }
    }
    // ffmpeg ignores all `moov` boxes but the first.
    if (box.type === 'moov' && found === null) {
      if (box.end - box.start > MAX_MOOV_BYTES) {
        const reader = createFragmentReader({ sizeBytes, tracks: [], read })
        return (await hasBox(reader, box, 'mvex')) ? 'too-large' : null
      }
      const content = await read(box.start, box.end)
      const tracks = readTracks(content.subarray(box.contentStart - box.start))
      if (tracks === null) {
        return null
      }
      found = { moov: box, content, tracks }
    }
    if (box.type === 'sidx') {
      hidden.push({ start: box.start + 4, bytes: Buffer.from('free') })
    }
  }
  return null
}

/** Returns true if one of the first boxes inside of a box has this type. Reads only headers. */
async function hasBox(
  reader: ReturnType<typeof createFragmentReader>,
  { contentStart, end }: Box,
  type: string,
): Promise<boolean> {
  let position = contentStart
  for (let boxes = 0; boxes < MAX_MOOV_BOXES && position < end; boxes++) {
    const box = await reader.readBox(position)
    if (box === null || box.type === type) {
      return box !== null
    }
    position = box.end
  }
  return false
}

/**
 * Reads the first and the last fragments.
 *
 * @returns null when no video or audio track has a known start and end
 */
export async function readContext(
  layout: Layout,
  sizeBytes: number,
  read: ReadBytes,
): Promise<FileContext | null> {
  const [main, ...others] = [
    ...layout.tracks.filter(({ kind }) => kind === 'video'),
    ...layout.tracks.filter(({ kind }) => kind === 'audio'),
  ]
  if (main === undefined) {
    return null
  }
  const options = { tracks: layout.tracks, read }
  const tail = await readTail(createFragmentReader({ ...options, sizeBytes }), layout, sizeBytes)
  if (tail === null) {
    return null
  }
  const reader = createFragmentReader({ ...options, sizeBytes: tail.dataEnd })
  const first = await reader.readNext(layout.firstFragment)
  if (first === null) {
    return null
  }
  const second = first.isLast ? null : await reader.readNext(first.end)
  const starts = new Map(
    layout.tracks.filter(({ hasOwnSamples }) => hasOwnSamples).map(({ id }) => [id, 0]),
  )
  const ids = [main, ...others].map(({ id }) => id)
  const sampled = [...tail.fragments]
  let fragment: Fragment | null = first
  for (let count = 0; fragment !== null && count < MAX_FIRST_FRAGMENTS; count++) {
    sampled.push(fragment)
    for (const [id, span] of fragment.spans) {
      starts.set(id, starts.get(id) ?? span.shownStart)
    }
    const areAllKnown = ids.every((id) => starts.has(id))
    fragment = areAllKnown || fragment.isLast ? null : await reader.readNext(fragment.end)
  }
  const tracks = [main, ...others]
    .filter(({ id }) => starts.has(id) && tail.ends.has(id))
    .map((track) => ({ ...track, delaySeconds: findDelay(track, sampled) }))
  const [chosen, ...rest] = tracks
  return chosen === undefined
    ? null
    : { ...tail, reader, first, second, starts, sampled, tracks: [chosen, ...rest] }
}

/**
 * Returns the seconds by which ffmpeg delays all frames of a track, because some would otherwise be
 * shown before they are decoded.
 */
function findDelay({ id, timescale }: Track, sampled: readonly Fragment[]): number {
  const offsets = sampled.map(({ spans }) => spans.get(id)?.minOffset ?? 0)
  return Math.max(0, ...offsets.map((offset) => -offset / timescale))
}

interface Tail {
  /** Time at which each track ends, in ticks. */
  ends: Map<number, number>
  /** Position at which the last complete fragment ends. */
  dataEnd: number
  fragments: Fragment[]
}

/**
 * Reads the last fragments, from further and further before the end of the file until each video
 * and audio track has one. A fragment that is cut off is left out.
 */
async function readTail(
  reader: ReturnType<typeof createFragmentReader>,
  { tracks, firstFragment }: Layout,
  sizeBytes: number,
): Promise<Tail | null> {
  const ids = tracks.filter(({ kind }) => kind !== 'other').map(({ id }) => id)
  let result: Tail | null = null
  for (const length of TAIL_BYTES) {
    const from = Math.max(firstFragment, sizeBytes - length)
    let fragment = await reader.find(from, sizeBytes)
    const ends = new Map<number, number>()
    const fragments: Fragment[] = []
    let dataEnd = 0
    for (let count = 0; fragment !== null && count < MAX_TAIL_FRAGMENTS; count++) {
      if (!fragment.isComplete) {
        dataEnd = fragment.start
        break
      }
      dataEnd = fragment.end
      fragments.push(fragment)
      for (const [id, { shownEnd }] of fragment.spans) {
        ends.set(id, Math.max(ends.get(id) ?? 0, shownEnd))
      }
      fragment = fragment.isLast ? null : await reader.readNext(fragment.end)
    }
    result = ends.size === 0 ? result : { ends, dataEnd, fragments }
    if (ids.every((id) => ends.has(id)) || from === firstFragment) {
      break
    }
  }
  return result
}
