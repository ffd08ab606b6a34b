/**
 * Plans the steps that encode video: one pass for a quality, two for a file size. VP9 and AV1 need
 * two passes for a maximum bit rate too.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { EditPlan } from '../edit/planEdits.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep } from '../renderPlan.ts'
import { buildFrameTiming, buildVideoEncoder, type RateControl } from './videoEncoders.ts'

interface EncodeOptions {
  rendition: Pick<RenditionOf<'video'>, 'videoCodec' | 'encoderSpeed'>
  rate: RateControl
  editPlan: EditPlan
  /** Builds the complete command with these options of the video encoder. */
  buildCommand: (stderrTails: readonly string[], encoder: string[]) => string[]
  folder: string
}

/**
 * Maximum factor by which the bit rate of SVT-AV1 is raised or lowered. SVT-AV1 gets no cap, and no
 * statistics of a first pass. Instead, a draft is encoded first, and its bit rate is measured.
 */
const MAX_CORRECTION = 4
/** Target bit rate as a share of the cap, when the draft exceeded the cap. */
const CAP_SHARE = 0.85

export function planEncodeSteps(options: EncodeOptions): FfmpegStep[] {
  const { rate, folder } = options
  const { videoCodec } = options.rendition
  if (videoCodec === 'av1' && (rate.by === 'size' || rate.cap !== null)) {
    const draft = join(folder, 'draft.mkv')
    const { seconds } = options.editPlan.output
    const readKbps = () => (statSync(draft).size * 8) / 1000 / (seconds ?? 1)
    return [
      planFirstPass(options, rate, {
        cost: 1,
        output: [...ffmpegOptions({ f: 'matroska' }), draft],
      }),
      planLastPass(options, () => correctRate(rate, readKbps())),
    ]
  }
  // With a cap, VP9 needs the measurements of a first pass.
  if (rate.by === 'quality' && (rate.cap === null || videoCodec !== 'vp9')) {
    return [planLastPass(options, () => rate)]
  }
  return [
    planFirstPass(
      options,
      { ...rate, pass: 1 },
      {
        cost: 0.5,
        output: [...ffmpegOptions({ f: 'null' }), '-'],
      },
    ),
    planLastPass(options, () => ({ ...rate, pass: 2 })),
  ]
}

/** Plans the pass that measures the video or encodes the draft. It does not encode the audio. */
function planFirstPass(
  options: EncodeOptions,
  rate: RateControl,
  { cost, output }: { cost: number; output: string[] },
): FfmpegStep {
  const { inputs, graph, output: edited } = options.editPlan
  const { filters, video } = graph.select({ video: true, audio: false })
  const command = [
    ...COMMON_OPTIONS,
    ...inputs.files,
    ...inputs.images,
    ...ffmpegOptions({ filter_complex: filters, map: video }),
    ...buildEncoder(options, rate),
    ...output,
  ]
  return { stage: 'analyse', cost, seconds: edited.seconds, ffmpeg: () => command }
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

function buildEncoder({ rendition }: EncodeOptions, rate: RateControl): string[] {
  const { videoCodec: codec, encoderSpeed } = rendition
  return [...buildFrameTiming(codec, rate), ...buildVideoEncoder({ codec, encoderSpeed, rate })]
}

/** Corrects the rate control by the bit rate of the draft. */
function correctRate(rate: RateControl, draftKbps: number): RateControl {
  if (rate.by === 'quality') {
    const cap = rate.cap?.kbps ?? Infinity
    return draftKbps <= cap ? rate : { by: 'size', kbps: cap * CAP_SHARE, pass: 0 }
  }
  const factor = rate.kbps / draftKbps
  const correction = Math.min(MAX_CORRECTION, Math.max(1 / MAX_CORRECTION, factor))
  return { ...rate, kbps: rate.kbps * correction }
}
