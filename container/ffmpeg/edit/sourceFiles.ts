/** Lists the files that are joined: the trimmed source, then the appended files. */
import type { TrackSeconds } from '../expectedDurations.ts'
import { JobFailure, OutsideOfFile } from '../../failures.ts'
import { requireVideo } from '../probe/videoSource.ts'
import type { PlanContext } from '../renderPlan.ts'
import { selectAudioTrack } from './audioTrack.ts'
import type { AudioStream, VideoStream } from '../probe/probe.ts'
import type { SourceFile, Trim } from './editedOutput.ts'
import type { Edits } from './edits.ts'
import { formatSeconds } from './numbers.ts'
import { resolveTrim, withDuration } from './resolveTrim.ts'

/**
 * @param options.trim used instead of the start and end in `edits`; the caller has checked it
 * @throws JobFailure `unsupported` when a file lacks a track that is needed, or exceeds a limit
 */
export function listSourceFiles(
  edits: Edits,
  context: PlanContext,
  options: { needsVideo: boolean; trim?: Trim | undefined },
): [SourceFile, ...SourceFile[]] {
  const { source } = context
  const { kind, audioTrack } = edits
  const video = options.needsVideo ? requireVideo(kind, source.probe) : null
  const audio = selectAudioTrack(source.probe, audioTrack)
  const { seconds, ...trim } = options.trim
    ? withDuration(options.trim, source.probe)
    : resolveTrim(edits, source.probe)
  const trackSeconds = measureTracks(trim, { video, audio })
  checkVideoPart(kind, trim, { video, seconds: trackSeconds.video })
  return [
    { file: source, trim, seconds, trackSeconds, video, audio: selectPresent(audio, trackSeconds) },
    ...edits.append.map((path) => readAppendedFile(path, edits, context, options.needsVideo)),
  ]
}

/** If an appended file has no usable track of the requested number, its default track is used. */
function readAppendedFile(
  path: string,
  edits: Edits,
  { references }: PlanContext,
  needsVideo: boolean,
): SourceFile {
  const file = references.get(path)
  if (!file?.probe) {
    throw new JobFailure(
      'unsupported',
      `${path} cannot be appended (cat): it is not a video or audio file. Images and subtitles cannot be appended.`,
    )
  }
  const { probe } = file
  if (probe.isStill) {
    throw new JobFailure(
      'unsupported',
      `${path} cannot be appended (cat): it is a still image. Only video and audio can be appended.`,
    )
  }
  if (needsVideo && probe.video === null) {
    throw new JobFailure(
      'unsupported',
      `${path} cannot be appended (cat): it has no video stream. Only files with video can be appended to a video.`,
    )
  }
  const requested = edits.audioTrack === 1 ? undefined : probe.audioTracks[edits.audioTrack - 1]
  const isUsable = requested !== undefined && !probe.problems.has(requested.index)
  const { seconds, ...trim } = resolveTrim({ startSeconds: 0, endSeconds: null }, probe)
  const video = needsVideo ? requireVideo('video', probe) : null
  const audio = isUsable ? requested : probe.audio
  return { file, trim, seconds, trackSeconds: measureTracks(trim, { video, audio }), video, audio }
}

/** Returns the durations of the tracks in a part of a file. */
function measureTracks(
  { startSeconds, durationSeconds }: Trim,
  { video, audio }: { video: VideoStream | null; audio: AudioStream | null },
): TrackSeconds {
  const measure = (track: { endSeconds: number | null } | null) => {
    const end = track?.endSeconds ?? null
    return end === null
      ? null
      : Math.max(0, Math.min(end - startSeconds, durationSeconds ?? Infinity))
  }
  return { video: measure(video), audio: measure(audio) }
}

/** @throws JobFailure `unsupported` when the video ends before the part begins */
function checkVideoPart(
  kind: string,
  { startSeconds }: Trim,
  { video, seconds }: { video: VideoStream | null; seconds: number | null },
): void {
  if (video !== null && seconds === 0 && startSeconds > 0) {
    throw new OutsideOfFile(
      'unsupported',
      `The video is ${formatSeconds(video.endSeconds ?? 0)} seconds long, so no ${kind} can start at second ${startSeconds}.`,
    )
  }
}

/** Returns null for audio that ends before the part begins. */
function selectPresent(audio: AudioStream | null, { audio: seconds }: TrackSeconds) {
  return seconds === 0 ? null : audio
}
