/** From quality 1 to 100 to each encoder's own scale. Owns the formulas and nothing else. */
import type { Kind, RenditionOf } from '../../src/contract/rendition.ts'

type Quality = RenditionOf<'image'>['quality']

/**
 * What `auto` stands for. A small picture is watched enlarged and shows its flaws, a large one is
 * watched reduced and hides them, so quality falls as the short side grows: up to 480 pixels 70, up
 * to 720 65, up to 1080 60, above 55. A single picture, of which there is one and not thousands, 80.
 *
 * @param shortSide of the output, in pixels
 */
export function resolveQuality(quality: Quality, kind: Kind, shortSide: number): number {
  if (quality !== 'auto') return quality
  if (kind === 'image') return 80
  if (shortSide <= 480) return 70
  if (shortSide <= 720) return 65
  return shortSide <= 1080 ? 60 : 55
}

/** x264's CRF: round(51 − q/100 × 33), the API's own promise. 60 is CRF 31, 100 is CRF 18. */
export function x264Crf(quality: number): number {
  return Math.round(51 - (quality / 100) * 33)
}

/**
 * libvpx-vp9's CRF, on its scale of 0 to 63: round(63 − q/100 × 48). 60 is CRF 34 and 100 is CRF 15;
 * Google's VP9 guide has 31 to 36 for video on demand, from 1080p down to 360p
 * (developers.google.com/media/vp9/settings/vod).
 */
export function vp9Crf(quality: number): number {
  return Math.round(63 - (quality / 100) * 48)
}

/** mjpeg's -q:v, from 31 (worst) to 2 (best): round(31 − (q − 1)/99 × 29). 60 is 14, 80 is 8. */
export function jpegScale(quality: number): number {
  return Math.round(31 - ((quality - 1) / 99) * 29)
}

/**
 * Bits a pixel of a frame above which encoding H.264 anew at `quality` is worth it:
 * 0.1 × 2^((23 − CRF)/6). 0.1 is what x264 spends at its default CRF 23 on ordinary material
 * (720p at 30 frames a second: 2.8 Mbit/s), and 6 more of CRF halve it (trac.ffmpeg.org/wiki/Encode/H.264).
 * At quality 60 it is 0.04: 1.1 Mbit/s for that 720p.
 */
export function frugalBitsPerPixel(quality: number): number {
  return 0.1 * 2 ** ((23 - x264Crf(quality)) / 6)
}
