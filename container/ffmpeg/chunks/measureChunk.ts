/** Measures the file of a chunk, and verifies it. */
import { stat } from 'node:fs/promises'
import type { VideoCodec } from '../../../src/contract/codecs.ts'
import type { ChunkFacts, ChunkRange } from '../../../src/contract/chunk.ts'
import { CannotJoin, JobFailure } from '../../failures.ts'
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { LOCAL_FILE_INPUT } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { readTrack, type Track } from './readTrack.ts'

export type MeasureOptions = Omit<ProbeEnvironment, 'bytesRead'> & {
  file: string
  range: ChunkRange
  /** Video codec of the variant. */
  videoCodec: VideoCodec
}

/** Their decoders can skip all frames but key frames. */
const SKIPPING_CODECS: readonly VideoCodec[] = ['h264', 'h265']

/**
 * @throws CannotJoin when the chunk has other frames than planned, or none, or cannot be decoded by
 *   itself: the variant can then be encoded as a whole
 */
export async function measureChunk(options: MeasureOptions): Promise<ChunkFacts> {
  const { file, range } = options
  const sizeBytes = (await stat(file).catch(() => null))?.size ?? 0
  const isVideo = range.kind === 'video'
  const track = sizeBytes === 0 ? null : await readChunk(options)
  if (track === null) {
    throw invalid(range, isVideo ? 'has no frames' : 'has no audio')
  }
  if (isVideo) {
    checkFrames(range, track)
    const firstFrame = track.firstFrame ?? (await decodeFirstFrame(options))
    if (firstFrame?.isKeyframe !== true || firstFrame.pts !== track.packets[0]?.pts) {
      throw invalid(range, 'cannot be decoded from its first frame on')
    }
  }
  const { timescale, startTicks, endTicks, lastPacketTicks, decoderConfig } = track
  return {
    sizeBytes,
    frames: isVideo ? track.packetCount : null,
    samples: isVideo ? null : countSamples(track),
    timescale,
    startTicks,
    endTicks,
    ...(isVideo && lastPacketTicks !== null && { lastFrameTicks: lastPacketTicks }),
    decoderConfig,
  }
}

/** Returns null when the file has no such track, or cannot be read. */
async function readChunk(options: MeasureOptions): Promise<Track | null> {
  const isVideo = options.range.kind === 'video'
  const detail = SKIPPING_CODECS.includes(options.videoCodec) ? 'keyframes' : 'packets'
  try {
    return isVideo
      ? await readTrack({ ...options, bytesRead: () => 0, track: 'v:0' }, detail)
      : await readTrack({ ...options, bytesRead: () => 0, track: 'a:0' }, 'count')
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

function checkFrames(range: ChunkRange, { packets, packetCount, timescale }: Track): void {
  const { frames, startSeconds, endSeconds } = range
  if (frames !== null && packetCount !== frames) {
    throw invalid(range, `has ${packetCount} frames instead of ${frames}`)
  }
  if (packets[0]?.isKeyframe !== true) {
    throw invalid(range, 'does not begin with a key frame')
  }
  const times = packets.map(({ pts }) => pts).toSorted((a, b) => a - b)
  if (packets[0].pts !== times[0]) {
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

/** Decodes the first frame alone. Returns null if a decoder that has only this file cannot decode it. */
async function decodeFirstFrame(options: MeasureOptions): Promise<Track['firstFrame']> {
  const { output } = await runFfprobe(
    { ...options, bytesRead: () => 0, input: [...LOCAL_FILE_INPUT, `file:${options.file}`] },
    {
      entries: 'frame=key_frame,pts',
      format: 'csv=p=0',
      selection: ffmpegOptions({ select_streams: 'v:0', read_intervals: '%+#1' }),
    },
  )
  const [, key, pts] = /^(\d),(-?\d+)/.exec(output) ?? []
  return key === undefined ? null : { isKeyframe: key === '1', pts: Number(pts) }
}

function invalid({ kind, startSeconds, endSeconds }: ChunkRange, fault: string): CannotJoin {
  const part =
    kind === 'video'
      ? `video from second ${startSeconds.toFixed(1)} to ${endSeconds?.toFixed(1) ?? 'the end'}`
      : 'audio'
  return new CannotJoin('output_invalid', `The chunk of the ${part} ${fault}.`)
}
