/** The files that are played one after another: the source, of which a part is taken, then the rest. */
import type { Kind } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { cutOf } from './trim.ts'
import { decimal } from './timing.ts'
import { trackOf } from './audio.ts'
import { INPUT_LIMITS } from '../process/limits.ts'
import { requireVideo } from '../probe/videoSource.ts'
import type { AudioStream, VideoStream } from '../probe/probe.ts'
import type { PlanContext, InputFile } from '../renderPlan.ts'

/** What is taken of a file. */
export interface Take {
  startSeconds: number
  /** How much to take from there; null for all of it. */
  lengthSeconds: number | null
}

export interface GraphFile {
  /** What opens it. Seeking before the input is exact: what comes before is decoded and dropped. */
  arguments: string[]
  /** null when no picture is wanted. */
  video: VideoStream | null
  audio: AudioStream | null
  /** Of the sound, counted from 1. */
  track: number
  take: Take
  /** How long it is; null when it does not say. */
  seconds: number | null
}

interface Files {
  startSeconds: number
  endSeconds: number | null
  append: readonly string[]
  audioTrack: number
}

export function filesOf(
  rendition: Files & { kind: string },
  context: PlanContext,
  wish: { picture: object | null; take?: Take },
): GraphFile[] {
  const { source } = context
  const cut = wish.take
    ? takenOf(wish.take, source.probe.contentSeconds)
    : cutOf(rendition, source.probe)
  const picture = wish.picture !== null
  const first: GraphFile = {
    arguments: opening(source, cut),
    video: picture ? requireVideo(rendition.kind as Kind, source.probe) : null,
    audio: trackOf(source.probe, rendition.audioTrack),
    track: rendition.audioTrack,
    take: cut,
    seconds: cut.seconds,
  }
  return [first, ...rendition.append.map((path) => appended(path, rendition, context, picture))]
}

function takenOf(take: Take, whole: number | null) {
  const rest = whole === null ? null : Math.max(0, whole - take.startSeconds)
  return { ...take, seconds: take.lengthSeconds ?? rest }
}

function appended(
  path: string,
  { audioTrack }: Files,
  { references }: PlanContext,
  picture: boolean,
): GraphFile {
  const file = references.get(path)
  if (!file?.probe) {
    throw new JobFailure(
      'unsupported',
      `${path} is to be played after the first file (cat), so it must be a video or sound, not a picture or subtitles.`,
    )
  }
  const { probe } = file
  if (picture && probe.video === null) {
    throw new JobFailure(
      'unsupported',
      `${path} is to be played after the first file (cat), and holds no picture. Only files with one can be joined to a video.`,
    )
  }
  const track = probe.audioTracks.length >= audioTrack ? audioTrack : 1
  const cut = cutOf({ startSeconds: 0, endSeconds: null }, probe)
  return {
    arguments: opening(file, cut),
    video: picture ? requireVideo('video', probe) : null,
    audio: probe.audioTracks[track - 1] ?? null,
    track,
    take: cut,
    seconds: cut.seconds,
  }
}

export function opening({ url }: InputFile, { startSeconds, lengthSeconds }: Take): string[] {
  return [
    ...INPUT_LIMITS,
    ...(startSeconds > 0 ? ['-ss', decimal(startSeconds)] : []),
    ...(lengthSeconds === null ? [] : ['-t', decimal(lengthSeconds)]),
    '-i',
    url,
  ]
}
