/** Converts quality 1 to 100 to each encoder's own scale. */
import type { Kind, RenditionOf } from '../../../src/contract/rendition.ts'

type Quality = RenditionOf<'image'>['quality']

/**
 * Resolves `auto`. A small video is usually enlarged by the player, which makes artefacts visible;
 * a large one is reduced, which hides them. So a video with a longer short side gets a lower
 * quality: 70 up to 480 pixels, 65 up to 720, 60 up to 1080, 55 above. An image has 80.
 *
 * @param shortSide short side of the output, in pixels
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

/** Returns x264's CRF: round(51 − q/100 × 33). Quality 60 is CRF 31, quality 100 is CRF 18. */
export function x264Crf(quality: number): number {
  return Math.round(51 - (quality / 100) * 33)
}

/*
 * The other encoders use the CRF at which SSIM equals that of x264. It was measured at 360p with
 * the speeds of "balanced", on a zoom into a fractal and on moving graphics with grain:
 *
 * | q   | x264 | SSIM         | x265  | libvpx-vp9 | SVT-AV1 |
 * |-----|------|--------------|-------|------------|---------|
 * | 100 | 18   | 0.978, 0.982 | 19-20 | 26-28      | 27-28   |
 * | 85  | 23   | 0.957, 0.968 | 24-25 | 35-38      | 35-36   |
 * | 60  | 31   | 0.880, 0.925 | 33    | 50-53      | 50-53   |
 *
 * So x265's default of 28 equals x264's 26, and SVT-AV1's default of 35 equals x264's 22 or 23.
 */

/** Returns x265's CRF: that of x264 plus 2, at most 51. Quality 60 is CRF 33, 100 is CRF 20. */
export function x265Crf(quality: number): number {
  return Math.min(51, x264Crf(quality) + 2)
}

/**
 * Returns libvpx-vp9's CRF, on its scale of 0 to 63: round(88 − q/100 × 61), at most 63, which
 * quality 41 and all lower qualities have. Quality 60 is CRF 51, 100 is CRF 27.
 */
export function vp9Crf(quality: number): number {
  return Math.min(63, Math.round(88 - (quality / 100) * 61))
}

/** Returns SVT-AV1's CRF, for which the CRF of VP9 is used. */
export function av1Crf(quality: number): number {
  return vp9Crf(quality)
}

/**
 * Returns mjpeg's -q:v, from 31 (worst) to 2 (best): round(31 − (q − 1)/99 × 29). Quality 60 is 14,
 * quality 80 is 8.
 */
export function jpegScale(quality: number): number {
  return Math.round(31 - ((quality - 1) / 99) * 29)
}

/**
 * Returns the bits per pixel and frame above which a video is encoded again to reach `quality`, in
 * any codec: 0.1 × 2^((23 − CRF)/6), with the CRF of x264. The formula assumes that x264 uses about
 * 0.1 bits per pixel at its default CRF 23, and half as many when the CRF rises by 6. For 720p at
 * 30 frames per second the limit is 2.8 Mbit/s at CRF 23, and 1.1 Mbit/s at quality 60 (CRF 31).
 */
export function minBitsPerPixelToEncode(quality: number): number {
  return 0.1 * 2 ** ((23 - x264Crf(quality)) / 6)
}
