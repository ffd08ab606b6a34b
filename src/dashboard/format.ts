/** Texts for values: times in the reader's zone, sizes and durations. */
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })

export function formatTime(value: string | null): string {
  return value === null ? '–' : time.format(new Date(value))
}

export function formatNumber(value: number): string {
  return number.format(value)
}

/** Writes "1 job" and "2 jobs". */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1)
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: units[step]!,
    maximumFractionDigits: 1,
  }).format(bytes / 1_000 ** step)
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) {
    return `${number.format(seconds)} s`
  }
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function formatDuration(from: string | null, to: string | null): string {
  return from === null || to === null
    ? '–'
    : formatSeconds((Date.parse(to) - Date.parse(from)) / 1_000)
}

/** Returns the message of an error for people. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
