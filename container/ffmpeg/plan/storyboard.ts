/** How a storyboard is laid out: which second is on which sheet, where. Knows nothing of ffmpeg. */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../edit/geometry.ts'

/** What a storyboard has when nobody says how dense it is to be, */
const PICTURES = 100
/** and never more than two a second. */
const MIN_INTERVAL_SECONDS = 0.5
/** The largest that WebP knows, and about what browsers show. */
const MAX_SIDE = 16_383
const MAX_SHEETS = 100

export interface Storyboard {
  intervalSeconds: number
  pictures: number
  tile: Size
  columns: number
  /** Of every sheet, the last too, which is filled up with black. */
  rows: number
  sheets: number
  lengthSeconds: number
}

/** @throws JobFailure `unsupported` when it would be too much */
export function storyboardOf(options: {
  lengthSeconds: number
  intervalSeconds: number | null
  columns: number
  tile: Size
}): Storyboard {
  const { lengthSeconds, tile } = options
  const even = Math.ceil((lengthSeconds / PICTURES) * 1e3) / 1e3
  const intervalSeconds = options.intervalSeconds ?? Math.max(MIN_INTERVAL_SECONDS, even)
  // What a length is off by rounding is no picture more.
  const pictures = Math.max(1, Math.ceil(lengthSeconds / intervalSeconds - 1e-3))
  const columns = Math.min(options.columns, pictures)
  const rows = Math.min(options.columns, Math.ceil(pictures / columns))
  const sheets = Math.ceil(pictures / (columns * rows))
  const [width, height] = [columns * tile.width, rows * tile.height]
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw new JobFailure(
      'unsupported',
      `A sheet of the storyboard would measure ${width} by ${height}; at most ${MAX_SIDE} by ${MAX_SIDE} are made. Ask for smaller pictures (w, h) or fewer columns (sc).`,
    )
  }
  if (sheets > MAX_SHEETS) {
    throw new JobFailure(
      'unsupported',
      `The storyboard would have ${sheets} sheets; at most ${MAX_SHEETS} are made. Ask for more seconds between pictures (si) or more columns (sc).`,
    )
  }
  return { intervalSeconds, pictures, tile, columns, rows, sheets, lengthSeconds }
}

export function sheetName(sheet: number, format: string): string {
  return `sprite_${String(sheet + 1).padStart(3, '0')}.${format}`
}

/** The storyboard as WebVTT, whose cues are media fragments (w3.org/TR/media-frags, 4.2.2). */
export function toWebVtt(board: Storyboard, format: string): string {
  const { tile, columns, rows, intervalSeconds, lengthSeconds, pictures } = board
  const cues = Array.from({ length: pictures }, (_, at) => {
    const end = at === pictures - 1 ? lengthSeconds : (at + 1) * intervalSeconds
    const place = at % (columns * rows)
    const x = (place % columns) * tile.width
    const y = Math.floor(place / columns) * tile.height
    const sheet = sheetName(Math.floor(at / (columns * rows)), format)
    return [
      `${clock(at * intervalSeconds)} --> ${clock(end)}`,
      `${sheet}#xywh=${x},${y},${tile.width},${tile.height}`,
    ].join('\n')
  })
  return `WEBVTT\n\n${cues.join('\n\n')}\n`
}

function clock(seconds: number): string {
  const thousandths = Math.round(seconds * 1e3)
  const pair = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0')
  const hours = pair(thousandths / 3.6e6)
  const rest = `${pair((thousandths / 6e4) % 60)}:${pair((thousandths / 1e3) % 60)}`
  return `${hours}:${rest}.${pair(thousandths % 1e3, 3)}`
}
