/** From quality 1 to 100 to each encoder's own scale. Owns the formulas and nothing else. */
import type { Kind, RenditionOf } from '../../../src/contract/rendition.ts'

type Quality = RenditionOf<'image'>['quality']

/**
 * What `auto` stands for. A small picture is watched enlarged and shows its flaws, a large one is
 * watched reduced and hides them, so quality falls as the short side grows: up to 480 pixels 70, up
 * to 720 65, up to 1080 60, above 55. A single picture, of which there is one and not thousands, 80.
 *
 * @param shortSide of the output, in pixels
 */
export function resolveQuality(quality: Quality, kind: Kind, shortSide: number): number {
  if (quality !== 'auto') {
    return quality
  }
  if (kind === 'image') {
    return 80
  }
  if (shortSide <= 480) {
    return 70
  }
  if (shortSide <= 720) {
    return 65
  }
  return shortSide <= 1080 ? 60 : 55
}

/** x264's CRF: round(51 − q/100 × 33), the API's own promise. 60 is CRF 31, 100 is CRF 18. */
export function x264Crf(quality: number): number {
  return Math.round(51 - (quality / 100) * 33)
}

/*
 * The others follow x264's CRF to where SSIM is the same, measured with the speeds of "balanced" on a
 * zoom into a fractal and on moving graphics with grain, at 360p:
 *
 * | q   | x264 | SSIM         | x265  | libvpx-vp9 | SVT-AV1 |
 * |-----|------|--------------|-------|------------|---------|
 * | 100 | 18   | 0.978, 0.982 | 19-20 | 26-28      | 27-28   |
 * | 85  | 23   | 0.957, 0.968 | 24-25 | 35-38      | 35-36   |
 * | 60  | 31   | 0.880, 0.925 | 33    | 50-53      | 50-53   |
 *
 * So x265's 28 is x264's 26, nearer than the 23 that x265's manual has for its slower presets; VP9's
 * 31 to 36, which Google takes for video on demand (developers.google.com/media/vp9/settings/vod),
 * are x264's 20 to 23; and SVT-AV1's default of 35 is x264's 22 or 23.
 */

/** x265's CRF: x264's and 2 more. 60 is CRF 33, 100 is CRF 20. */
export function x265Crf(quality: number): number {
  return Math.min(51, x264Crf(quality) + 2)
}

/**
 * libvpx-vp9's CRF, on its scale of 0 to 63: round(88 − q/100 × 61), at most 63, which is reached
 * below 41 and is as bad as it gets. 60 is CRF 51, 100 is CRF 27.
 */
export function vp9Crf(quality: number): number {
  return Math.min(63, Math.round(88 - (quality / 100) * 61))
}

/** SVT-AV1's CRF, by whose scale the same numbers look the same. */
export function av1Crf(quality: number): number {
  return vp9Crf(quality)
}

/** mjpeg's -q:v, from 31 (worst) to 2 (best): round(31 − (q − 1)/99 × 29). 60 is 14, 80 is 8. */
export function jpegScale(quality: number): number {
  return Math.round(31 - ((quality - 1) / 99) * 29)
}

/**
 * Bits a pixel of a frame above which encoding anew at `quality` is worth it, in any codec:
 * 0.1 × 2^((23 − CRF)/6). 0.1 is what x264 spends at its default CRF 23 on ordinary material
 * (720p at 30 frames a second: 2.8 Mbit/s), and 6 more of CRF halve it (trac.ffmpeg.org/wiki/Encode/H.264).
 * At quality 60 it is 0.04: 1.1 Mbit/s for that 720p.
 */
export function frugalBitsPerPixel(quality: number): number {
  return 0.1 * 2 ** ((23 - x264Crf(quality)) / 6)
}
