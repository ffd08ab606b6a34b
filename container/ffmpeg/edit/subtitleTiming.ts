/**
 * Converts the times of subtitles from the source to the output, for SRT and ASS as ffmpeg writes
 * them.
 */
import { formatClock } from './numbers.ts'

export type SubtitleFormat = 'srt' | 'ass'

/** The part of the source that is used, and its speed. */
export interface TimeSpan {
  startSeconds: number
  /** Null when the part extends to the end of a source of unknown duration. */
  durationSeconds: number | null
  speed: number
}

const TIMES: Record<SubtitleFormat, RegExp> = {
  srt: /^(\d+:\d\d:\d\d),(\d{3}) --> (\d+:\d\d:\d\d),(\d{3})/,
  ass: /^Dialogue: \d+,(\d+:\d\d:\d\d)\.(\d\d),(\d+:\d\d:\d\d)\.(\d\d),/,
}

/** Returns the subtitles within the span, and the numbers of cues that were read and kept. */
export function retimeSubtitles(text: string, format: SubtitleFormat, span: TimeSpan) {
  const parts = format === 'srt' ? text.trim().split(/\r?\n\r?\n(?=\d+\r?\n)/) : text.split(/\r?\n/)
  const counts = { read: 0, kept: 0 }
  const moved = parts.map((part) => {
    const line = format === 'srt' ? part.slice(part.indexOf('\n') + 1) : part
    const match = TIMES[format].exec(line)
    if (match === null) {
      return format === 'srt' ? null : part
    }
    counts.read += 1
    const [all, start = '', startFraction = '', end = '', endFraction = ''] = match
    const from = Math.max(0, toOutputTime(parseClock(start, startFraction), span))
    const last = span.durationSeconds === null ? Infinity : span.durationSeconds / span.speed
    const to = Math.min(last, toOutputTime(parseClock(end, endFraction), span))
    if (to <= from) {
      return null
    }
    counts.kept += 1
    const rest = line.slice(all.length)
    return format === 'srt'
      ? `${counts.kept}\n${formatClock(from, 3, ',')} --> ${formatClock(to, 3, ',')}${rest}`
      : `Dialogue: 0,${formatClock(from, 2, '.')},${formatClock(to, 2, '.')},${rest}`
  })
  const lines = moved.filter((part) => part !== null)
  return { ...counts, text: format === 'srt' ? `${lines.join('\n\n')}\n` : lines.join('\n') }
}

function toOutputTime(seconds: number, { startSeconds, speed }: TimeSpan): number {
  return (seconds - startSeconds) / speed
}

function parseClock(clock: string, fraction: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number)
  return hours * 3600 + minutes * 60 + seconds + Number(`0.${fraction}`)
}
