/** Measures the file of a chunk, and verifies it. */
import { stat } from 'node:fs/promises'
import type { ChunkFacts, ChunkRange } from '../../../src/contract/chunk.ts'
import { CannotJoin, JobFailure } from '../../failures.ts'
import { readVideoTrack, type VideoTrack } from '../mp4/videoTrack.ts'
import type { ProbeEnvironment } from '../process/ffprobe.ts'
import { readTracks, type Track } from './readTracks.ts'

export type MeasureOptions = Omit<ProbeEnvironment, 'bytesRead'> & {
  file: string
  range: ChunkRange
}

/**
 * The join verifies that each chunk of video can be decoded by itself.
 *
 * @throws CannotJoin when the chunk has other frames than planned, or none: the variant can then be
 *   encoded as a whole
 */
export async function measureChunk(options: MeasureOptions): Promise<ChunkFacts> {
  const { file, range } = options
  const sizeBytes = (await stat(file).catch(() => null))?.size ?? 0
  if (sizeBytes === 0) {
    throw invalid(range, range.kind === 'video' ? 'has no frames' : 'has no audio')
  }
  const measured = range.kind === 'video' ? measureVideo(options) : measureAudio(options)
  return { sizeBytes, ...(await measured) }
}

async function measureVideo({ file, range }: MeasureOptions) {
  const track = await readVideoTrack(file).catch((cause: unknown) => {
    throw invalid(range, 'cannot be read', cause)
  })
  if (track === null) {
    throw invalid(range, 'has no frames')
  }
  const { timescale, frames, lastFrameTicks, decoderConfig } = track
  const times = frames.map(({ ticks }) => ticks).toSorted((a, b) => a - b)
  checkFrames(range, track, times)
  return {
    frames: frames.length,
    samples: null,
    timescale,
    startTicks: times[0]!,
    endTicks: times.at(-1)! + lastFrameTicks,
    lastFrameTicks,
    decoderConfig,
  }
}

async function measureAudio(options: MeasureOptions) {
  const track = await readAudio(options)
  if (track === null) {
    throw invalid(options.range, 'has no audio')
  }
  const { timescale, startTicks, endTicks, decoderConfig } = track
  const samples = countSamples(track)
  return { frames: null, samples, timescale, startTicks, endTicks, decoderConfig }
}

/** Returns null when the file has no audio, or cannot be read. */
async function readAudio(options: MeasureOptions): Promise<Track | null> {
  try {
    return (await readTracks(options)).audio
  } catch (error) {
    if (error instanceof JobFailure && error.code === 'input_invalid') {
      return null
    }
    throw error
  }
}

/** Samples that are played; those that the encoder adds at the start do not count. */
function countSamples({ startTicks, endTicks, timescale, sampleRate }: Track): number {
  const played = endTicks - Math.max(0, startTicks)
  return Math.max(0, Math.round((played / timescale) * (sampleRate ?? timescale)))
}

/** @param times of the frames, in the order in which they are shown */
function checkFrames(
  range: ChunkRange,
  { frames, timescale }: VideoTrack,
  times: readonly number[],
): void {
  const { frames: planned, startSeconds, endSeconds } = range
  const [first] = frames
  if (planned !== null && frames.length !== planned) {
    throw invalid(range, `has ${frames.length} frames instead of ${planned}`)
  }
  if (first?.isKeyframe !== true) {
    throw invalid(range, 'does not begin with a key frame')
  }
  if (first.ticks !== times[0]) {
    throw invalid(range, 'has a frame that is shown before its first key frame')
  }
  if (times.some((time, index) => index > 0 && time === times[index - 1])) {
    throw invalid(range, 'has two frames with the same time')
  }
  // Times are rounded to a tick.
  const isInside = (tick: number) =>
    tick >= startSeconds * timescale - 1 && tick <= (endSeconds ?? Infinity) * timescale + 1
  const outside = times.find((time) => !isInside(time))
  if (outside !== undefined) {
    throw invalid(range, `has a frame at second ${(outside / timescale).toFixed(3)}`)
  }
}

function invalid(
  { kind, startSeconds, endSeconds }: ChunkRange,
  fault: string,
  cause?: unknown,
): CannotJoin {
  const part =
    kind === 'video'
      ? `video from second ${startSeconds.toFixed(1)} to ${endSeconds?.toFixed(1) ?? 'the end'}`
      : 'audio'
  return new CannotJoin('output_invalid', `The chunk of the ${part} ${fault}.`, { cause })
}
