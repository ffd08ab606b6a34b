/** Moves the times of subtitles. Knows SRT and ASS only as ffmpeg writes them. */

/** Which part of the source's time comes out, and how fast. */
export interface Span {
  startSeconds: number
  lengthSeconds: number | null
  speed: number
}

const TIMES = {
  srt: /^(\d+:\d\d:\d\d),(\d{3}) --> (\d+:\d\d:\d\d),(\d{3})/,
  ass: /^Dialogue: \d+,(\d+:\d\d:\d\d)\.(\d\d),(\d+:\d\d:\d\d)\.(\d\d),/,
}

/** @returns the text with what is seen in the span, and how many lines had a time before and after */
export function retime(text: string, format: 'srt' | 'ass', span: Span) {
  const parts = format === 'srt' ? text.trim().split(/\r?\n\r?\n(?=\d+\r?\n)/) : text.split(/\r?\n/)
  const found = { read: 0, kept: 0 }
  const moved = parts.map((part) => {
    const line = format === 'srt' ? part.slice(part.indexOf('\n') + 1) : part
    const match = TIMES[format].exec(line)
    if (match === null) {
      return format === 'srt' ? null : part
    }
    found.read += 1
    const [all, start = '', startRest = '', end = '', endRest = ''] = match
    const from = Math.max(0, move(secondsOf(start, startRest), span))
    const last = span.lengthSeconds === null ? Infinity : span.lengthSeconds / span.speed
    const to = Math.min(last, move(secondsOf(end, endRest), span))
    if (to <= from) {
      return null
    }
    found.kept += 1
    const rest = line.slice(all.length)
    return format === 'srt'
      ? `${found.kept}\n${clock(from, 3, ',')} --> ${clock(to, 3, ',')}${rest}`
      : `Dialogue: 0,${clock(from, 2, '.')},${clock(to, 2, '.')},${rest}`
  })
  const left = moved.filter((part) => part !== null)
  return { ...found, text: format === 'srt' ? `${left.join('\n\n')}\n` : left.join('\n') }
}

function move(seconds: number, { startSeconds, speed }: Span): number {
  return (seconds - startSeconds) / speed
}

function secondsOf(clock: string, rest: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number)
  return hours * 3600 + minutes * 60 + seconds + Number(`0.${rest}`)
}

function clock(seconds: number, places: number, point: string): string {
  const units = Math.round(seconds * 10 ** places)
  const whole = Math.floor(units / 10 ** places)
  const pair = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = String(units % 10 ** places).padStart(places, '0')
  return `${pair(hours)}:${pair(Math.floor(whole / 60) % 60)}:${pair(whole % 60)}${point}${rest}`
}
