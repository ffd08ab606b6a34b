/** Ladder of a stream: the frame sizes of its rungs, and the maximum bit rate of each. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { computeGeometry, type Size } from '../geometry.ts'

type Codec = RenditionOf<'stream'>['videoCodec']

/** Short sides of the default ladder. */
const DEFAULT_SIDES = [240, 360, 480, 720, 1080, 1440, 2160]
/** Short side for a source below the default ladder. An even smaller source keeps its size. */
const SMALLEST_SIDE = 144
/**
 * A source whose short side is at least this factor times its highest default rung also gets a rung
 * of its own size.
 */
const MIN_EXTRA_RUNG_FACTOR = 1.2

/**
 * @param source frame size after all edits
 * @param sides requested short sides, smallest first; empty for the default ladder
 * @returns the sizes of the rungs: at least one, none larger than the source, and no size twice;
 *   and notes about requested rungs that are left out
 */
export function buildLadder(source: Size, sides: readonly number[]) {
  const maxSide = Math.min(source.width, source.height)
  const tooLarge = sides.filter((side) => side > maxSide)
  // Sides are rounded to even numbers, so two different sides can become one.
  const rungs = new Map(
    selectSides(sides, maxSide).map((side) => [
      Math.round(side / 2) * 2,
      scaleToSide(source, side),
    ]),
  )
  const notes =
    tooLarge.length === 0
      ? []
      : [
          `The ladder leaves out ${tooLarge.join(', ')}: the short side of the source is ${maxSide}, and it is not enlarged.`,
        ]
  return { rungs: [...rungs.values()], notes }
}

function selectSides(sides: readonly number[], maxSide: number): readonly number[] {
  if (sides.length === 0) {
    return defaultSides(maxSide)
  }
  const possible = sides.filter((side) => side <= maxSide)
  return possible.length === 0 ? [maxSide] : possible
}

function defaultSides(maxSide: number): number[] {
  const possible = DEFAULT_SIDES.filter((side) => side <= maxSide)
  const sides = possible.length > 0 ? possible : [SMALLEST_SIDE].filter((side) => side <= maxSide)
  return maxSide >= (sides.at(-1) ?? 0) * MIN_EXTRA_RUNG_FACTOR ? [...sides, maxSide] : sides
}

function scaleToSide(source: Size, shortSide: number): Size {
  return computeGeometry(source, {
    width: null,
    height: null,
    resizeMode: 'fill',
    gravity: 'center',
    unit: 2,
    shortSide,
  }).output
}

/** Maximum bit rate of 1080p in H.264 at 30 frames per second and quality 60. */
const FULL_HD_BIT_RATE = 5_200_000
const FULL_HD_PIXELS = 1920 * 1080
/**
 * The maximum bit rate grows with the number of pixels to the power of this. Larger frames need
 * fewer bits per pixel: 720p gets about half of the bit rate of 1080p, and 2160p about three times
 * as much.
 */
const PIXEL_EXPONENT = 0.8
/** Share of H.264's bit rate that a codec is assumed to need for the same quality. */
const CODEC_FACTOR: Record<Codec, number> = { h264: 1, h265: 0.7, vp9: 0.7, av1: 0.6 }
/** The bit rate doubles when the quality rises by this much. */
const QUALITY_PER_DOUBLING = 40
const MIN_BIT_RATE = 50_000

/** Returns the maximum bit rate of a rung in bits per second. */
export function computeMaxBitRate(
  { width, height }: Size,
  { codec, quality, frameRate }: { codec: Codec; quality: number; frameRate: number },
): number {
  const sizeFactor = ((width * height) / FULL_HD_PIXELS) ** PIXEL_EXPONENT
  const frameRateFactor = Math.sqrt(Math.max(24, frameRate) / 30)
  const qualityFactor = 2 ** ((quality - 60) / QUALITY_PER_DOUBLING)
  const bitRate =
    FULL_HD_BIT_RATE * sizeFactor * frameRateFactor * CODEC_FACTOR[codec] * qualityFactor
  return Math.max(MIN_BIT_RATE, Math.round(bitRate / 1_000) * 1_000)
}
