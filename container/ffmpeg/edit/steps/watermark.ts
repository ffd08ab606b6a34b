/**
 * Edit step: overlays a watermark on the video. The image is untrusted, so a separate ffmpeg
 * process first converts it to a PNG with the final size and opacity. The filter graph reads only
 * that PNG.
 */
import { join } from 'node:path'
import { findFileType, listWatermarkExtensions } from '../../../../src/contract/fileTypes.ts'
import { JobFailure } from '../../../failures.ts'
import { COMMON_OPTIONS, forceDemuxer, LOCAL_FILE_INPUT } from '../../process/limits.ts'
import { ffmpegOptions } from '../../process/options.ts'
import type { FfmpegStep, PlanContext } from '../../renderPlan.ts'
import type { EditedOutput, LabelledChains } from '../editedOutput.ts'
import { listUsedFiles } from '../joinedFiles.ts'
import type { Size } from '../../geometry.ts'
import { hasAudioMarker } from './audioStart.ts'
import { overlayFormat } from './pad.ts'
import { turnImage } from './turnUpright.ts'

/** Distance from the edges of the frame, as a fraction of its width. */
const MARGIN = 0.02
const FILE = 'watermark.png'

export interface PreparedWatermark {
  /** Writes the PNG. */
  step: FfmpegStep
  /** Options that open the PNG as an input. They follow the inputs of all files. */
  input: string[]
}

/**
 * Prepares the watermark; null when there is none, or the output has no video.
 *
 * @throws JobFailure `unsupported` when the extension of the file is not .png, .jpg, .jpeg or .webp
 */
export function prepareWatermark(
  output: EditedOutput,
  context: PlanContext,
): PreparedWatermark | null {
  const { edits, size } = output
  if (edits.watermark === null || size === null) {
    return null
  }
  const type = findFileType(edits.watermark)
  if (type?.role !== 'image' || type.demuxer === null) {
    throw new JobFailure(
      'unsupported',
      `The watermark is named ${edits.watermark}; the name must end in one of: .${listWatermarkExtensions().join(', .')}.`,
    )
  }
  const { url = '', orientation = 1 } = context.references.get(edits.watermark) ?? {}
  const file = join(context.folder, FILE)
  const command = [
    ...COMMON_OPTIONS,
    ...forceDemuxer(type.demuxer),
    ...ffmpegOptions({
      i: url,
      map: '0:v:0',
      'frames:v': 1,
      vf: [...turnImage(orientation), scaleWatermark(output, size)].join(','),
      'c:v': 'png',
      f: 'image2',
      update: 1,
    }),
    file,
  ]
  return {
    step: {
      stage: 'analyse',
      cost: 0.01,
      seconds: null,
      inputName: 'watermark',
      convertsImage: true,
      ffmpeg: () => command,
    },
    input: [...LOCAL_FILE_INPUT, ...ffmpegOptions({ f: 'png_pipe', i: file })],
  }
}

function scaleWatermark({ edits }: EditedOutput, frame: Size): string {
  const width = Math.max(1, Math.round((frame.width * edits.watermarkSize) / 100))
  const height = Math.max(1, frame.height - 2 * computeMargin(frame))
  return [
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bicubic`,
    `format=rgba,colorchannelmixer=aa=${edits.watermarkOpacity / 100}`,
  ].join(',')
}

/** Overlays the prepared image on every frame. */
export function addWatermark(output: EditedOutput, from: string): LabelledChains | null {
  const { edits, size, frame } = output
  if (edits.watermark === null || size === null || frame === null) {
    return null
  }
  const margin = computeMargin(size)
  const place = (start: string, end: string, outer: string, inner: string) => {
    if (edits.watermarkGravity.includes(start)) {
      return `${margin}`
    }
    const space = `${outer}-${inner}`
    return edits.watermarkGravity.includes(end) ? `${space}-${margin}` : `(${space})/2`
  }
  const x = place('west', 'east', 'main_w', 'overlay_w')
  const y = place('north', 'south', 'main_h', 'overlay_h')
  const convert =
    frame.pixels === 'yuv420p'
      ? 'scale=out_color_matrix=bt709:out_range=limited,format=yuva420p'
      : 'format=rgba'
  const to = '[marked]'
  const input = listUsedFiles(output).length + (hasAudioMarker(output) ? 1 : 0)
  return {
    chains: [
      `[${input}:v:0]${convert}[watermark]`,
      `${from}[watermark]overlay=${x}:${y}:format=${overlayFormat(frame.pixels)}${to}`,
    ],
    to,
  }
}

function computeMargin({ width }: Size): number {
  return Math.round(width * MARGIN)
}
