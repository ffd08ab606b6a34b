/**
 * Splits the encode of a video into chunks that different runners can make: the audio as a whole,
 * parts of the video, and the join. All are planned from the rendition and the probes alone, so that
 * every runner plans the same.
 */
import { type ChunkRange, MAX_VIDEO_CHUNKS } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { planEdits } from '../edit/planEdits.ts'
import type { EditedOutput } from '../edit/editedOutput.ts'
import { requestTracks } from '../plan/planVideo.ts'
import { decideTracks, type TrackDecisions } from '../plan/trackDecisions.ts'
import type { PlanContext } from '../renderPlan.ts'
import {
  alignStarts,
  type KeyframeSearch,
  listKeyframeSearches,
  type VideoStarts,
} from './alignStarts.ts'
import { listChunkStarts } from './chunkStarts.ts'
import { planChunk } from './planChunk.ts'
import { computePlanKey } from './planKey.ts'
import { findSplitObstacle } from './splitObstacle.ts'

/** A video is split only if it has at least this many times the duration of a chunk. */
export const MIN_VIDEO_CHUNKS = 2
/** Assumed for a source that does not state its frame rate. No frame needs to be at a boundary. */
const ASSUMED_FRAME_RATE = 25
/** Version of what `measureChunk` returns. */
const MEASUREMENTS = 2

export interface SplitOptions {
  /** Duration of a chunk of video, in seconds of the output. */
  chunkSeconds: number
  /** Version of ffmpeg and of its encoders, which determine the bytes of a chunk too. */
  encoderVersion: string
  /** See `alignStarts`; absent for chunks of equal durations. */
  keyframes?: readonly (number | null)[]
}

export interface ChunkPlan {
  /** The audio if there is any, the video in its order, and the join. */
  ranges: ChunkRange[]
  /** Hash of everything that determines the bytes of the chunks. */
  planKey: string
  /** For a video: the searches whose results `alignStarts` needs. */
  keyframeSearches?: KeyframeSearch[]
  /** For a stream: such a hash for each of its tracks, by the name of the track. */
  trackKeys?: Record<string, string>
}

/** The reason for not splitting, as a sentence; null for a video that is too short. */
export interface NotSplit {
  ranges: null
  reason: string | null
}

/** @throws JobFailure as `planRendition` does */
export function planChunks(
  rendition: RenditionOf<'video'>,
  context: PlanContext,
  options: SplitOptions,
): ChunkPlan | NotSplit {
  const { output } = planEdits(rendition, context, requestTracks(rendition))
  const decisions = decideTracks(rendition, context.source.probe, output)
  const seconds = output.trackSeconds.video ?? output.seconds
  if (seconds !== null && seconds < MIN_VIDEO_CHUNKS * options.chunkSeconds) {
    return { ranges: null, reason: null }
  }
  const reason = findSplitObstacle(rendition, {
    output,
    decisions,
    chunkSeconds: options.chunkSeconds,
  })
  if (reason !== null || seconds === null) {
    return { ranges: null, reason }
  }
  const even = listEvenStarts(output, { seconds, chunkSeconds: options.chunkSeconds })
  const starts = alignStarts(output, even, options.keyframes ?? [])
  const ranges = listRanges(output, decisions, { ...even, starts })
  const planKey = computePlanKey(
    context,
    { ranges, encoderVersion: options.encoderVersion, measurements: MEASUREMENTS },
    (anonymous, range) => planChunk(rendition, anonymous, range),
  )
  return { ranges, planKey, keyframeSearches: listKeyframeSearches(output, even) }
}

function listEvenStarts(
  output: EditedOutput,
  { seconds, chunkSeconds }: { seconds: number; chunkSeconds: number },
): VideoStarts {
  const rate = output.frameRate ?? ASSUMED_FRAME_RATE
  const total = seconds * rate
  const limits = { size: chunkSeconds * rate, max: MAX_VIDEO_CHUNKS }
  return { starts: listChunkStarts(total, limits).map(Math.round), total, rate }
}

function listRanges(
  output: EditedOutput,
  { audio }: TrackDecisions,
  video: VideoStarts,
): ChunkRange[] {
  const whole = { startSeconds: 0, endSeconds: null, frames: null }
  const hasAudio = audio !== null && audio.action !== 'drop'
  return [
    ...(hasAudio ? [{ kind: 'audio' as const, ...whole }] : []),
    ...listVideoRanges(output, video),
    { kind: 'join', ...whole },
  ]
}

/**
 * Boundaries are half a frame before a frame, so that no rounding can move a frame to the other side.
 */
function listVideoRanges(output: EditedOutput, { starts, rate }: VideoStarts): ChunkRange[] {
  return starts.map((first, index) => {
    const next = starts[index + 1] ?? null
    return {
      kind: 'video',
      startSeconds: boundary(first, rate),
      endSeconds: next === null ? null : boundary(next, rate),
      frames: next === null || !isCountKnown(output, index) ? null : next - first,
    }
  })
}

function boundary(frame: number, rate: number): number {
  return frame === 0 ? 0 : Math.round(((frame - 0.5) / rate) * 1e6) / 1e6
}

/** With a constant frame rate, only the first and the last chunk can have fewer frames. */
function isCountKnown(
  { constantFrameRate, files, videoStartSeconds }: EditedOutput,
  index: number,
) {
  const startsAtZero = videoStartSeconds === 0 && files[0].trim.startSeconds === 0
  return constantFrameRate !== null && (index > 0 || startsAtZero)
}
