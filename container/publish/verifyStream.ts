/**
 * Looks at what ffmpeg made of a stream. Segments are gone from the disk by the end, so each rung is
 * probed by its first one, and its length is the sum of what was measured.
 */
import { rm, stat } from 'node:fs/promises'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import { JobFailure } from '../failures.ts'
import type { StreamLayout, Track } from '../ffmpeg/streaming/streamLayout.ts'
import {
  checkAligned,
  measuredSeconds,
  type TrackMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import { probe } from '../ffmpeg/probe/probe.ts'
import { checkDuration, emptyOutput } from '../ffmpeg/verify/verifyOutput.ts'
import { ffmpegTools } from '../capabilities.ts'
import type { RunningAttempt } from '../attempt/types.ts'

/**
 * What ffprobe says of a track by its first segment.
 *
 * @throws JobFailure `output_invalid` when that is not the track that was planned
 */
export async function probeTrack(
  { settings, scratch: cwd, signal }: RunningAttempt,
  track: Track,
  file: string,
): Promise<MediaFacts> {
  const { size: sizeBytes } = await stat(file)
  const input = ['-protocol_whitelist', 'file', `file:${file}`]
  const { facts } = await probe({
    ...ffmpegTools(settings),
    input,
    sizeBytes,
    bytesRead: () => 0,
    cwd,
    signal,
  })
  await rm(file)
  const wanted = track.video?.size ?? null
  if (facts.width !== (wanted?.width ?? null) || facts.height !== (wanted?.height ?? null)) {
    throw new JobFailure(
      'output_invalid',
      `In the result, ${track.name} measures ${facts.width} by ${facts.height} instead of ${wanted?.width} by ${wanted?.height}.`,
    )
  }
  return facts
}

/**
 * @param stderr what ffmpeg said meanwhile
 * @throws JobFailure as verify.ts does for one file; `output_invalid` when the rungs do not match
 */
export function verifyStream(
  tracks: readonly TrackMeasurements[],
  { seconds, hasRequestedEnd }: StreamLayout,
  stderr: string,
): void {
  const videoTracks = tracks.filter(({ track }) => track.video !== null)
  if (videoTracks.some(({ segments }) => segments.length === 0)) {
    throw emptyOutput({ stderr, hasFallback: false })
  }
  checkAligned(videoTracks)
  const longest = Math.max(...tracks.map(measuredSeconds))
  checkDuration(longest, { expect: { seconds, hasRequestedEnd }, stderr })
}

/** Those of the whole: the picture of its largest rung, with what sound there is. */
export function buildStreamFacts(
  tracks: readonly TrackMeasurements[],
  facts: ReadonlyMap<string, MediaFacts>,
) {
  const largest = tracks.findLast(({ track }) => track.video !== null)
  const audio = tracks.find(({ track }) => track.video === null)
  const video = facts.get(largest?.track.name ?? '')
  if (largest === undefined || video === undefined) {
    throw new TypeError('there is no picture')
  }
  return {
    ...video,
    format: 'hls',
    durationSeconds: Math.round(Math.max(...tracks.map(measuredSeconds)) * 1e3) / 1e3,
    frameRate: largest.track.video?.frameRate ?? null,
    audioCodec: facts.get(audio?.track.name ?? '')?.audioCodec ?? null,
  }
}
