/**
 * Turns validation errors into error results. The messages are made from the schema of the route:
 * they name the field, what is allowed, and what was sent. A message that the schema itself defines
 * is kept.
 */
import type { z } from '@hono/zod-openapi'
import { findKey, KEY_DEFINITIONS } from '../contract/keys.ts'
import { quote, shorten } from '../contract/quote.ts'
import { PATH_ISSUE } from '../contract/storagePath.ts'
import { writeCount } from '../contract/writeCount.ts'
import { errorResult } from '../domain/result.ts'
import { describeSchema, isTransformation, listFields, stepInto } from './schemaWords.ts'

/**
 * Beginnings of zod's own messages. In the bundle, which has none of them, all are "Invalid input".
 */
const ZOD_MESSAGE = /^(Invalid |Too (small|big): |Unrecognized keys?: )/

type Issue = z.core.$ZodIssue

/**
 * A text that exceeds its maximum length is quoted if it has up to this many characters. Otherwise
 * the message states its length.
 */
const MAX_SHOWN_CHARACTERS = 20

/**
 * For a union, returns the error of the option that the value was probably meant for, if one can be
 * chosen; otherwise the issue itself.
 */
function resolveUnion(issue: Issue, parentPath: PropertyKey[] = []): Issue {
  const path = [...parentPath, ...issue.path]
  if (issue.code === 'invalid_union') {
    const firsts = issue.errors.flatMap(([first]) => first ?? [])
    const intended =
      firsts.find((first) => first.path.length > 0) ??
      firsts.find((first) => first.code !== 'invalid_type' && first.code !== 'invalid_value')
    if (intended) {
      return resolveUnion(intended, path)
    }
  }
  return { ...issue, path }
}

export function toErrorResult(first: Issue, schema: z.ZodType, input: unknown) {
  const issue = resolveUnion(first)
  const isPathIssue =
    issue.code === 'custom' && issue.params?.['errorCode'] === PATH_ISSUE.errorCode
  const code = isPathIssue ? 'invalid_path' : 'invalid_request'
  const { path, schemas, value, words } = followPath(schema, issue.path, input)
  const name = path.length === 0 ? null : writePath(path)
  if (issue.code === 'unrecognized_keys' && ZOD_MESSAGE.test(issue.message)) {
    return errorResult(code, describeUnknownFields(issue.keys, name, schemas))
  }
  if (!ZOD_MESSAGE.test(issue.message)) {
    return errorResult(code, name === null ? issue.message : `${name}: ${issue.message}`)
  }
  const allowed = words ?? [...new Set(schemas.map(describeSchema))].join(' or ')
  return errorResult(
    code,
    value === undefined
      ? `${name ?? 'The request'} is missing. It must be ${allowed}.`
      : `${name ?? 'The request'} must be ${allowed} (got ${describeValue(value, issue)}).`,
  )
}

/**
 * Follows the path of an issue to the schemas and the value there, at most to a transformation key.
 */
function followPath(schema: z.ZodType, issuePath: readonly PropertyKey[], input: unknown) {
  let schemas = [schema]
  let value = input
  const path: PropertyKey[] = []
  for (const step of issuePath) {
    const key = schemas.some(isTransformation) ? findKey(String(step)) : null
    schemas = schemas.flatMap((each) => stepInto(each, step))
    value = readStep(value, step)
    path.push(step)
    if (key !== null) {
      return { path, schemas, value, words: KEY_DEFINITIONS[key].words }
    }
  }
  return { path, schemas, value, words: null }
}

function readStep(value: unknown, step: PropertyKey): unknown {
  // A form field that is sent once is validated as a list of one.
  const isOneElement = step === 0 && !Array.isArray(value) && !isPlainObject(value)
  return isOneElement ? value : (value as Record<PropertyKey, unknown> | null | undefined)?.[step]
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof File)
}

/** Writes `transformations[0].w`. */
function writePath(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
  return shorten(text.replace(/^\./, ''))
}

function describeUnknownFields(keys: string[], name: string | null, schemas: z.ZodType[]): string {
  const [first, ...others] = keys
  const rest = others.length === 0 ? '' : ` (and ${others.length} more)`
  const known = [...new Set(schemas.flatMap(listFields))].join(', ')
  return `${name === null ? '' : `${name}: `}${quote(first!)}${rest} is not a field. The fields are ${known}.`
}

function describeValue(value: unknown, { code }: Issue): string {
  if (typeof value === 'string') {
    const isLong = code === 'too_big' && value.length > MAX_SHOWN_CHARACTERS
    return isLong ? writeCount(Array.from(value).length, 'character') : quote(value)
  }
  if (Array.isArray(value)) {
    return code === 'too_big' || code === 'too_small'
      ? writeCount(value.length, 'element')
      : 'a list'
  }
  if (value instanceof File) {
    return 'a file'
  }
  return typeof value === 'object' && value !== null ? 'an object' : shorten(String(value))
}
