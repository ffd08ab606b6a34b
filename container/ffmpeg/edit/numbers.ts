/** Formats numbers and times for ffmpeg options and for messages. */

/** Formats a number without an exponent and without trailing zeros. */
export function formatDecimal(value: number, places = 3): string {
  return String(Number(value.toFixed(places)))
}

/** Formats a time as `HH:MM:SS` and a fraction of `places` digits, such as `00:01:02.500`. */
export function formatClock(seconds: number, places = 3, separator = '.'): string {
  const fractionUnits = Math.round(seconds * 10 ** places)
  const wholeSeconds = Math.floor(fractionUnits / 10 ** places)
  const fraction = String(fractionUnits % 10 ** places).padStart(places, '0')
  const [hours, minutes, secondsInMinute] = [
    wholeSeconds / 3600,
    (wholeSeconds / 60) % 60,
    wholeSeconds % 60,
  ].map((value) => String(Math.floor(value)).padStart(2, '0'))
  return `${hours}:${minutes}:${secondsInMinute}${separator}${fraction}`
}

/** Rounds seconds to hundredths, for messages. */
export function formatSeconds(seconds: number): string {
  return String(Math.round(seconds * 100) / 100)
}
