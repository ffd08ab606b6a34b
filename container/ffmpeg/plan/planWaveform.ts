/** The waveform of the sound, as a picture: the louder, the higher, around the middle. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { STRIPPED } from '../encode/containers.ts'
import { cutOf } from '../edit/trim.ts'
import { opening } from '../edit/inputs.ts'
import { trackOf } from '../edit/audio.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { stillEncoder } from '../encode/imageEncoders.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

const WIDTH = 1280
const HEIGHT = 240
/** A drawing of flat colour and hard edges shows every flaw, and is small all the same. */
const QUALITY = 90

/** Enough for what makes up the loudness of speech and music. */
const SAMPLE_RATE = 8_000
/** showwavespic keeps all samples until the end, two bytes each. */
const MAX_SAMPLES = 50e6

export function planWave(rendition: RenditionOf<'wave'>, context: PlanContext): RenderPlan {
  const { source, folder } = context
  const audio = trackOf(source.probe, rendition.audioTrack)
  if (audio === null) {
    throw new JobFailure(
      'unsupported',
      'The file has no sound, so there is no waveform to draw. Ask for a frame (t_true) or a preview (t_preview) instead.',
    )
  }
  const cut = cutOf(rendition, source.probe)
  const size = { width: rendition.width ?? WIDTH, height: rendition.height ?? HEIGHT }
  const box = `${size.width}x${size.height}`
  const output = join(folder, `output.${rendition.format}`)
  const filters = [
    `[0:a:${rendition.audioTrack - 1}]${thinned(cut.seconds).join(',')},asplit[sound][clock]`,
    `[sound]showwavespic=s=${box}:colors=0x${rendition.waveformColor}:scale=sqrt[wave]`,
    `color=c=0x${rendition.background}:s=${box}:r=1[back]`,
    `[back][wave]overlay=format=rgb:shortest=1,format=rgb24[picture]`,
  ].join(';')
  const list = [
    ...COMMON_OPTIONS,
    ...opening(source, cut),
    '-filter_complex',
    filters,
    // The picture comes at the end; by this output ffmpeg says how far it has come.
    '-map',
    '[clock]',
    '-f',
    'null',
    '-',
    '-map',
    '[picture]',
    ...STRIPPED,
    '-frames:v',
    '1',
    ...stillEncoder(rendition.format, QUALITY),
    '-f',
    'image2',
    '-update',
    '1',
    output,
  ]
  const reason = 'a picture of the sound is asked for'
  return {
    mode: 'frame',
    reason,
    audio: { action: 'encode', reason },
    video: source.probe.video && { action: 'drop', reason },
    notes: [],
    steps: [{ stage: 'encode', cost: 0.05, seconds: cut.seconds, ffmpeg: () => list }],
    fallback: null,
    output,
    isPackage: false,
    expect: { size, hasAudio: false, seconds: null, hasRequestedEnd: false, isImage: true },
  }
}

/** Of long sound the loudness is taken first, since at so low a rate nothing else would be left. */
function thinned(seconds: number | null): string[] {
  const mono = ['aformat=channel_layouts=mono', `aresample=${SAMPLE_RATE}`]
  const rate = Math.max(100, Math.floor(MAX_SAMPLES / (seconds ?? 86_400)))
  return rate >= SAMPLE_RATE ? mono : [...mono, 'aeval=abs(val(0)):c=same', `aresample=${rate}`]
}
