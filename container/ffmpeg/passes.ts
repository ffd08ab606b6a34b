/** The steps that encode a picture: one by quality, two where a size has to be come to. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { FRAMES_AS_THEY_COME, type Rate, videoEncoder } from './encoders.ts'
import type { EditGraph } from './graph.ts'
import { QUIETLY } from './limits.ts'
import type { FfmpegStep } from './steps.ts'

type Options = {
  rendition: Pick<RenditionOf<'video'>, 'videoCodec' | 'preset'>
  rate: Rate
  /** The picture alone, for a pass of which nothing else is kept. */
  picture: EditGraph
  /** The whole command around an encoder's options. */
  command: (said: readonly string[], encoder: string[]) => string[]
  folder: string
}

/** SVT-AV1 has but one pass here: what the first missed the size by, the second makes good. */
const MOST_CORRECTION = 4

export function encodeSteps(options: Options): FfmpegStep[] {
  const { rate, command, picture } = options
  const { videoCodec: codec, preset } = options.rendition
  const { seconds } = picture
  const encoder = (by: Rate) => [
    ...FRAMES_AS_THEY_COME,
    ...videoEncoder({ codec, preset, rate: by }),
  ]
  const last = (by: () => Rate): FfmpegStep => ({
    ...{ stage: 'encode', cost: 1, seconds },
    ffmpeg: (said) => command(said, encoder(by())),
  })
  if (rate.by === 'quality') return [last(() => rate)]

  const draft = join(options.folder, 'draft.mkv')
  const corrects = codec === 'av1'
  const first: FfmpegStep = {
    ...{ stage: 'analyse', cost: corrects ? 1 : 0.5, seconds },
    ffmpeg: () => [
      ...[...QUIETLY, ...picture.inputs, '-filter_complex', picture.filters],
      ...['-map', String(picture.video), ...encoder({ ...rate, pass: corrects ? 0 : 1 })],
      ...(corrects ? ['-f', 'matroska', draft] : ['-f', 'null', '-']),
    ],
  }
  const corrected = (): Rate => {
    const came = (statSync(draft).size * 8) / 1000 / (seconds ?? 1)
    const factor = Math.min(MOST_CORRECTION, Math.max(1 / MOST_CORRECTION, rate.kbps / came))
    return { ...rate, kbps: rate.kbps * factor, pass: 0 }
  }
  return [first, last(corrects ? corrected : () => ({ ...rate, pass: 2 }))]
}
