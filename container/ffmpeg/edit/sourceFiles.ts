/** Lists the files that are joined: the trimmed source, then the appended files. */
import { JobFailure } from '../../failures.ts'
import { requireVideo } from '../probe/videoSource.ts'
import type { PlanContext } from '../renderPlan.ts'
import { selectAudioTrack } from './audioTrack.ts'
import type { SourceFile, Trim } from './editedOutput.ts'
import type { Edits } from './edits.ts'
import { resolveTrim, withDuration } from './steps/trim.ts'

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
  return [
    { file: source, trim, seconds, video, audio },
    ...edits.append.map((path) => readAppendedFile(path, edits, context, options.needsVideo)),
  ]
}

/** If an appended file lacks the requested audio track, the one that it has by default is used. */
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
  if (needsVideo && probe.video === null) {
    throw new JobFailure(
      'unsupported',
      `${path} cannot be appended (cat): it has no video stream. Only files with video can be appended to a video.`,
    )
  }
  const requested = edits.audioTrack === 1 ? undefined : probe.audioTracks[edits.audioTrack - 1]
  const isUsable = requested !== undefined && !probe.problems.has(requested.index)
  const { seconds, ...trim } = resolveTrim({ startSeconds: 0, endSeconds: null }, probe)
  return {
    file,
    trim,
    seconds,
    video: needsVideo ? requireVideo('video', probe) : null,
    audio: isUsable ? requested : probe.audio,
  }
}
