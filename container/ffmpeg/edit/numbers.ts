/** Numbers as ffmpeg's options and messages need them. */

/** Writes a number without an exponent and without trailing zeros. */
export function formatDecimal(value: number, places = 3): string {
  return String(Number(value.toFixed(places)))
}

/** Writes a time as `HH:MM:SS.mmm`, with as many decimal places as given. */
export function formatClock(seconds: number, places = 3, separator = '.'): string {
  const units = Math.round(seconds * 10 ** places)
  const whole = Math.floor(units / 10 ** places)
  const fraction = String(units % 10 ** places).padStart(places, '0')
  const [hours, minutes, rest] = [whole / 3600, (whole / 60) % 60, whole % 60].map((value) =>
    String(Math.floor(value)).padStart(2, '0'),
  )
  return `${hours}:${minutes}:${rest}${separator}${fraction}`
}

/** Rounds seconds to hundredths, for messages. */
export function formatSeconds(seconds: number): string {
  return String(Math.round(seconds * 100) / 100)
}
