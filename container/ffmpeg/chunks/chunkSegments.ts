/** The segments of a chunk of a stream, which ffmpeg writes into the scratch folder. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import { readInitSegment, readSegment, type Segment } from '../streaming/mp4Boxes.ts'
import * as layout from '../streaming/streamLayout.ts'

/** Returns the first segment of a chunk: its number, counted from 1, and its start. */
export function findFirstSegment(
  { startSeconds }: Pick<ChunkRange, 'startSeconds'>,
  { segmentSeconds }: layout.StreamLayout,
) {
  // The range begins half a frame before.
  const index = Math.round(startSeconds / segmentSeconds)
  return { number: index + 1, seconds: index * segmentSeconds }
}

/** Empties the folder of the segments, in which an earlier try can have left some. */
export async function emptyFolders(folder: string): Promise<void> {
  await rm(layout.segmentsFolder(folder), { recursive: true, force: true })
  await createFolders(folder)
}

export async function createFolders(folder: string): Promise<void> {
  await mkdir(layout.segmentsFolder(folder), { recursive: true })
  await mkdir(layout.packageFolder(folder), { recursive: true })
}

/** Names of the segments of a track that ffmpeg has made, in their order. */
export async function listSegments(folder: string, { name }: layout.Track): Promise<string[]> {
  const names = await readdir(layout.segmentsFolder(folder))
  return names
    .filter((each) => each.startsWith(`${name}_`) && each.endsWith('.m4s'))
    .toSorted((one, other) => one.length - other.length || (one < other ? -1 : 1))
}

/**
 * Returns true if the segments of a track have the planned frames, or if their number is not planned. A chunk
 * that begins too late would have frames of the next one instead of its first ones.
 */
export async function hasPlannedFrames(
  folder: string,
  track: layout.Track,
  range: ChunkRange,
  stream: layout.StreamLayout,
): Promise<boolean> {
  const { frames } = range
  if (frames === null || track.video === null) {
    return true
  }
  const { frameRate } = track.video
  const read = (name: string) => readFile(join(layout.segmentsFolder(folder), name))
  const names = await listSegments(folder, track)
  if (names.length === 0) {
    return false
  }
  const { timescale } = readInitSegment(await read(layout.initName(track)))
  // One after the other, as their contents are in memory while they are read.
  const segments: Segment[] = []
  for (const name of names) {
    segments.push(readSegment(await read(name)))
  }
  const countFrames = (ticks: number) => Math.round((ticks / timescale) * frameRate)
  const plannedStart = Math.round(findFirstSegment(range, stream).seconds * frameRate)
  return (
    countFrames(segments[0]!.start) === plannedStart &&
    countFrames(segments.reduce((sum, { duration }) => sum + duration, 0)) === frames
  )
}
