/** Describes schemas in words, for error messages: "an integer from 1 to 500". */
import { z } from '@hono/zod-openapi'
import { transformation } from '../contract/transformation.ts'
import { writeCount } from '../contract/writeCount.ts'

/** The parts of zod's definitions that are read here. */
interface Definition {
  type: string
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  innerType?: z.ZodType
  valueType?: z.ZodType
  options?: z.ZodType[]
  in?: z.ZodType
  out?: z.ZodType
  entries?: Record<string, string>
  values?: unknown[]
}
/** A check of a number, text or list. The format of a type (`z.int()`) is a check too. */
interface Check {
  check?: string
  /** Of `greater_than` and `less_than`. */
  value?: number
  inclusive?: boolean
  /** Of `min_length` and `max_length`. */
  minimum?: number
  maximum?: number
  /** Of `number_format` and `string_format`. */
  format?: string
  pattern?: RegExp
}

interface Bounds {
  minimum?: number
  maximum?: number
  /** The minimum itself is not allowed. */
  isExclusive?: boolean
  format?: string
  pattern?: RegExp
}

/** Collects what the checks of a schema allow. */
function readBounds(schema: z.ZodType): Bounds {
  const { checks = [], ...own } = schema._zod.def as unknown as Check & {
    checks?: { _zod: { def: Check } }[]
  }
  const bounds: Bounds = {}
  for (const check of [own, ...checks.map(({ _zod }) => _zod.def)]) {
    switch (check.check) {
      case 'greater_than':
        bounds.minimum = check.value!
        bounds.isExclusive = check.inclusive === false
        break
      case 'less_than':
        bounds.maximum = check.value!
        break
      case 'min_length':
        bounds.minimum = check.minimum!
        break
      case 'max_length':
        bounds.maximum = check.maximum!
        break
      case 'number_format':
        bounds.format = check.format!
        break
      case 'string_format':
        Object.assign(bounds, { format: check.format, pattern: check.pattern })
    }
  }
  return bounds
}

function readDefinition(schema: z.ZodType): Definition {
  return schema._zod.def as unknown as Definition
}

/** Returns the schema of the input, without `optional`, `nullable`, defaults and transforms. */
function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType, in: first, out } = readDefinition(schema)
  if (innerType) {
    return unwrap(innerType)
  }
  if (first && out) {
    return unwrap(readDefinition(first).type === 'transform' ? out : first)
  }
  return schema
}

/**
 * True if the schema is the object form of a transformation, or a union that has it as an option.
 */
export function isTransformation(schema: z.ZodType): boolean {
  const { options } = readDefinition(unwrap(schema))
  const shape = readDefinition(unwrap(transformation)).shape
  return readDefinition(unwrap(schema)).shape === shape || (options ?? []).some(isTransformation)
}

/** Returns the schemas of a field or element: one for each option of a union that has it. */
export function stepInto(schema: z.ZodType, key: PropertyKey): z.ZodType[] {
  const { shape, element, valueType, options } = readDefinition(unwrap(schema))
  if (options) {
    return options.flatMap((option) => stepInto(option, key))
  }
  return [shape?.[String(key)] ?? element ?? valueType ?? []].flat()
}

/** The names of the fields that an object can have. */
export function listFields(schema: z.ZodType): string[] {
  const { shape, options } = readDefinition(unwrap(schema))
  return options ? options.flatMap(listFields) : Object.keys(shape ?? {})
}

/** True if a schema allows null beside its type. */
function isNullable(schema: z.ZodType): boolean {
  const { type, innerType } = readDefinition(schema)
  return type === 'nullable' || (innerType !== undefined && isNullable(innerType))
}

/** Describes what a schema allows, for the end of "must be". */
export function describeSchema(schema: z.ZodType): string {
  return isNullable(schema) ? `${describeType(schema)}, or null` : describeType(schema)
}

function describeType(schema: z.ZodType): string {
  const inner = unwrap(schema)
  const { type, options, entries, values = [] } = readDefinition(inner)
  const bounds = readBounds(inner)
  switch (type) {
    case 'union':
      return [...new Set(options!.map(describeSchema))].join(' or ')
    case 'enum':
      return `one of ${Object.values(entries!).join(', ')}`
    case 'literal':
      return values.map(String).join(' or ')
    case 'number':
      return describeNumber(bounds)
    case 'string':
      return describeText(bounds)
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list${describeCount(bounds, 'element')}`
    case 'object':
    case 'record':
      return 'an object'
    case 'null':
      return 'null'
    case 'custom':
      // The only such schema is `z.instanceof(File)`. A form field without a file name is text.
      return 'a file with a file name'
    default:
      return 'a valid value'
  }
}

function describeNumber({ minimum, maximum, isExclusive, format }: Bounds): string {
  const noun = format?.includes('int') ? 'an integer' : 'a number'
  if (isExclusive) {
    return `${noun} above ${minimum}${maximum === undefined ? '' : ` and at most ${maximum}`}`
  }
  if (minimum !== undefined && maximum !== undefined) {
    return `${noun} from ${minimum} to ${maximum}`
  }
  if (minimum !== undefined) {
    return `${noun} of at least ${minimum}`
  }
  return maximum === undefined ? noun : `${noun} of at most ${maximum}`
}

function describeText({ format, pattern, ...length }: Bounds): string {
  if (format === 'datetime') {
    return 'a time in ISO 8601, such as 2026-01-31T12:00:00Z'
  }
  return pattern
    ? `text that matches ${String(pattern)}`
    : `text${describeCount(length, 'character')}`
}

function describeCount({ minimum, maximum }: Bounds, noun: string): string {
  if (minimum !== undefined && maximum !== undefined) {
    return ` of ${minimum} to ${writeCount(maximum, noun)}`
  }
  if (maximum !== undefined) {
    return ` of at most ${writeCount(maximum, noun)}`
  }
  return minimum === undefined ? '' : ` of at least ${writeCount(minimum, noun)}`
}
