/**
 * Splits a stream into chunks: the audio, parts of the video, and the join. A part of the video is a
 * whole number of segments of every size, which are made from one decode.
 */
import { type ChunkRange, MAX_VIDEO_CHUNKS } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { planEdits } from '../edit/planEdits.ts'
import { planStream, planTracks, requestStreamTracks } from '../plan/planStream.ts'
import type { PlanContext } from '../renderPlan.ts'
import { MIN_PLAYABLE_SEGMENTS } from '../streaming/streamLayout.ts'
import { listChunkStarts } from './chunkStarts.ts'
import { type ChunkPlan, MIN_VIDEO_CHUNKS, type NotSplit, type SplitOptions } from './planChunks.ts'
import { computePlanKey } from './planKey.ts'
import { planStreamChunk } from './planStreamChunk.ts'
import { findInputObstacle } from './splitObstacle.ts'

/** @throws JobFailure as `planRendition` does */
export function planStreamChunks(
  rendition: RenditionOf<'stream'>,
  context: PlanContext,
  { chunkSeconds, encoderVersion }: SplitOptions,
): ChunkPlan | NotSplit {
  const { output } = planEdits(rendition, context, requestStreamTracks(rendition))
  const { segments, audio } = planTracks(rendition, output)
  const seconds = output.trackSeconds.video ?? output.seconds
  if (seconds !== null && seconds < MIN_VIDEO_CHUNKS * chunkSeconds) {
    return { ranges: null, reason: null }
  }
  const reason = findInputObstacle(output, chunkSeconds)
  if (reason !== null || seconds === null) {
    return { ranges: null, reason }
  }
  const whole = { startSeconds: 0, endSeconds: null, frames: null }
  const [first, ...others] = listVideoRanges(segments, { seconds, chunkSeconds })
  // One runner alone makes the first chunk before the audio, with which it can then publish the start.
  const ranges: ChunkRange[] = [
    ...(first === undefined ? [] : [first]),
    ...(audio === null ? [] : [{ kind: 'audio' as const, ...whole }]),
    ...others,
    { kind: 'join', ...whole },
  ]
  const planKey = computePlanKey(context, { ranges, encoderVersion }, (anonymous, range) =>
    planStreamChunk(rendition, anonymous, range),
  )
  return {
    ranges,
    planKey,
    trackKeys: computeTrackKeys(rendition, context, { ranges, encoderVersion }),
  }
}

/**
 * Computes a key for each track, of the commands that make it alone. So a track has the same key in
 * streams with other sizes.
 */
function computeTrackKeys(
  rendition: RenditionOf<'stream'>,
  context: PlanContext,
  { ranges, encoderVersion }: { ranges: readonly ChunkRange[]; encoderVersion: string },
): Record<string, string> {
  const { tracks } = planStream(rendition, context).stream!
  const keys = tracks.map(({ name, video }) => {
    const others = new Set(tracks.map((track) => track.name).filter((other) => other !== name))
    const kind = video === null ? 'audio' : 'video'
    const ownRanges = ranges.filter((range) => range.kind === kind)
    const key = computePlanKey(context, { ranges: ownRanges, encoderVersion }, (anonymous, range) =>
      planStreamChunk(rendition, anonymous, range, others),
    )
    return [name, key] as const
  })
  return Object.fromEntries(keys)
}

/**
 * Boundaries are half a frame before the first frame of a segment. The first chunk has only the segments
 * without which the stream is not playable.
 */
function listVideoRanges(
  segments: ReturnType<typeof planTracks>['segments'],
  { seconds, chunkSeconds }: { seconds: number; chunkSeconds: number },
): ChunkRange[] {
  const rate = segments.frameRate.value
  const perChunk = Math.max(1, Math.round(chunkSeconds / segments.seconds))
  const first = Math.min(perChunk, MIN_PLAYABLE_SEGMENTS)
  const others = listChunkStarts((seconds * rate) / segments.frames - first, {
    size: perChunk,
    max: MAX_VIDEO_CHUNKS - 1,
  })
  // Whole segments: of chunks as short as a segment, two starts can be the same.
  const firstSegments = new Set([0, ...others.map((start) => first + Math.floor(start))])
  const starts = [...firstSegments].map((segment) => segment * segments.frames)
  const toSeconds = (frame: number) => Math.round(((frame - 0.5) / rate) * 1e6) / 1e6
  return starts.map((start, index) => {
    const next = starts[index + 1]
    return {
      kind: 'video',
      startSeconds: index === 0 ? 0 : toSeconds(start),
      endSeconds: next === undefined ? null : toSeconds(next),
      frames: next === undefined ? null : next - start,
    }
  })
}
