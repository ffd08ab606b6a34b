/** The steps that encode a picture: one by quality, two where a size has to be come to. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { framesFor, type Rate, videoEncoder } from './videoEncoders.ts'
import type { EditGraph } from '../edit/graph.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import type { FfmpegStep } from '../renderPlan.ts'

interface Options {
  rendition: Pick<RenditionOf<'video'>, 'videoCodec' | 'encoderSpeed'>
  rate: Rate
  /** The picture alone, for a pass of which nothing else is kept. */
  picture: EditGraph
  /** The whole command around an encoder's options. */
  command: (said: readonly string[], encoder: string[]) => string[]
  folder: string
}

/**
 * SVT-AV1 makes no second pass here and keeps to no cap, so that a draft shows what comes out; what
 * it misses by is made good, by at most so much.
 */
const MAX_CORRECTION = 4
/** Of a cap that the draft went beyond. */
const AIM = 0.85

export function encodeSteps(options: Options): FfmpegStep[] {
  const { rate, command, picture } = options
  const { videoCodec: codec, encoderSpeed } = options.rendition
  const { seconds } = picture
  const encoder = (by: Rate) => [
    ...framesFor(codec, by),
    ...videoEncoder({ codec, encoderSpeed, rate: by }),
  ]
  const last = (by: () => Rate): FfmpegStep => ({
    stage: 'encode',
    cost: 1,
    seconds,
    ffmpeg: (said) => command(said, encoder(by())),
  })
  const before = (by: Rate, cost: number, ...output: string[]): FfmpegStep => ({
    stage: 'analyse',
    cost,
    seconds,
    ffmpeg: () => [
      ...COMMON_OPTIONS,
      ...picture.inputs,
      '-filter_complex',
      picture.filters,
      '-map',
      String(picture.video),
      ...encoder(by),
      ...output,
    ],
  })
  if (codec === 'av1' && (rate.by === 'size' || rate.cap !== null)) {
    const draft = join(options.folder, 'draft.mkv')
    const corrected = () => correctedRate(rate, (statSync(draft).size * 8) / 1000 / (seconds ?? 1))
    return [before(rate, 1, '-f', 'matroska', draft), last(corrected)]
  }
  // VP9 keeps to a cap only when it knows what comes.
  const once = rate.by === 'quality' && (rate.cap === null || codec !== 'vp9')
  if (once) {
    return [last(() => rate)]
  }
  const second: Rate = { ...rate, pass: 2 }
  return [before({ ...rate, pass: 1 }, 0.5, '-f', 'null', '-'), last(() => second)]
}

/** @param came the bit rate that the draft came to, in kbit/s */
function correctedRate(rate: Rate, came: number): Rate {
  if (rate.by === 'quality') {
    const cap = rate.cap?.kbps ?? Infinity
    return came <= cap ? rate : { by: 'size', kbps: cap * AIM, pass: 0 }
  }
  const factor = Math.min(MAX_CORRECTION, Math.max(1 / MAX_CORRECTION, rate.kbps / came))
  return { ...rate, kbps: rate.kbps * factor }
}
