/**
 * Decides whether each track of a video is copied, encoded or dropped, and how the bit rate of the
 * video is controlled.
 */
import type { EncodedAudioCodec } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import type { EditedOutput } from '../edit/editedOutput.ts'
import type { Size } from '../geometry.ts'
import { isPartial, isTrimmedByFilters } from '../edit/steps/trim.ts'
import { resolveAudioKbps } from '../encode/audioEncoders.ts'
import { computeBitRateForSize, resolveCap } from '../encode/bitRate.ts'
import { resolveQuality } from '../encode/quality.ts'
import { MIN_SIDE, type RateControl } from '../encode/videoEncoders.ts'
import type { AudioStream, Probe } from '../probe/probe.ts'
import { decideAudio, type TrackDecision } from './copyAudio.ts'
import { findVideoObstacle } from './copyVideo.ts'

type Video = RenditionOf<'video'>

const COPY_REASON = 'codec, size and bit rate match already'

/** The times of a subtitle track in a trimmed copy would depend on the version of ffmpeg. */
const SUBTITLES_OF_PART = 'subtitles are added to a part of a file without an index'

const ENCODED_WITH_VIDEO: TrackDecision = {
  action: 'encode',
  reason: 'a part of a file without an index is requested, and its video is encoded',
}

export interface TrackDecisions {
  video: TrackDecision
  /** Null when there is no audio to include or to drop. */
  audio: TrackDecision | null
  /** Null when audio is not encoded. */
  audioCodec: EncodedAudioCodec | null
  rate: RateControl
}

/** @throws JobFailure `unsupported` when the request is impossible with this source */
export function decideTracks(
  rendition: Video,
  { facts }: Probe,
  output: EditedOutput,
): TrackDecisions {
  const [source] = output.files
  const { video, audio: track, trim } = source
  const { size, seconds } = output
  if (video === null || size === null) {
    throw new TypeError('the output of a video must have frames')
  }
  const quality = resolveQuality(rendition.quality, 'video', Math.min(size.width, size.height))
  const isTrimmed = isTrimmedByFilters(source.file, trim)
  const obstacle =
    findVideoObstacle(rendition, {
      video,
      size,
      quality,
      sizeBytes: facts.sizeBytes,
      isPartial: isPartial(trim),
    }) ?? (isTrimmed && rendition.subtitles !== null ? SUBTITLES_OF_PART : null)
  if (obstacle !== null) {
    checkMinSize(rendition, size)
  }
  const isDropped = rendition.audioCodec === 'none' && track !== null
  const audioDecision =
    output.hasAudio || isDropped ? decideAudioOfVideo(rendition, track, isPartial(trim)) : null
  const filtersTrimVideo = isTrimmed && obstacle !== null
  const audio =
    audioDecision?.action === 'copy' && filtersTrimVideo ? ENCODED_WITH_VIDEO : audioDecision
  const byQuality: RateControl = {
    by: 'quality',
    pass: 0,
    quality,
    cap: resolveCap(rendition.videoKbps, seconds),
  }
  return {
    video:
      obstacle === null
        ? { action: 'copy', reason: COPY_REASON }
        : { action: 'encode', reason: obstacle },
    audio,
    audioCodec: audio?.action === 'encode' ? resolveAudioCodec(rendition.audioCodec) : null,
    rate:
      obstacle === null || rendition.sizeKilobytes === null
        ? byQuality
        : {
            by: 'bitRate',
            pass: 0,
            kbps: computeBitRateForSize({
              kilobytes: rendition.sizeKilobytes,
              seconds,
              size,
              frameRate: output.frameRate,
              audioKbps: estimateAudioKbps(rendition, audio, track),
            }),
          },
  }
}

/**
 * Decides whether the audio is copied, encoded or dropped. Silence that is generated for joined
 * files is encoded.
 */
function decideAudioOfVideo(
  rendition: Video,
  track: AudioStream | null,
  partial: boolean,
): TrackDecision {
  const decision = decideAudio(rendition, track, partial)
  if (decision === null) {
    return { action: 'encode', reason: 'files are joined' }
  }
  // The bit rate of the video is computed from the requested file size minus the audio, so the bit
  // rate of the audio must be known.
  const isUnknown = rendition.sizeKilobytes !== null && track?.bitRate === null
  return isUnknown && decision.action === 'copy'
    ? { action: 'encode', reason: 'its bit rate is unknown, and a file size is requested' }
    : decision
}

function estimateAudioKbps(
  rendition: Video,
  audio: TrackDecision | null,
  track: AudioStream | null,
): number {
  if (audio === null || audio.action === 'drop') {
    return 0
  }
  if (audio.action === 'copy') {
    return (track?.bitRate ?? 0) / 1000
  }
  return resolveAudioKbps(resolveAudioCodec(rendition.audioCodec), rendition.audioKbps)
}

/** Returns the codec to encode to: AAC for `copy` and `none`, which name no encoder. */
export function resolveAudioCodec(codec: Video['audioCodec']): EncodedAudioCodec {
  return codec === 'copy' || codec === 'none' ? 'aac' : codec
}

/** @throws JobFailure `unsupported` when the frames are too small for the encoder */
export function checkMinSize(
  { videoCodec }: Pick<Video, 'videoCodec'>,
  { width, height }: Size,
): void {
  const min = MIN_SIDE[videoCodec]
  if (Math.min(width, height) < min) {
    throw new JobFailure(
      'unsupported',
      `The video would be ${width} by ${height}; ${videoCodec} needs at least ${min} by ${min}. Use a larger size (w, h), or vc_h264.`,
    )
  }
}

/** Returns the reasons of both tracks as one text; one reason for both if both are copied. */
export function describeReason({ video, audio }: TrackDecisions): string {
  if (audio === null || audio.reason === video.reason) {
    return video.reason
  }
  if (video.action === 'copy' && audio.action === 'copy') {
    return COPY_REASON
  }
  return `video: ${video.reason}; audio: ${audio.reason}`
}
