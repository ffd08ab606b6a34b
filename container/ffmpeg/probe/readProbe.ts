/** Reads what planners need of a file from the output of ffprobe. */
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { JobFailure } from '../../failures.ts'
import { frameTooLarge } from '../process/limitErrors.ts'
import type { Choice } from './chooseStreams.ts'
import { type FfprobeOutput, readDuration } from './ffprobeOutput.ts'
import {
  type AudioStream,
  findLastEnd,
  readDecodeDelay,
  readAudio,
  readVideo,
  roundToMilliseconds,
  UNTIMED_AUDIO,
  type VideoStream,
} from './streams.ts'

export interface Probe {
  facts: MediaFacts
  /** The video stream that is used: not a cover, and if possible one that can be decoded. */
  video: VideoStream | null
  /** The audio track that is used if none is requested; null if none can be used. */
  audio: AudioStream | null
  /** All audio tracks, in the order of the file. */
  audioTracks: AudioStream[]
  /** Why streams cannot be used, by their number in the file, as part of a sentence. */
  problems: ReadonlyMap<number, string>
  /** Notes for users about the choice of the streams. */
  notes: { video: string[]; audio: string[] }
  /**
   * Seconds from the start of the file to the end of its video or its audio, whichever is later. If
   * an end is unknown, the duration that ffprobe states for the file, or null.
   */
  contentSeconds: number | null
  /**
   * False for formats that declare no duration, so that ffprobe estimates it: MPEG transport and
   * program streams by their last times, MP3 and AAC by their first bit rate.
   */
  durationIsDeclared: boolean
  /** True when the ends of all tracks were found by reading the file. */
  durationIsMeasured: boolean
  /** The timestamp at which the file starts. */
  startSeconds: number
  /**
   * False for MPEG transport and program streams, which have no index. ffmpeg then seeks to any
   * packet near a time, and the times of the packets after a seek depend on its version. False for
   * fragmented MP4 files too, in which ffmpeg seeks by the time at which a frame is decoded, and
   * for files with times that jump or go back, or without presentation times.
   */
  seeksExactly: boolean
  /**
   * True when the times of all packets were read. Otherwise an encode checks the times of its
   * frames, and stops at a wrong one.
   */
  hasExaminedTimes: boolean
  /** True for a fragmented MP4 file of which only some fragments were read. */
  isFragmented: boolean
  /**
   * True when the bit rate of those fragments and the duration give a size that is far larger than
   * that of the file.
   */
  isTooSmallForBitRate: boolean
  /** True for a still image, which has one frame and no times. */
  isStill: boolean
}

/** @param rejectedSize frame size that ffprobe rejected as too large, if any */
export function readProbe(
  { format, streams }: FfprobeOutput,
  choice: Choice,
  sizeBytes: number,
  rejectedSize: { width: number; height: number } | null,
): Probe {
  const { video: videoStream, audio: audioStream, problems, notes } = choice
  const audioStreams = streams.filter((each) => each.codec_type === 'audio')
  if (videoStream === null && audioStreams.length === 0) {
    throw new JobFailure('input_invalid', 'The file has no audio and no video.')
  }
  // ffprobe prints no size for a stream whose size it rejects.
  if (videoStream !== null && !videoStream.width && rejectedSize !== null) {
    throw frameTooLarge(rejectedSize)
  }

  const start = format.start_time ?? 0
  const duration = readDuration(format.duration)
  const audioTracks = audioStreams.map((each) => readAudio(each, format))
  const audio = audioTracks.find(({ index }) => index === audioStream?.index) ?? null
  const { hasUntimedFrames } = choice
  const video = videoStream && {
    ...readVideo(videoStream, format, audioStream ?? undefined),
    decodeDelaySeconds: hasUntimedFrames ? readDecodeDelay(videoStream) : null,
  }
  return {
    facts: {
      format: format.format_name,
      durationSeconds: duration === null ? null : roundToMilliseconds(duration),
      sizeBytes,
      videoCodec: video?.codec ?? null,
      audioCodec: audio?.codec ?? null,
      width: video?.display.width ?? null,
      height: video?.display.height ?? null,
      frameRate: video?.frameRate ?? null,
    },
    video,
    audio,
    audioTracks,
    problems,
    notes,
    contentSeconds: findLastEnd([video, audio]) ?? duration,
    durationIsDeclared:
      !format.format_name.startsWith('mpeg') && !UNTIMED_AUDIO.includes(format.format_name),
    durationIsMeasured: false,
    startSeconds: start,
    seeksExactly: !format.format_name.startsWith('mpeg') && !hasUntimedFrames,
    hasExaminedTimes: false,
    isFragmented: false,
    isTooSmallForBitRate: false,
    isStill: false,
  }
}
