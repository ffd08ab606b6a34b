/**
 * The rungs of a stream: their sizes, and the most that each takes. Owns the numbers; encodes
 * nothing.
 */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { computeGeometry, type Size } from '../edit/geometry.ts'

type Codec = RenditionOf<'stream'>['videoCodec']

/** Short sides that players and people know; 144 is for sources that have no more. */
const USUAL = [240, 360, 480, 720, 1080, 1440, 2160]
const SMALLEST = 144
/** A source this much above the highest usual rung gets a rung of its own size. */
const WORTH_A_RUNG = 1.2

/**
 * @param source the picture as it is after all edits
 * @param wanted short sides; none: by the source
 * @returns from small to large, at least one, none above the source and none twice; and a note for
 *   what was asked for and left out
 */
export function buildLadder(source: Size, wanted: readonly number[]) {
  const most = Math.min(source.width, source.height)
  const above = wanted.filter((side) => side > most)
  const within = wanted.filter((side) => side <= most)
  const sides = wanted.length === 0 ? usual(most) : within.length === 0 ? [most] : within
  // Sides become even, so two that were apart may not be any more.
  const rungs = [...new Map(sides.map((side) => [even(side), sizeOf(source, side)])).values()]
  const notes =
    above.length === 0
      ? []
      : [
          `${above.join(', ')} in the ladder would enlarge the source, whose short side is ${most}, and ${above.length === 1 ? 'is' : 'are'} left out.`,
        ]
  return { rungs, notes }
}

function even(side: number) {
  return Math.round(side / 2) * 2
}

function usual(most: number): number[] {
  const fit = USUAL.filter((side) => side <= most)
  const sides = fit.length > 0 ? fit : [SMALLEST].filter((side) => side <= most)
  return most >= (sides.at(-1) ?? 0) * WORTH_A_RUNG ? [...sides, most] : sides
}

function sizeOf(source: Size, shortSide: number): Size {
  const open = { width: null, height: null, resizeMode: 'fill', gravity: 'center' } as const
  return computeGeometry(source, { ...open, unit: 2, shortSide }).output
}

/** Of 1080p at 30 frames a second in H.264 at quality 60: what Apple and others cap it at. */
const FULL_HD_BITS = 5_200_000
const FULL_HD_PIXELS = 1920 * 1080
/** A larger picture needs fewer bits a pixel: by this, 720p takes half and 2160p three times as much. */
const GROWTH = 0.8
/** What the newer codecs need for the same look. */
const OF_H264: Record<Codec, number> = { h264: 1, h265: 0.7, vp9: 0.7, av1: 0.6 }

/** The most bits a second that a rung may take: 40 more of quality double it. */
export function computeMaxBitRate(
  { width, height }: Size,
  { codec, quality, frameRate }: { codec: Codec; quality: number; frameRate: number },
): number {
  const pixels = ((width * height) / FULL_HD_PIXELS) ** GROWTH
  const rate = Math.sqrt(Math.max(24, frameRate) / 30)
  const bits = FULL_HD_BITS * pixels * rate * OF_H264[codec] * 2 ** ((quality - 60) / 40)
  return Math.max(50_000, Math.round(bits / 1_000) * 1_000)
}
