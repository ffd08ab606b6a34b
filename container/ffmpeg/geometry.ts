/** Computes the sizes of scaling, cropping and padding, from the source's size and the request. */
import type { RenditionOf } from '../../src/contract/rendition.ts'

export interface Size {
  width: number
  height: number
}
type Area = Size & { x: number; y: number }

/** Geometry of a frame, which is scaled, then cropped, then padded. */
export interface Geometry {
  /** Size after scaling; equal to that of the source when it is not scaled. */
  scaled: Size
  /** Part of the scaled frame that is kept; null when all of it is kept. */
  crop: Area | null
  /**
   * The padded frame; `x` and `y` are the position of the inner frame in it. Null without padding.
   */
  pad: Area | null
  /** Size of the output frame. */
  output: Size
}

type Image = RenditionOf<'image'>
export type GeometryRequest = Pick<Image, 'width' | 'height' | 'resizeMode' | 'gravity'> & {
  /**
   * The point to keep when cropping, as shares of the sides; null to use `gravity` for that side.
   */
  focusX?: number | null
  focusY?: number | null
  /** The sides are multiples of this number. 4:2:0 video needs 2. */
  unit: 1 | 2
  /** Maximum of the short side when neither side is requested; null for no maximum. */
  shortSide: number | null
}

/**
 * Computes the geometry of a frame:
 *
 * - With one side requested, every resize mode keeps the aspect ratio.
 * - With both sides requested, they are a box. `fill` covers the box and crops the rest; a box
 *   larger than the source is first reduced, with its aspect ratio, until it lies within the
 *   source. `crop` crops without scaling. `fit` lies inside the box. `pad` is `fit` with bars up to
 *   exactly the box. `scale` distorts to exactly the box.
 * - Only `scale` enlarges the content of the frame. One exception: if `unit` is 2, a side of one
 *   pixel becomes two.
 * - If `unit` is 2, requested odd sides become the even number below, and an odd source that is not
 *   scaled loses its last column or row instead of being resampled.
 *
 * @param source the size as displayed: upright, with square pixels
 */
export function computeGeometry(source: Size, request: GeometryRequest): Geometry {
  const { unit } = request
  const width = request.width === null ? null : floorTo(request.width, unit)
  const height = request.height === null ? null : floorTo(request.height, unit)
  if (width !== null && height !== null) {
    return fitBox(source, { width, height }, request)
  }
  if (width === null && height === null) {
    const shorter = Math.min(source.width, source.height)
    const factor = request.shortSide === null ? 1 : Math.min(1, request.shortSide / shorter)
    return scaleBy(source, factor, source, unit)
  }
  const factor = width === null ? Number(height) / source.height : width / source.width
  return request.resizeMode === 'scale'
    ? scaleBy(source, factor, { width: Infinity, height: Infinity }, unit)
    : scaleBy(source, Math.min(1, factor), source, unit)
}

export function isSameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height
}

function fitBox(source: Size, box: Size, request: GeometryRequest): Geometry {
  const { unit, resizeMode } = request
  switch (resizeMode) {
    case 'scale':
      return { scaled: box, crop: null, pad: null, output: box }
    case 'crop':
      return cropTo(source, limitSize(box, source, unit), request, unit)
    case 'fill':
      return fillBox(source, box, request)
    case 'fit':
      return fitInside(source, box, unit)
    case 'pad':
      return padTo(box, fitInside(source, box, unit), unit)
  }
}

function fillBox(source: Size, box: Size, request: GeometryRequest): Geometry {
  const { unit } = request
  const factor = Math.max(box.width / source.width, box.height / source.height)
  if (factor >= 1) {
    const smaller = { width: box.width / factor, height: box.height / factor }
    return cropTo(source, limitSize(smaller, source, unit), request, unit)
  }
  const scaled = {
    width: Math.max(box.width, roundTo(source.width * factor, unit)),
    height: Math.max(box.height, roundTo(source.height * factor, unit)),
  }
  return cropTo(scaled, box, request, unit)
}

function fitInside(source: Size, box: Size, unit: number): Geometry {
  const factor = Math.min(1, box.width / source.width, box.height / source.height)
  const max = {
    width: Math.min(box.width, source.width),
    height: Math.min(box.height, source.height),
  }
  return scaleBy(source, factor, max, unit)
}

function padTo(box: Size, inner: Geometry, unit: number): Geometry {
  if (isSameSize(inner.output, box)) {
    return inner
  }
  const x = floorTo((box.width - inner.output.width) / 2, unit)
  const y = floorTo((box.height - inner.output.height) / 2, unit)
  return { ...inner, pad: { ...box, x, y }, output: box }
}

/** Scales by `factor`, with no side above `max`. At factor 1 only an odd edge is cropped. */
function scaleBy(source: Size, factor: number, max: Size, unit: number): Geometry {
  const scaled = {
    width: roundTo(source.width * factor, unit),
    height: roundTo(source.height * factor, unit),
  }
  const output = limitSize(scaled, max, unit)
  return factor === 1
    ? cropTo(source, output, TOP_LEFT, unit)
    : { scaled: output, crop: null, pad: null, output }
}

/**
 * The part of the frame that a crop keeps: around a point, in the middle, or at a side or corner.
 */
type Focus = Pick<GeometryRequest, 'gravity' | 'focusX' | 'focusY'>
const TOP_LEFT: Focus = { gravity: 'north_west' }

function cropTo(scaled: Size, box: Size, focus: Focus, unit: number): Geometry {
  // If `unit` is 2, a side of one pixel is stretched to two.
  const enlarged = { width: Math.max(scaled.width, unit), height: Math.max(scaled.height, unit) }
  if (isSameSize(enlarged, box)) {
    return { scaled: enlarged, crop: null, pad: null, output: box }
  }
  const { gravity, focusX = null, focusY = null } = focus
  const x = placePart([enlarged.width, box.width], focusX, gravity, ['west', 'east'], unit)
  const y = placePart([enlarged.height, box.height], focusY, gravity, ['north', 'south'], unit)
  return { scaled: enlarged, crop: { ...box, x, y }, pad: null, output: box }
}

/**
 * Returns the offset of the part that a crop keeps, along one side of the frame. If `focus` is set,
 * the part is centred on it as far as the frame allows.
 */
function placePart(
  [side, part]: [number, number],
  focus: number | null,
  gravity: Focus['gravity'],
  [start, end]: [string, string],
  unit: number,
): number {
  const rest = side - part
  if (focus !== null) {
    return floorTo(Math.min(rest, Math.max(0, side * focus - part / 2)), unit)
  }
  if (gravity.includes(start)) {
    return 0
  }
  return floorTo(gravity.includes(end) ? rest : rest / 2, unit)
}

function limitSize(size: Size, max: Size, unit: number): Size {
  const limitSide = (side: number, limit: number) =>
    Math.max(unit, Math.min(roundTo(side, unit), floorTo(limit, unit)))
  return {
    width: limitSide(size.width, max.width),
    height: limitSide(size.height, max.height),
  }
}

function roundTo(value: number, unit: number): number {
  return Math.max(unit, Math.round(value / unit) * unit)
}

function floorTo(value: number, unit: number): number {
  return Math.floor(value / unit) * unit
}
