/**
 * Finds the reasons why a file cannot be stream copied into each container, by planning an
 * unchanged video in that container.
 */
import { CONTAINERS, PROBED_VIDEO_CODECS, type VideoCodec } from '../../../src/contract/codecs.ts'
import { fieldDefaults, NAME_DEFAULTS } from '../../../src/contract/defaults.ts'
import { VIDEO_FORMATS } from '../../../src/contract/formats.ts'
import type { ProbeDocument } from '../../../src/contract/probe.ts'
import { RENDITIONS, type RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import type { PlanContext } from '../renderPlan.ts'
import { planVideo } from './planVideo.ts'

type Video = RenditionOf<'video'>
type Format = Video['format']

/** Returns for each container why the file cannot be copied into it; null when it can. */
export function findRemuxObstacles(context: PlanContext): ProbeDocument['remux'] {
  const obstacles = VIDEO_FORMATS.map((format) => [format, findObstacle(format, context)])
  return Object.fromEntries(obstacles) as ProbeDocument['remux']
}

/**
 * If a plan that copies the audio is impossible, plans again with encoded audio, so that obstacles
 * of the video are found too.
 */
function findObstacle(format: Format, context: PlanContext): string | null {
  const [encodedAudio = 'aac'] = CONTAINERS[format].audio
  const copied = tryPlan(format, 'copy', context)
  const encoded = copied instanceof JobFailure ? tryPlan(format, encodedAudio, context) : copied
  return encoded instanceof JobFailure ? encoded.message : encoded
}

/** Returns the reasons why tracks are not copied; null when all are. */
function tryPlan(
  format: Format,
  audioCodec: Video['audioCodec'],
  context: PlanContext,
): string | null | JobFailure {
  try {
    const rendition = buildUnchangedRendition(format, audioCodec, context)
    const { video, audio } = planVideo(rendition, ignoreBitRate(context))
    const encoded = [video, audio].filter((track) => track !== null && track.action !== 'copy')
    const reasons = new Set(encoded.map((track) => String(track?.reason)))
    return reasons.size === 0 ? null : [...reasons].join('; ')
  } catch (error) {
    if (error instanceof JobFailure) {
      return error
    }
    throw error
  }
}

/** Builds a rendition with the source's size and codec, and with the highest quality. */
function buildUnchangedRendition(
  format: Format,
  audioCodec: Video['audioCodec'],
  { source }: PlanContext,
): Video {
  const { video } = source.probe
  return RENDITIONS.video.parse({
    ...fieldDefaults(format, NAME_DEFAULTS),
    kind: 'video',
    format,
    quality: 100,
    width: video?.display.width ?? null,
    height: video?.display.height ?? null,
    videoCodec: selectCodec(format, video?.codec),
    audioCodec,
    audioKbps: 512,
  })
}

/** Sets the bit rate of the video to 1, so that a high bit rate is not a reason to encode. */
function ignoreBitRate(context: PlanContext): PlanContext {
  const { source } = context
  const { probe } = source
  const video = probe.video && { ...probe.video, bitRate: 1 }
  return { ...context, source: { ...source, probe: { ...probe, video } } }
}

/** Selects the codec of the source if the container accepts it, else the container's default. */
function selectCodec(format: Format, probedCodec: string | undefined): VideoCodec {
  const accepted = CONTAINERS[format].video
  const [byDefault = 'h264'] = accepted
  return accepted.find((codec) => PROBED_VIDEO_CODECS[codec] === probedCodec) ?? byDefault
}
