/** Finds the reason why a video cannot be split into chunks. docs/chunks.md lists the reasons. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { MIN_PLANNED_RATE } from '../edit/joinedFiles.ts'
import { hasWrongTimes } from '../edit/steps/trim.ts'
import type { EditedOutput, SourceFile } from '../edit/editedOutput.ts'
import type { TrackDecisions } from '../plan/trackDecisions.ts'
import type { VideoStream } from '../probe/probe.ts'

type Video = RenditionOf<'video'>

/** Demuxers that give a frame the same time after a seek as without one. */
const SEEKABLE_FORMATS = ['mov', 'matroska', 'mpegts']

/** Returns the reason as a sentence; null when the video can be split. */
export function findSplitObstacle(
  rendition: Video,
  {
    output,
    decisions,
    chunkSeconds,
  }: { output: EditedOutput; decisions: TrackDecisions; chunkSeconds: number },
): string | null {
  return decisions.video.action === 'encode'
    ? (findRateObstacle(rendition, decisions) ?? findInputObstacle(output, chunkSeconds))
    : 'The video is copied, so there is nothing to split.'
}

/** Returns the reason for which the video of these files cannot be split; null if it can be. */
export function findInputObstacle(output: EditedOutput, chunkSeconds: number): string | null {
  const { files, fileStarts, constantFrameRate } = output
  const isJoined = files.length > 1
  for (const each of files) {
    const reason = findFileObstacle(each, output, chunkSeconds)
    if (reason !== null) {
      return isJoined ? `${each.file.path}: ${reason}` : reason
    }
  }
  if (!isJoined || fileStarts !== null) {
    return null
  }
  return (constantFrameRate ?? 0) < MIN_PLANNED_RATE
    ? `Joined files (cat) are split only with at least ${MIN_PLANNED_RATE} frames per second, because each begins at a frame.`
    : 'The durations of the joined files (cat) are not known exactly, so it is not known where each one begins. Those of MP4 and MOV files are.'
}

function findRateObstacle({ videoCodec }: Video, { rate }: TrackDecisions): string | null {
  if (rate.by === 'bitRate') {
    return 'A file size (sz) is requested, and its bits are distributed over the whole video.'
  }
  const isMeasured = rate.cap !== null && (videoCodec === 'vp9' || videoCodec === 'av1')
  return isMeasured
    ? `With a maximum bit rate (br), ${videoCodec} is encoded as a whole, because several passes measure all of the video.`
    : null
}

function findFileObstacle(
  { file, video, trim }: SourceFile,
  { edits, durationIsKnown, trackSeconds }: EditedOutput,
  chunkSeconds: number,
): string | null {
  if (hasWrongTimes(file)) {
    return 'The times in the file jump or go back, so its frames cannot be found by their times.'
  }
  const formats = file.probe?.facts.format.split(',') ?? []
  const isStill = file.probe?.isStill !== false
  if (isStill || video === null || !SEEKABLE_FORMATS.some((name) => formats.includes(name))) {
    return `The file is not MP4, MOV, Matroska, WebM or MPEG-TS (it is ${formats[0]}), so its frames may get other times after a seek.`
  }
  if (trackSeconds.video === null || !durationIsKnown) {
    return 'The duration of the video is not known exactly, so its end cannot be planned.'
  }
  // The first chunk needs frames.
  const late = (video.startSeconds - trim.startSeconds) / edits.speed
  return late > chunkSeconds / 2
    ? `The video begins late (at second ${late.toFixed(1)}).`
    : findVideoObstacle(video)
}

function findVideoObstacle(video: VideoStream): string | null {
  if (video.hasWrongTimes || video.decodeDelaySeconds !== null) {
    return 'The file has no usable presentation times, so its frames cannot be found by their times.'
  }
  return video.interlaced && video.scan?.type === 'telecine'
    ? 'Film is restored from telecined video, which depends on all frames before.'
    : null
}
