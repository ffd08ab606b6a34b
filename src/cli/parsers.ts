/** Readers of the values of options. */
import { InvalidArgumentError, Option } from 'commander'

export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
      throw new InvalidArgumentError(`It must be an integer ${range}.`)
    }
    return value
  }
}

const BYTES: Record<string, number> = { '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }

/** Reads a size such as 500MB. */
export function bytes(text: string): number {
  const [, value, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?b?)$/i.exec(text) ?? []
  const factor = BYTES[unit.toUpperCase()] ?? BYTES[`${unit.toUpperCase()}B`]
  if (value === undefined || factor === undefined || Number(value) * factor < 1) {
    throw new InvalidArgumentError('It must be a size such as 500MB or 2GB.')
  }
  return Math.round(Number(value) * factor)
}

const SECONDS: Record<string, number> = { m: 60, h: 3_600, d: 86_400 }

/** Reads a time (ISO 8601) or a period from now, such as 30d. Returns the time in ISO 8601. */
export function futureTime(text: string): string {
  const time = readTime(text, 1)
  if (time === null || time <= Date.now()) {
    throw new InvalidArgumentError(
      'It must be a period such as 30d, 12h or 15m, or a time in the future in ISO 8601.',
    )
  }
  return new Date(time).toISOString()
}

/** Reads a time (ISO 8601) or a period before now, such as 30d. Returns the time in ISO 8601. */
export function pastTime(text: string): string {
  const time = readTime(text, -1)
  if (time === null) {
    throw new InvalidArgumentError(
      'It must be a period before now such as 30d, 12h or 15m, or a time in ISO 8601.',
    )
  }
  return new Date(time).toISOString()
}

/** @param direction 1 for periods after now, -1 for periods before now */
function readTime(text: string, direction: 1 | -1): number | null {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? []
  const time = unit
    ? Date.now() + direction * Number(count) * SECONDS[unit]! * 1_000
    : Date.parse(text)
  return Number.isNaN(new Date(time).getTime()) ? null : time
}

/** Reads an entry such as customer=42, and adds it to the earlier ones. */
export function entry(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined) {
    throw new InvalidArgumentError('It must be a key and a value, such as customer=42.')
  }
  return { ...earlier, [key]: value! }
}

/** Reads a request header such as `Authorization: Bearer …`, and adds it to the earlier ones. */
export function header(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^\s:]+):\s*(.+)$/.exec(text) ?? []
  if (name === undefined) {
    throw new InvalidArgumentError('It must be a name and a value, such as "Accept: video/mp4".')
  }
  return { ...earlier, [name]: value! }
}

/** Reads a destination such as archive, or archive:renders/ with the beginning of the keys. */
export function destination(text: string): { credential: string; prefix?: string } {
  const [, credential, prefix] = /^([^:]+)(?::(.+))?$/.exec(text) ?? []
  if (credential === undefined) {
    throw new InvalidArgumentError(
      'It must be the name of a credential, and the beginning of the keys if it is not that of the credential, such as archive:renders/.',
    )
  }
  return { credential, ...(prefix !== undefined && { prefix }) }
}

/** Collects the values of an option that is repeated. */
export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text]
}

/** Collects values that are repeated, or separated by commas. */
export function collectList(text: string, earlier: string[] = []): string[] {
  return [...earlier, ...text.split(',').map((item) => item.trim())]
}

export function yesOption(): Option {
  return new Option('-y, --yes', 'do not ask')
}

/** The end of a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ reelqueue ${line}`).join('\n')}`
}
