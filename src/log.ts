/**
 * Structured logs of the Worker: one JSON object per line, beginning with the name of the event.
 */

type Fields = Record<string, unknown>

export function logInfo(event: string, fields: Fields = {}): void {
  console.info(JSON.stringify({ event, ...fields }))
}

export function logWarn(event: string, fields: Fields = {}): void {
  console.warn(JSON.stringify({ event, ...fields }))
}

export function logError(event: string, fields: Fields = {}): void {
  console.error(JSON.stringify({ event, ...fields }))
}
