/** Measures and verifies the segments of a chunk of a stream. */
import { createHash } from 'node:crypto'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkRange } from '../../src/contract/chunk.ts'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { RunningAttempt } from '../attempt/types.ts'
import { JobFailure } from '../failures.ts'
import { findFirstSegment, listSegments } from '../ffmpeg/chunks/chunkSegments.ts'
import { describeTrackPart, type StreamPart } from '../ffmpeg/chunks/streamParts.ts'
import {
  addInitSegment,
  addSegment,
  checkAligned,
  createMeasurements,
  measuredSeconds,
  mergeLastSegment,
  requireTimescale,
  type TrackMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import * as layout from '../ffmpeg/streaming/streamLayout.ts'
import { MIN_SEGMENT_SECONDS } from './segmentReader.ts'
import { probeTrack } from './verifyStream.ts'

interface MeasuredChunk {
  part: StreamPart
  measured: TrackMeasurements[]
  /** Names of the segments of all tracks. */
  names: string[]
}

/**
 * @throws JobFailure `output_invalid` when a segment is not as planned: see `addSegment`
 */
export async function measureStreamChunk(
  attempt: RunningAttempt,
  stream: layout.StreamLayout,
  range: ChunkRange,
): Promise<MeasuredChunk> {
  const result: MeasuredChunk = { part: { tracks: [] }, measured: [], names: [] }
  for (const track of stream.tracks) {
    const { measured, names, init } = await measureTrack(attempt, track, { stream, range })
    const facts = range.startSeconds === 0 ? await probeFirst(attempt, track, names) : null
    result.part.tracks.push(describeTrackPart(measured, init, facts))
    result.measured.push(measured)
    result.names.push(...names)
    checkFrames(measured, range)
  }
  checkAligned(result.measured)
  return result
}

async function measureTrack(
  { scratch }: RunningAttempt,
  track: layout.Track,
  { stream, range }: { stream: layout.StreamLayout; range: ChunkRange },
) {
  const path = (name: string) => join(layout.segmentsFolder(scratch), name)
  const names = await listSegments(scratch, track)
  if (names.length === 0) {
    throw new JobFailure('output_invalid', `The chunk has no segments of ${track.name}.`)
  }
  const measured = createMeasurements(track, findFirstSegment(range, stream))
  const init = await readFile(path(layout.initName(track)))
  addInitSegment(measured, init)
  for (const name of names) {
    addSegment(measured, await readFile(path(name)), stream)
  }
  const last = measured.segments.at(-1)!
  const isShort = last.duration / requireTimescale(measured) < MIN_SEGMENT_SECONDS
  if (isShort && names.length > 1) {
    const [before, short] = names.slice(-2).map(path) as [string, string]
    await appendFile(before, await readFile(short))
    await rm(short)
    names.pop()
    mergeLastSegment(measured)
  }
  const hash = createHash('sha256').update(init).digest('hex')
  return { measured, names, init: { hash, bytes: init.length } }
}

async function probeFirst(
  attempt: RunningAttempt,
  track: layout.Track,
  [first = '']: string[],
): Promise<MediaFacts> {
  const { scratch } = attempt
  const path = (name: string) => join(layout.segmentsFolder(scratch), name)
  const file = join(scratch, `first_${track.name}.mp4`)
  const parts = [await readFile(path(layout.initName(track))), await readFile(path(first))]
  await writeFile(file, Buffer.concat(parts))
  return probeTrack(attempt, track, file)
}

function checkFrames(measured: TrackMeasurements, { frames }: ChunkRange): void {
  const { video, name } = measured.track
  const found = countFrames(measured)
  if (video !== null && frames !== null && found !== frames) {
    throw new JobFailure(
      'output_invalid',
      `The chunk has ${found} frames of ${name} instead of ${frames}.`,
    )
  }
}

/** The frame rate of video is constant. */
export function countFrames(measured: TrackMeasurements): number | null {
  const { video } = measured.track
  return video === null ? null : Math.round(measuredSeconds(measured) * video.frameRate)
}
