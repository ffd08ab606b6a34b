/**
 * The URL grammar of transformations: text to object and back. The keys, their values and their
 * limits are the contract's; which of them go together is `together.ts`'s.
 */
import { type GrammarDefaults, REQUEST_DEFAULTS } from '../../contract/defaults.ts'
import {
  type Key,
  type Transformation,
  transformation as schema,
} from '../../contract/transformation.ts'
import { readKind } from './kind.ts'
import { checkCompatibility } from './compatibility.ts'
import { TransformationError } from './transformationError.ts'

/** A name is a part of URLs, and those end at a few thousand characters. */
const MAX_CHARACTERS = 2_000
/** Also the order of the canonical form. */
export const KEYS = Object.keys(schema.shape) as Key[]
/** Plain decimals only: no sign, exponent or leading zero, at most milliseconds. */
const NUMBER = /^(0|[1-9]\d{0,7})(\.\d{1,3})?$/
const PAIR = /^([a-z]+)_(.*)$/
const PATHS: readonly Key[] = ['wm', 'st']

function isKey(text: string): text is Key {
  return (KEYS as string[]).includes(text)
}

/**
 * True when a path segment is meant as a transformation: nothing but key_value pairs and commas,
 * and at least one known key. Such a segment is then parsed, and refused when it is not valid, rather
 * than taken for the name of a folder.
 */
export function looksLikeTransformation(segment: string): boolean {
  const parts = segment.split(',').filter((part) => part !== '')
  const pairs = parts.map((part) => PAIR.exec(part))
  return pairs.every((pair) => pair !== null) && pairs.some((pair) => isKey(pair![1]!))
}

/** The accepted values of a key, in words, from the contract's own description. */
function accepted(key: Key) {
  return `${key}: ${schema.shape[key].description}`
}

function readNumber(text: string) {
  return NUMBER.test(text) ? Number(text) : text
}
function readPath(text: string) {
  return text.replaceAll(':', '/')
}

function readValue(key: Key, text: string): unknown {
  if (key === 'cat') {
    return text.split('+').map(readPath)
  }
  if (key === 'lad') {
    return text.split('+').map(readNumber)
  }
  if (key === 't') {
    return text === 'true' ? true : text
  }
  // A colour and a name may consist of digits.
  if (key === 'b' || key === 'wc' || key === 'n') {
    return text
  }
  return PATHS.includes(key) ? readPath(text) : readNumber(text)
}

/** The text of a value, as `readValue` reads it. */
export function writeValue(key: Key, value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((each) => writeValue(key, each)).join('+')
  }
  const text = String(value)
  return PATHS.includes(key) || key === 'cat' ? text.replaceAll('/', ':') : text
}

/** The text form, in the order of the keys and with nothing left out. */
export function writeTransformation(t: Transformation): string {
  return KEYS.filter((key) => t[key] !== undefined)
    .map((key) => `${key}_${writeValue(key, t[key])}`)
    .join(',')
}

/**
 * Reads `w_640,q_60` into an object. Throws TransformationError when a pair is malformed, twice
 * there, unknown, out of range, or at odds with another.
 */
export function parseTransformation(
  text: string,
  defaults: GrammarDefaults = REQUEST_DEFAULTS,
): Transformation {
  const pairs: Record<string, unknown> = {}
  for (const part of text.split(',')) {
    const pair = PAIR.exec(part)
    if (!pair) {
      throw new TransformationError(`"${part}" is not a key_value pair such as w_640`)
    }
    const [, key, value] = pair as unknown as [string, string, string]
    if (!isKey(key)) {
      throw new TransformationError(`"${key}" is not a key; the keys are ${KEYS.join(', ')}`)
    }
    if (key in pairs) {
      throw new TransformationError(`the key "${key}" is there twice`)
    }
    pairs[key] = readValue(key, value)
  }
  return checkTransformation(pairs, defaults)
}

/** Checks the object form as `parseTransformation` checks the text. */
export function checkTransformation(
  value: unknown,
  defaults: GrammarDefaults = REQUEST_DEFAULTS,
): Transformation {
  const result = schema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const key = String(issue.path[0] ?? '')
    throw new TransformationError(
      isKey(key) ? `not a valid value for ${accepted(key)}` : issue.message,
    )
  }
  if (writeTransformation(result.data).length > MAX_CHARACTERS) {
    throw new TransformationError(`longer than ${MAX_CHARACTERS} characters: name shorter paths`)
  }
  // What a named preset brings along is not known yet; the whole is checked once it is.
  if (result.data.n === undefined) {
    checkCompatibility(result.data, readKind(result.data), defaults)
  }
  return result.data
}
