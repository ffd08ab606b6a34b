/**
 * Verifies a stream. Segments are deleted locally once they are stored, so only the first segment
 * of each track is probed, and the duration of a track is the sum of its measured segments.
 */
import { rm, stat } from 'node:fs/promises'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import type { RunningAttempt } from '../attempt/types.ts'
import { resolveFfmpegTools } from '../capabilities.ts'
import { probe } from '../ffmpeg/probe/probe.ts'
import { LOCAL_FILE_INPUT } from '../ffmpeg/process/limits.ts'
import {
  checkAligned,
  checkTrackSize,
  measuredSeconds,
  type TrackMeasurements,
} from '../ffmpeg/streaming/segmentMeasurements.ts'
import type { StreamLayout, Track } from '../ffmpeg/streaming/streamLayout.ts'
import { checkDuration, compareEnds, compareWithEstimate } from '../ffmpeg/verify/durations.ts'
import { emptyOutput } from '../ffmpeg/verify/verifyOutput.ts'

/**
 * Probes the first segment of a track, and then deletes `file`.
 *
 * @param file the init segment followed by the first segment
 * @throws JobFailure `output_invalid` when the frame size differs from the plan, or a failure of
 *   `probe`
 */
export async function probeTrack(
  { settings, scratch: cwd, signal }: RunningAttempt,
  track: Track,
  file: string,
): Promise<MediaFacts> {
  const { size: sizeBytes } = await stat(file)
  const { facts } = await probe({
    ...resolveFfmpegTools(settings),
    input: [...LOCAL_FILE_INPUT, `file:${file}`],
    sizeBytes,
    bytesRead: () => 0,
    cwd,
    signal,
  })
  await rm(file)
  checkTrackSize(track, facts)
  return facts
}

/**
 * @param stderr the end of ffmpeg's stderr
 * @returns notes for users
 * @throws JobFailure when a video track is empty, the rungs are not aligned or the duration is
 *   wrong
 */
export function verifyStream(
  tracks: readonly TrackMeasurements[],
  { seconds, trackSeconds, estimatedSeconds, hasRequestedEnd }: StreamLayout,
  stderr: string,
): string[] {
  const videoTracks = tracks.filter(({ track }) => track.video !== null)
  if (videoTracks.some(({ segments }) => segments.length === 0)) {
    throw emptyOutput({ stderr, hasFallback: false })
  }
  checkAligned(videoTracks)
  const longest = Math.max(...tracks.map(measuredSeconds))
  const check = (what: string, actual: number, expected: number | null) =>
    checkDuration(what, actual, { expect: { seconds: expected, hasRequestedEnd }, stderr })
  check('output', longest, seconds)
  const [largest] = videoTracks.map(measuredSeconds)
  const [audio] = tracks.filter(({ track }) => track.video === null).map(measuredSeconds)
  if (largest !== undefined) {
    check('video of the output', largest, trackSeconds?.video ?? null)
  }
  if (audio !== undefined) {
    check('audio of the output', audio, trackSeconds?.audio ?? null)
  }
  const ends = { video: largest ?? null, audio: audio ?? null }
  return [...compareEnds(ends), ...compareWithEstimate(ends, estimatedSeconds)]
}

/**
 * Facts of the whole stream: the video of its largest rung, and its audio. `sizeBytes` is only that
 * of the probed segment; `publishPackage.ts` replaces it.
 */
export function buildStreamFacts(
  tracks: readonly TrackMeasurements[],
  facts: ReadonlyMap<string, MediaFacts>,
): MediaFacts {
  const largest = tracks.findLast(({ track }) => track.video !== null)
  const audio = tracks.find(({ track }) => track.video === null)
  const video = facts.get(largest?.track.name ?? '')
  if (largest === undefined || video === undefined) {
    throw new TypeError('the stream has no video track')
  }
  return {
    ...video,
    format: 'hls',
    durationSeconds: Math.round(Math.max(...tracks.map(measuredSeconds)) * 1e3) / 1e3,
    frameRate: largest.track.video?.frameRate ?? null,
    audioCodec: facts.get(audio?.track.name ?? '')?.audioCodec ?? null,
  }
}
