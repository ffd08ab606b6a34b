/** Reads transformations: the text of the URL grammar, and the object form. */
import type { z } from 'zod'
import { quote, quoteWithOther } from '../../contract/quote.ts'
import { type GrammarDefaults, REQUEST_DEFAULTS } from '../../contract/defaults.ts'
import { findKey, type Key, KEY_DEFINITIONS, KEYS } from '../../contract/keys.ts'
import type { UrlForm, Values } from '../../contract/keyValues.ts'
import { type Transformation, transformation as schema } from '../../contract/transformation.ts'
import { memoize } from '../memoize.ts'
import { checkCompatibility } from './compatibility.ts'
import { readKind } from './kind.ts'
import { TransformationError } from './transformationError.ts'
import { writeTransformation, writeValue } from './write.ts'

/** Transformations are part of URLs, and some clients and proxies accept only short URLs. */
const MAX_CHARACTERS = 2_000
/** Up to 8 digits without a sign or leading zeros, then up to three decimal places. */
const NUMBER = /^(0|[1-9]\d{0,7})(\.\d{1,3})?$/
const PAIR = /^([a-z]+)_(.*)$/
/** A quotation in a message, in parentheses or not. */
const LONG_QUOTE = / (\("[^"]{20,}"\)|"[^"]{20,}")/g

function isKey(text: string): text is Key {
  return Object.hasOwn(KEY_DEFINITIONS, text)
}

/**
 * Returns true if a path segment is read as a transformation: it is a comma-separated list of
 * `key_value` pairs, at least one of which has a known key. Such a segment is rejected if it is not
 * valid. Any other segment is part of the file path.
 */
export function looksLikeTransformation(segment: string): boolean {
  const parts = segment.split(',').filter((part) => part !== '')
  const pairs = parts.map((part) => PAIR.exec(part))
  return pairs.every((pair) => pair !== null) && pairs.some((pair) => isKey(pair![1]!))
}

function readElement(urlForm: UrlForm, text: string): unknown {
  switch (urlForm) {
    case 'number':
      return NUMBER.test(text) ? Number(text) : text
    case 'path':
      return text.replaceAll(':', '/')
    case 'textOrTrue':
      return text === 'true' ? true : text
    case 'text':
      return text
  }
}

function readValue(key: Key, text: string): unknown {
  const { urlForm, isList } = KEY_DEFINITIONS[key]
  return isList
    ? text.split('+').map((element) => readElement(urlForm, element))
    : readElement(urlForm, text)
}

/**
 * Reads `w_640,q_60` into an object, as a request for a variant has it. The object is shared.
 *
 * @throws TransformationError if a pair is malformed, a key is unknown or repeated, a value is not
 *   accepted, keys cannot be combined, or the text is too long
 */
export const parseRequest = memoize((text): Readonly<Transformation> =>
  Object.freeze(parseTransformation(text)),
)

/** Reads a transformation as `parseRequest` does, with other defaults. */
export function parseTransformation(
  text: string,
  defaults: GrammarDefaults = REQUEST_DEFAULTS,
): Transformation {
  const pairs: Record<string, unknown> = {}
  for (const part of text.split(',')) {
    const pair = PAIR.exec(part)
    if (!pair) {
      throw new TransformationError(`${quote(part)} is not a key_value pair such as w_640.`)
    }
    const [, key, value] = pair as unknown as [string, string, string]
    if (!isKey(key)) {
      throw new TransformationError(`${quote(key)} is not a key. The keys are ${KEYS.join(', ')}.`)
    }
    if (key in pairs) {
      throw new TransformationError(`The key "${key}" is given twice.`)
    }
    pairs[key] = readValue(key, value)
  }
  return checkTransformation(pairs, defaults)
}

/**
 * Checks the object form, with short or long names, and returns it with short names.
 *
 * @throws TransformationError if a key or value is not accepted, keys cannot be combined, or the
 *   transformation is too long
 */
export function checkTransformation(
  value: unknown,
  defaults: GrammarDefaults = REQUEST_DEFAULTS,
): Transformation {
  const result = schema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const name = String(issue.path[0] ?? '')
    const key = findKey(name)
    const hasBothNames = issue.code === 'custom' && issue.params?.['hasBothNames'] === true
    throw new TransformationError(
      key === null || hasBothNames
        ? issue.message
        : describeBadValue(name, key, value as object, issue),
    )
  }
  if (writeTransformation(result.data).length > MAX_CHARACTERS) {
    throw new TransformationError(
      `The transformation is longer than ${MAX_CHARACTERS} characters. Use shorter paths.`,
    )
  }
  // The keys of a named preset are not known yet. They are checked when it is expanded.
  if (result.data.n === undefined) {
    checkCompatibility(result.data, readKind(result.data), defaults)
  }
  return result.data
}

/** @param name the key as the caller wrote it */
function describeBadValue(name: string, key: Key, written: object, issue: z.core.$ZodIssue) {
  const value: unknown = Reflect.get(written, name)
  const text =
    typeof value === 'string' || Array.isArray(value)
      ? writeValue(key, value)
      : JSON.stringify(value)
  const { words, characters } = KEY_DEFINITIONS[key] as Values<z.ZodType>
  const got = characters ? quoteWithOther(text, characters) : quote(text)
  // The schemas of paths name the rule that a path breaks. A long segment is not repeated.
  const reason = issue.code === 'custom' ? ` ${issue.message.replaceAll(LONG_QUOTE, '')}` : ''
  return `${name} must be ${words} (got ${got}).${reason}`
}
