/** Texts for values. */
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1, useGrouping: false })
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** A value that does not exist. */
export const NONE = '–'

export function formatNumber(value: number): string {
  return number.format(value)
}

export function formatBytes(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1)
  return `${number.format(bytes / 1_000 ** step)} ${UNITS[step]}`
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) {
    return `${number.format(seconds)} s`
  }
  const rounded = Math.round(seconds)
  const minutes = Math.floor(rounded / 60)
  return minutes < 60
    ? `${minutes} min ${rounded % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** In the zone of this machine, such as 2026-11-26 01:16:49. */
export function formatTime(time: string | null): string {
  if (time === null) {
    return NONE
  }
  const date = new Date(time)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}

/** Duration from one time to another, or to now. */
export function formatSince(from: string, to: string | null = null): string {
  return formatSeconds(Math.max(0, ((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1_000))
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
