/**
 * From the size of a source and what was asked to the sizes of scaling, cutting and padding, as
 * plain numbers. Owns every rule about size; knows nothing of ffmpeg.
 */
import type { RenditionOf } from '../../../src/contract/rendition.ts'

export interface Size {
  width: number
  height: number
}
type Area = Size & { x: number; y: number }

/** In the order in which they are done; null where there is nothing to do. */
export interface Geometry {
  /** The whole picture is resized to this first (the source's own size when nothing is resized). */
  scaled: Size
  crop: Area | null
  /** `x` and `y` say where the picture lies in the padded one. */
  pad: Area | null
  /** What comes out in the end. */
  output: Size
}

type Frame = RenditionOf<'image'>
export type GeometryRequest = Pick<Frame, 'width' | 'height' | 'resizeMode' | 'gravity'> & {
  /** The centre of what to keep when cutting, as shares of the sides; both null for `gravity`. */
  focusX?: number | null
  focusY?: number | null
  /** The sides are multiples of this: 2 for 4:2:0 video, 1 for pictures. */
  unit: 1 | 2
  /** When neither side is asked for, the short side is at most this; null for no limit. */
  shortSide: number | null
}

/**
 * - One side asked for, whatever the fit: aspect kept.
 * - `fill` covers the box and cuts what overlaps; a box larger than the source shrinks, with its
 *   aspect, until it lies within. `crop` cuts without resizing. `fit` goes inside the box. `pad`
 *   is `fit` and then bars up to exactly the box, picture in the middle. `scale` distorts to
 *   exactly the box.
 * - Only `scale` makes a picture larger.
 * - Odd sides asked for become the even number below; an odd source loses its last column or row
 *   rather than being resampled.
 *
 * @param source the picture as seen: upright, square pixels
 */
export function geometry(source: Size, request: GeometryRequest): Geometry {
  const { unit, resizeMode } = request
  const keep = { ...request, focusX: request.focusX ?? null, focusY: request.focusY ?? null }
  const width = request.width === null ? null : down(request.width, unit)
  const height = request.height === null ? null : down(request.height, unit)

  if (width === null && height === null) {
    const shorter = Math.min(source.width, source.height)
    const factor = request.shortSide === null ? 1 : Math.min(1, request.shortSide / shorter)
    return resized(source, factor, source, unit)
  }
  if (width === null || height === null) {
    const factor = width === null ? Number(height) / source.height : width / source.width
    if (resizeMode === 'scale') {
      return resized(source, factor, { width: Infinity, height: Infinity }, unit)
    }
    return resized(source, Math.min(1, factor), source, unit)
  }

  const box = { width, height }
  switch (resizeMode) {
    case 'scale':
      return { scaled: box, crop: null, pad: null, output: box }
    case 'crop':
      return cut(source, within(box, source, unit), keep, unit)
    case 'fill': {
      const factor = Math.max(width / source.width, height / source.height)
      if (factor >= 1) {
        const smaller = { width: width / factor, height: height / factor }
        return cut(source, within(smaller, source, unit), keep, unit)
      }
      const scaled = {
        width: Math.max(width, near(source.width * factor, unit)),
        height: Math.max(height, near(source.height * factor, unit)),
      }
      return cut(scaled, box, keep, unit)
    }
    case 'fit':
    case 'pad': {
      const factor = Math.min(1, width / source.width, height / source.height)
      const most = {
        width: Math.min(width, source.width),
        height: Math.min(height, source.height),
      }
      const inner = resized(source, factor, most, unit)
      if (resizeMode === 'fit' || same(inner.output, box)) {
        return inner
      }
      const x = down((width - inner.output.width) / 2, unit)
      const y = down((height - inner.output.height) / 2, unit)
      return { ...inner, pad: { ...box, x, y }, output: box }
    }
  }
}

export function same(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height
}

/** Resized by `factor`, no side above `most`. Left as it is, but for an odd edge, at factor 1. */
function resized(source: Size, factor: number, most: Size, unit: number): Geometry {
  const output = within(
    { width: near(source.width * factor, unit), height: near(source.height * factor, unit) },
    most,
    unit,
  )
  return factor === 1
    ? cut(source, output, CORNER, unit)
    : { scaled: output, crop: null, pad: null, output }
}

/** What a cut leaves: the neighbourhood of a point, or of a side or corner. */
type Keep = Required<Pick<GeometryRequest, 'gravity' | 'focusX' | 'focusY'>>
const CORNER: Keep = { gravity: 'north_west', focusX: null, focusY: null }

function cut(scaled: Size, box: Size, keep: Keep, unit: number): Geometry {
  // A side of one pixel cannot be cut to two; it has to be stretched.
  const whole = { width: Math.max(scaled.width, unit), height: Math.max(scaled.height, unit) }
  if (same(whole, box)) {
    return { scaled: whole, crop: null, pad: null, output: box }
  }
  const x = place([whole.width, box.width], keep.focusX, keep.gravity, ['west', 'east'], unit)
  const y = place([whole.height, box.height], keep.focusY, keep.gravity, ['north', 'south'], unit)
  return { scaled: whole, crop: { ...box, x, y }, pad: null, output: box }
}

/** Where a piece of a side begins, so that the focus is as near its middle as the edges allow. */
function place(
  [whole, piece]: [number, number],
  focus: number | null,
  gravity: Keep['gravity'],
  [low, high]: [string, string],
  unit: number,
): number {
  const spare = whole - piece
  if (focus !== null) {
    return down(Math.min(spare, Math.max(0, whole * focus - piece / 2)), unit)
  }
  if (gravity.includes(low)) {
    return 0
  }
  return down(gravity.includes(high) ? spare : spare / 2, unit)
}

function within(size: Size, most: Size, unit: number): Size {
  const side = (wanted: number, limit: number) =>
    Math.max(unit, Math.min(near(wanted, unit), down(limit, unit)))
  return { width: side(size.width, most.width), height: side(size.height, most.height) }
}

function near(value: number, unit: number): number {
  return Math.max(unit, Math.round(value / unit) * unit)
}

function down(value: number, unit: number): number {
  return Math.floor(value / unit) * unit
}
