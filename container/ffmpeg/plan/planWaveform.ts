/**
 * Plans a waveform: an image of the audio's amplitude over time, symmetric around a horizontal line
 * in the middle.
 */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { describeMissingAudio, selectAudioTrack } from '../edit/audioTrack.ts'
import type { Size } from '../geometry.ts'
import { openInput } from '../edit/prepareInputs.ts'
import { boundAudioTimes, describeUnexamined, orderTimeFilters } from '../edit/steps/boundTimes.ts'
import { foldChannels } from '../edit/steps/foldChannels.ts'
import { type ResolvedTrim, resolveTrim } from '../edit/resolveTrim.ts'
import { selectFrameTimes, trimAudio } from '../edit/steps/trim.ts'
import { STRIP_METADATA } from '../encode/containers.ts'
import { buildImageEncoder, buildImageOutput } from '../encode/imageEncoders.ts'
import type { AudioStream } from '../probe/probe.ts'
import { COMMON_OPTIONS, MAX_SECONDS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { InputFile, PlanContext, RenderPlan } from '../renderPlan.ts'

type Wave = RenditionOf<'wave'>

const DEFAULT_WIDTH = 1280
const DEFAULT_HEIGHT = 240
/** High, because flat colours and hard edges show artefacts. The files are small anyway. */
const QUALITY = 90

/**
 * Sample rate of the drawn audio, unless the audio is long. It is enough for the amplitude of
 * speech and music.
 */
const SAMPLE_RATE = 8_000
const MIN_SAMPLE_RATE = 100
/** showwavespic keeps all samples in memory until the end, two bytes each. */
const MAX_SAMPLES = 50e6

export function planWaveform(rendition: Wave, context: PlanContext): RenderPlan {
  const { source, folder } = context
  const audio = selectAudioTrack(source.probe, rendition.audioTrack)
  if (audio === null) {
    throw new JobFailure(
      'unsupported',
      `${describeMissingAudio(source.probe, 'The file has no audio.')} So there is no waveform to draw. Use a frame (t_true) or a preview (t_preview) instead.`,
    )
  }
  const trim = resolveTrim(rendition, source.probe)
  const size = {
    width: rendition.width ?? DEFAULT_WIDTH,
    height: rendition.height ?? DEFAULT_HEIGHT,
  }
  const output = join(folder, `output.${rendition.format}`)
  const command = [
    ...COMMON_OPTIONS,
    ...openInput(source, trim, { isOnlyAudio: true }),
    ...ffmpegOptions({ filter_complex: buildFilters(rendition, audio, { size, source, trim }) }),
    // A second output, from which ffmpeg reports progress while it reads the audio. The image is
    // written only at the end.
    ...ffmpegOptions({ map: '[clock]', f: 'null' }),
    '-',

    ...ffmpegOptions({ map: '[image]' }),
    ...STRIP_METADATA,
    ...ffmpegOptions({ 'frames:v': 1 }),
    ...buildImageEncoder(rendition.format, QUALITY),
    ...buildImageOutput(output),
  ]
  const reason = 'an image of the audio is requested'
  return {
    mode: 'frame',
    reason,
    audio: { action: 'encode', reason },
    video: source.probe.video && { action: 'drop', reason },
    notes: [],
    steps: [{ stage: 'encode', cost: 0.05, seconds: trim.seconds, ffmpeg: () => command }],
    fallback: null,
    output,
    isPackage: false,
    expect: { size, hasAudio: false, seconds: null, hasRequestedEnd: false, isImage: true },
  }
}

function buildFilters(
  { waveformColor, background }: Wave,
  audio: AudioStream,
  { size, source, trim }: { size: Size; source: InputFile; trim: ResolvedTrim },
): string {
  const box = `${size.width}x${size.height}`
  const times = selectFrameTimes([{ file: source, trim }], { copiesTrack: false, range: null })
  const first = [
    ...orderTimeFilters(audio, {
      trim: trimAudio(source, trim, times),
      boundTimes: boundAudioTimes(audio, trim, describeUnexamined(source)),
    }),
    ...reduceSamples(audio, trim.seconds),
  ]
  return [
    `[0:${audio.index}]${first.join(',')},asplit[audio][clock]`,
    `[audio]showwavespic=s=${box}:colors=0x${waveformColor}:scale=sqrt[wave]`,
    `color=c=0x${background}:s=${box}:r=1[back]`,
    `[back][wave]overlay=format=rgb:shortest=1,format=rgb24[image]`,
  ].join(';')
}

/**
 * Lowers the sample rate so that all samples fit in memory. For long audio, absolute values are
 * taken first, because resampling to a low rate would otherwise average the waves to zero.
 */
function reduceSamples(audio: AudioStream, seconds: number | null): string[] {
  const mono = [
    ...foldChannels(audio),
    'aformat=channel_layouts=mono',
    // Audio that begins late is drawn after silence.
    `aresample=${SAMPLE_RATE}:async=1:first_pts=0`,
  ]
  const rate = Math.max(MIN_SAMPLE_RATE, Math.floor(MAX_SAMPLES / (seconds ?? MAX_SECONDS)))
  return rate >= SAMPLE_RATE ? mono : [...mono, 'aeval=abs(val(0)):c=same', `aresample=${rate}`]
}
