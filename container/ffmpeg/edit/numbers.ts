/** Numbers as ffmpeg's options and messages need them. */

/** Writes a number without an exponent and without trailing zeros. */
export function formatDecimal(value: number, places = 3): string {
  return String(Number(value.toFixed(places)))
}

/** Rounds seconds to hundredths, for messages. */
export function formatSeconds(seconds: number): string {
  return String(Math.round(seconds * 100) / 100)
}
