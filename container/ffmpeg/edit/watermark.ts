/**
 * The watermark: a stranger's image, which is first made into a PNG of its final size and opacity,
 * so that the filter graph reads nothing but what the runner wrote. Owns where it lies.
 */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import type { Size } from './geometry.ts'
import { COMMON_OPTIONS, LOCAL_FILE_INPUT, forceDemuxer } from '../process/limits.ts'
import type { PlanContext, FfmpegStep } from '../renderPlan.ts'
import { overlayFormat } from './frameLayout.ts'
import type { Pixels } from './colour.ts'

type Overlay = Pick<
  RenditionOf<'video'>,
  'watermark' | 'watermarkGravity' | 'watermarkSize' | 'watermarkOpacity'
>

/** The distance from the edges, as a share of the picture's width. */
const MARGIN = 0.02
/** An extension says what an image is opened as, whatever is in it. */
const DEMUXERS: Record<string, string> = {
  png: 'png_pipe',
  jpg: 'jpeg_pipe',
  jpeg: 'jpeg_pipe',
  webp: 'webp_pipe',
}
const FILE = 'watermark.png'

/** @param picture what it is laid on */
export function prepareWatermark(
  path: string,
  { watermarkSize, watermarkOpacity }: Overlay,
  picture: Size,
  { references, folder }: PlanContext,
): FfmpegStep {
  const demuxer = DEMUXERS[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '']
  if (demuxer === undefined) {
    throw new JobFailure(
      'unsupported',
      `The watermark is named ${path}; it must be an image that is named .png, .jpg or .webp.`,
    )
  }
  const margin = marginOf(picture)
  const width = Math.max(1, Math.round((picture.width * watermarkSize) / 100))
  const height = Math.max(1, picture.height - 2 * margin)
  const filters = [
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bicubic`,
    `format=rgba,colorchannelmixer=aa=${watermarkOpacity / 100}`,
  ]
  return {
    stage: 'analyse',
    cost: 0.01,
    seconds: null,
    inputName: 'watermark',
    ffmpeg: () => [
      ...COMMON_OPTIONS,
      ...forceDemuxer(demuxer),
      '-i',
      references.get(path)?.url ?? '',
      '-map',
      '0:v:0',
      '-frames:v',
      '1',
      '-vf',
      filters.join(','),
      '-c:v',
      'png',
      '-f',
      'image2',
      '-update',
      '1',
      join(folder, FILE),
    ],
  }
}

export function watermarkInput(folder: string): string[] {
  return [...LOCAL_FILE_INPUT, '-f', 'png_pipe', '-i', join(folder, FILE)]
}

/** @returns chains that lay the input's image on `from`, from its first frame to its last */
export function lay(options: {
  from: string
  to: string
  input: number
  picture: Size
  watermark: Overlay
  pixels: Pixels
}): string[] {
  const { from, to, input, watermark, picture, pixels } = options
  const margin = marginOf(picture)
  const place = (low: string, high: string, whole: string, piece: string) =>
    watermark.watermarkGravity.includes(low)
      ? `${margin}`
      : watermark.watermarkGravity.includes(high)
        ? `${whole}-${piece}-${margin}`
        : `(${whole}-${piece})/2`
  const x = place('west', 'east', 'main_w', 'overlay_w')
  const y = place('north', 'south', 'main_h', 'overlay_h')
  const colours =
    pixels === 'yuv420p'
      ? 'scale=out_color_matrix=bt709:out_range=limited,format=yuva420p'
      : 'format=rgba'
  return [
    `[${input}:v:0]${colours}[watermark]`,
    `${from}[watermark]overlay=${x}:${y}:format=${overlayFormat(pixels)}${to}`,
  ]
}

function marginOf({ width }: Size): number {
  return Math.round(width * MARGIN)
}
