/** Lays out a storyboard: the interval, the sheets, and the position of each image. */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../geometry.ts'
import { formatClock } from '../edit/numbers.ts'

/** Maximum number of images when no interval is requested. */
const DEFAULT_IMAGES = 100
const MIN_INTERVAL_SECONDS = 0.5
/** Maximum side of a sheet in pixels: the limit of WebP. */
const MAX_SIDE = 16_383
const MAX_SHEETS = 100

export interface Storyboard {
  intervalSeconds: number
  images: number
  tile: Size
  columns: number
  /** Rows of every sheet. The last sheet is filled up with black. */
  rows: number
  sheets: number
  durationSeconds: number
}

/** @throws JobFailure `unsupported` when a sheet would be too large, or there would be too many */
export function layOutStoryboard(options: {
  durationSeconds: number
  intervalSeconds: number | null
  columns: number
  tile: Size
}): Storyboard {
  const { durationSeconds, tile } = options
  const defaultInterval = Math.ceil((durationSeconds / DEFAULT_IMAGES) * 1e3) / 1e3
  const intervalSeconds = options.intervalSeconds ?? Math.max(MIN_INTERVAL_SECONDS, defaultInterval)
  // The tolerance prevents an extra image because of a rounding error in the duration.
  const images = Math.max(1, Math.ceil(durationSeconds / intervalSeconds - 1e-3))
  const columns = Math.min(options.columns, images)
  const rows = Math.min(options.columns, Math.ceil(images / columns))
  const sheets = Math.ceil(images / (columns * rows))
  const [width, height] = [columns * tile.width, rows * tile.height]
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw new JobFailure(
      'unsupported',
      `A sheet of the storyboard would be ${width} by ${height}; the maximum is ${MAX_SIDE} by ${MAX_SIDE}. Use smaller images (w, h) or fewer columns (sc).`,
    )
  }
  if (sheets > MAX_SHEETS) {
    throw new JobFailure(
      'unsupported',
      `The storyboard would have ${sheets} sheets; the maximum is ${MAX_SHEETS}. Use more seconds between images (si) or more columns (sc).`,
    )
  }
  return { intervalSeconds, images, tile, columns, rows, sheets, durationSeconds }
}

export function sheetName(sheet: number, format: string): string {
  return `sprite_${String(sheet + 1).padStart(3, '0')}.${format}`
}

/** Builds the WebVTT index, whose cues are media fragments (w3.org/TR/media-frags, 4.2.2). */
export function buildWebVtt(board: Storyboard, format: string): string {
  const { tile, columns, rows, intervalSeconds, durationSeconds, images } = board
  const cues = Array.from({ length: images }, (_, index) => {
    const end = index === images - 1 ? durationSeconds : (index + 1) * intervalSeconds
    const cell = index % (columns * rows)
    const x = (cell % columns) * tile.width
    const y = Math.floor(cell / columns) * tile.height
    const sheet = sheetName(Math.floor(index / (columns * rows)), format)
    return [
      `${formatClock(index * intervalSeconds)} --> ${formatClock(end)}`,
      `${sheet}#xywh=${x},${y},${tile.width},${tile.height}`,
    ].join('\n')
  })
  return `WEBVTT\n\n${cues.join('\n\n')}\n`
}
