/**
 * Plans the steps that encode video: one pass for a quality, two for a file size. With a maximum
 * bit rate, VP9 needs two passes, and AV1 two or three.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { EditPlan } from '../edit/planEdits.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep } from '../renderPlan.ts'
import type { ChunkPlace } from './chunkOptions.ts'
import {
  buildFrameTiming,
  buildVideoEncoder,
  type BitRateControl,
  type RateControl,
} from './videoEncoders.ts'

interface EncodeOptions {
  rendition: Pick<RenditionOf<'video'>, 'videoCodec' | 'encoderSpeed'>
  rate: RateControl
  editPlan: EditPlan
  /** Builds the complete command with these options of the video encoder. */
  buildCommand: (stderrTails: readonly string[], encoder: string[]) => string[]
  folder: string
  /** Absent for a whole video. */
  chunk?: ChunkPlace
}

/** Maximum factor by which the bit rate of SVT-AV1 is raised or lowered after a draft. */
const MAX_CORRECTION = 4
/** Target bit rate as a share of the cap, when an encode with the quality exceeds the cap. */
const CAP_SHARE = 0.9
/**
 * SVT-AV1 misses the requested average bit rate in a video that is shorter than this: with version
 * 2.3, a video of 2 seconds has twice the bit rate. At 10 seconds, it is only 10 % too high.
 */
const SHORT_SECONDS = 10

export function planEncodeSteps(options: EncodeOptions): FfmpegStep[] {
  const { rate } = options
  const { videoCodec } = options.rendition
  if (videoCodec === 'av1' && (rate.by === 'bitRate' || rate.cap !== null)) {
    return planDrafts(options)
  }
  // With a cap, VP9 needs the measurements of a first pass.
  if (rate.by === 'quality' && (rate.cap === null || videoCodec !== 'vp9')) {
    return [planLastPass(options, () => rate)]
  }
  return [
    planFirstPass(options, () => ({ ...rate, pass: 1 }), {
      cost: 0.5,
      output: [...ffmpegOptions({ f: 'null' }), '-'],
    }),
    planLastPass(options, () => ({ ...rate, pass: 2 })),
  ]
}

/**
 * Plans the steps for a bit rate or a cap with SVT-AV1, which gets no cap and no statistics of a
 * first pass. Drafts are encoded first, and their bit rate is measured.
 */
function planDrafts(options: EncodeOptions): FfmpegStep[] {
  const { rate, folder } = options
  const { seconds } = options.editPlan.output
  const isConstant = seconds !== null && seconds < SHORT_SECONDS
  const draft = join(folder, 'draft.mkv')
  const output = [...ffmpegOptions({ f: 'matroska' }), draft]
  const readKbps = () => (statSync(draft).size * 8) / 1000 / (seconds ?? 1)
  if (rate.by === 'bitRate') {
    const target = { ...rate, isConstant }
    return [
      planFirstPass(options, () => target, { cost: 1, output }),
      planLastPass(options, () => correctRate(target, readKbps())),
    ]
  }
  const cap = rate.cap?.kbps ?? Infinity
  const target: BitRateControl = { by: 'bitRate', kbps: cap * CAP_SHARE, pass: 0, isConstant }
  let isCapExceeded = false
  const resolveSecondDraft = () => {
    isCapExceeded = readKbps() > cap
    return isCapExceeded ? target : null
  }
  return [
    planFirstPass(options, () => rate, { cost: 1, output }),
    planFirstPass(options, resolveSecondDraft, { cost: 1, output }),
    planLastPass(options, () => (isCapExceeded ? correctRate(target, readKbps()) : rate)),
  ]
}

/**
 * Plans a pass that measures the video or encodes a draft. It does not encode the audio.
 *
 * @param resolveRate called when the step begins; returns null to skip the step
 */
function planFirstPass(
  options: EncodeOptions,
  resolveRate: () => RateControl | null,
  { cost, output }: { cost: number; output: string[] },
): FfmpegStep {
  const { inputs, graph, output: edited } = options.editPlan
  const { filters, video } = graph.select({ video: true, audio: false })
  const inputOptions = [...COMMON_OPTIONS, ...inputs.files, ...inputs.images]
  const mapping = ffmpegOptions({ filter_complex: filters, map: video })
  const buildCommand = () => {
    const rate = resolveRate()
    return rate && [...inputOptions, ...mapping, ...buildEncoder(options, rate), ...output]
  }
  return { stage: 'analyse', cost, seconds: edited.seconds, ffmpeg: buildCommand }
}

/** @param resolveRate called when the step begins, because it may read the draft */
function planLastPass(options: EncodeOptions, resolveRate: () => RateControl): FfmpegStep {
  return {
    stage: 'encode',
    cost: 1,
    seconds: options.editPlan.output.seconds,
    ffmpeg: (stderrTails) =>
      options.buildCommand(stderrTails, buildEncoder(options, resolveRate())),
  }
}

function buildEncoder({ rendition, chunk }: EncodeOptions, rate: RateControl): string[] {
  const { videoCodec: codec, encoderSpeed } = rendition
  return [
    ...buildFrameTiming(codec, rate),
    ...buildVideoEncoder({ codec, encoderSpeed, rate, chunk }),
  ]
}

/**
 * Raises or lowers a bit rate by the ratio of the requested bit rate to the one that the draft has,
 * within the factor `MAX_CORRECTION`.
 */
function correctRate(rate: BitRateControl, draftKbps: number): BitRateControl {
  const factor = rate.kbps / draftKbps
  const correction = Math.min(MAX_CORRECTION, Math.max(1 / MAX_CORRECTION, factor))
  return { ...rate, kbps: rate.kbps * correction }
}
