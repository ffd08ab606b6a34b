/** Rules for stream copying audio, and the decision to copy, encode or drop an audio track. */
import {
  type AudioCodec,
  CONTAINERS,
  HAS_BIT_RATE,
  PROBED_AUDIO_CODECS,
} from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import type { AudioStream } from '../probe/probe.ts'
import { type CopyRules, findCopyObstacle, TIME_RULES } from './copyRules.ts'

/** A rendition with audio. */
type AudioRendition = RenditionOf<'video'> | RenditionOf<'audio'>

export interface TrackDecision {
  action: 'copy' | 'encode' | 'drop'
  reason: string
}

interface AudioCopySource {
  audio: AudioStream
  /** True when only a part of the file is used. */
  isPartial: boolean
}

/** For a requested codec: other codecs (ffprobe's names) that are copied instead of encoded. */
const EQUIVALENT_CODECS: Partial<Record<AudioCodec, readonly string[]>> = { opus: ['vorbis'] }
/**
 * The bit rate of audio is a reason to encode it again if it is more than this factor times the
 * requested one. The factor is above 1 because encoding again loses quality.
 */
const MAX_BIT_RATE_FACTOR = 1.5
const MAX_CHANNELS = 2
/** Maximum time from the start of the file to the start of its audio, for a copy. */
const MAX_DELAY_SECONDS = 0.1

/** Fields of a video that do not concern its audio. */
const VIDEO_FIELDS = {
  width: null,
  height: null,
  resizeMode: null,
  gravity: null,
  focusX: null,
  focusY: null,
  background: null,
  quality: null,
  rotate: null,
  flip: null,
  watermark: null,
  watermarkGravity: null,
  watermarkSize: null,
  watermarkOpacity: null,
  videoCodec: null,
  videoKbps: null,
  encoderSpeed: null,
  frameRate: null,
  subtitles: null,
  subtitleMode: null,
  // trackDecisions.ts checks that the bit rate of the audio is known when a file size is requested.
  sizeKilobytes: null,
}

const AUDIO_RULES: CopyRules<RenditionOf<'video'>, AudioCopySource> = {
  loudness: 'the loudness changes',
  ...TIME_RULES,
  audioCodec: (rendition, { audio }) => compareCodec(rendition, audio),
  audioKbps: (rendition, { audio }) => compareBitRate(rendition, audio),
  ...VIDEO_FIELDS,
  // The audio track is selected before these rules apply. The rule for audioCodec checks `format`.
  audioTrack: null,
  format: null,
  kind: null,
  metadata: null,
}

/**
 * Rules for `ac_copy`, which accepts every codec that the container accepts, and any bit rate. A
 * copied track may start at an audio packet near the requested time instead of exactly at it.
 */
const REQUESTED_COPY_RULES: typeof AUDIO_RULES = {
  ...AUDIO_RULES,
  // Next to video, copied audio keeps its late start. In a file of audio only it would be lost.
  audioCodec: ({ kind }, { audio }) => (kind === 'video' ? null : findDelay(audio)),
  audioKbps: null,
  startSeconds: null,
  endSeconds: null,
}

/**
 * @param audio null when the track does not exist; the decision is then null
 * @throws JobFailure `unsupported` when a copy is requested and impossible
 */
export function decideAudio(
  rendition: AudioRendition,
  audio: AudioStream | null,
  isPartial: boolean,
): TrackDecision | null {
  if (audio === null) {
    return null
  }
  if (rendition.audioCodec === 'none') {
    return { action: 'drop', reason: 'no audio is requested' }
  }
  const source = { audio, isPartial }
  if (rendition.audioCodec === 'copy') {
    checkRequestedCopy(rendition, source)
    return { action: 'copy', reason: 'a copy is requested' }
  }
  const obstacle = findCopyObstacle(rendition as RenditionOf<'video'>, source, AUDIO_RULES)
  return obstacle === null
    ? { action: 'copy', reason: `${audio.codec} matches already` }
    : { action: 'encode', reason: obstacle }
}

function checkRequestedCopy(rendition: AudioRendition, source: AudioCopySource): void {
  const { codec } = source.audio
  const accepted = CONTAINERS[rendition.format].copiedAudio
  if (accepted !== null && !accepted.includes(codec)) {
    throw new JobFailure(
      'unsupported',
      `The audio is ${codec}, which cannot be copied (ac_copy) into ${rendition.format}; it accepts ${accepted.join(', ')}. Leave out ac. A video can also use mkv (f_mkv), which accepts any codec.`,
    )
  }
  const obstacle = findCopyObstacle(rendition as RenditionOf<'video'>, source, REQUESTED_COPY_RULES)
  if (obstacle !== null) {
    throw new JobFailure(
      'unsupported',
      `The audio cannot be copied (ac_copy), since ${obstacle}. Leave out ac.`,
    )
  }
}

function compareCodec({ audioCodec, format }: AudioRendition, audio: AudioStream): string | null {
  const allowedCodecs = CONTAINERS[format].copiedAudio
  const isAccepted = allowedCodecs === null || allowedCodecs.includes(audio.codec)
  if (!isAccepted || !isEquivalent(audioCodec, audio.codec)) {
    return `${audio.codec} becomes ${audioCodec}`
  }
  if (audio.timeFault !== null) {
    return 'some of its timestamps are wrong'
  }
  return audio.channels > MAX_CHANNELS
    ? `the audio has ${audio.channels} channels`
    : findDelay(audio)
}

/**
 * Returns the delay as a reason to encode. An encode adds silence before audio that begins late, so
 * that its start does not depend on the container.
 */
function findDelay({ startSeconds }: AudioStream): string | null {
  return startSeconds > MAX_DELAY_SECONDS
    ? `the audio begins ${startSeconds.toFixed(1)} seconds late`
    : null
}

function compareBitRate({ audioCodec, audioKbps }: AudioRendition, { bitRate }: AudioStream) {
  if (!HAS_BIT_RATE[audioCodec] || bitRate === null) {
    return null
  }
  const kbps = Math.round(bitRate / 1000)
  return kbps > audioKbps * MAX_BIT_RATE_FACTOR
    ? `the audio has ${kbps} kbit/s, more than the requested ${audioKbps}`
    : null
}

function isEquivalent(audioCodec: AudioCodec, probedCodec: string): boolean {
  const probed: Partial<Record<AudioCodec, string>> = PROBED_AUDIO_CODECS
  return (
    probed[audioCodec] === probedCodec ||
    (EQUIVALENT_CODECS[audioCodec]?.includes(probedCodec) ?? false)
  )
}
