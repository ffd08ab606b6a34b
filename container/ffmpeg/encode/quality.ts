/** Converts quality 1 to 100 to each encoder's own scale. */
import type { Kind, RenditionOf } from '../../../src/contract/rendition.ts'

type Quality = RenditionOf<'image'>['quality']

/**
 * Resolves `auto`. A small video is usually enlarged by the player, which makes artefacts visible;
 * a large one is reduced, which hides them. So the quality of a video falls with its short side: 70
 * up to 480 pixels, 65 up to 720, 60 up to 1080, 55 above. An image has 80, as it is a single
 * frame.
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

/**
 * Returns x264's CRF: round(51 − q/100 × 33), as the API documents. 60 is CRF 31, 100 is CRF 18.
 */
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
 * So x265's 28 equals x264's 26, which is nearer than the 23 that x265's manual states for its
 * slower presets. VP9's 31 to 36, which Google uses for video on demand
 * (developers.google.com/media/vp9/settings/vod), equal x264's 20 to 23, and SVT-AV1's default of
 * 35 equals x264's 22 or 23.
 */

/** Returns x265's CRF: that of x264 plus 2. 60 is CRF 33, 100 is CRF 20. */
export function x265Crf(quality: number): number {
  return Math.min(51, x264Crf(quality) + 2)
}

/**
 * Returns libvpx-vp9's CRF, on its scale of 0 to 63: round(88 − q/100 × 61), at most 63, which is
 * reached below quality 41. 60 is CRF 51, 100 is CRF 27.
 */
export function vp9Crf(quality: number): number {
  return Math.min(63, Math.round(88 - (quality / 100) * 61))
}

/** Returns SVT-AV1's CRF, whose scale is that of VP9. */
export function av1Crf(quality: number): number {
  return vp9Crf(quality)
}

/**
 * Returns mjpeg's -q:v, from 31 (worst) to 2 (best): round(31 − (q − 1)/99 × 29). 60 is 14, 80 is
 * 8.
 */
export function jpegScale(quality: number): number {
  return Math.round(31 - ((quality - 1) / 99) * 29)
}

/**
 * Returns the bits per pixel and frame above which a video is encoded again to reach `quality`, in
 * any codec: 0.1 × 2^((23 − CRF)/6). x264 uses 0.1 at its default CRF 23 on ordinary video (720p at
 * 30 frames a second: 2.8 Mbit/s), and half of that for every 6 of CRF
 * (trac.ffmpeg.org/wiki/Encode/H.264). At quality 60 it is 0.04: 1.1 Mbit/s for that 720p.
 */
export function minBitsPerPixelToEncode(quality: number): number {
  return 0.1 * 2 ** ((23 - x264Crf(quality)) / 6)
}
