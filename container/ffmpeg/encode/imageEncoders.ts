/** Encoder options for each image format. */
import { IMAGE_ENCODERS } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { ffmpegOptions } from '../process/options.ts'
import { jpegScale } from './quality.ts'

type ImageFormat = RenditionOf<'image'>['format']

const QUALITY_OPTIONS: Record<ImageFormat, (quality: number) => Record<string, string | number>> = {
  png: () => ({ pix_fmt: 'rgb24' }),
  webp: (quality) => ({ quality }),
  jpg: (quality) => ({ 'q:v': jpegScale(quality), pix_fmt: 'yuvj420p' }),
}

/**
 * @param quality 1 to 100; the caller has resolved `auto`
 * @param isTransparent true to keep the transparency of the frames, for formats that have it
 */
export function buildImageEncoder(
  format: ImageFormat,
  quality: number,
  isTransparent = false,
): string[] {
  return ffmpegOptions({
    'c:v': IMAGE_ENCODERS[format],
    ...QUALITY_OPTIONS[format](quality),
    ...(isTransparent && format === 'png' && { pix_fmt: 'rgba' }),
  })
}

/** Returns the options of an output that is one image. */
export function buildImageOutput(file: string): string[] {
  return [...ffmpegOptions({ f: 'image2', update: 1 }), file]
}
