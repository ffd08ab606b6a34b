/** ffmpeg's options for pictures that do not move. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { jpegScale } from './quality.ts'

/** @param quality 1 to 100, `auto` resolved */
export function stillEncoder(format: RenditionOf<'image'>['format'], quality: number): string[] {
  switch (format) {
    case 'png':
      return ['-c:v', 'png', '-pix_fmt', 'rgb24']
    case 'webp':
      return ['-c:v', 'libwebp', '-quality', String(quality)]
    case 'jpg':
      return ['-c:v', 'mjpeg', '-q:v', String(jpegScale(quality)), '-pix_fmt', 'yuvj420p']
  }
}
