/** Makes arbitrary values from the JSON Schemas of the OpenAPI document, valid and invalid ones. */
import fc from 'fast-check'

export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
}

export interface Context {
  /** Schemas by the name that a `$ref` ends with. */
  components: Record<string, Schema>
  /** By the name of a field or parameter: values that the service accepts, in most places. */
  known: Record<string, fc.Arbitrary<unknown>>
}

const MAX_ITEMS = 4
/** An object rarely has more optional fields, because many cannot be combined. */
const MAX_OPTIONAL_FIELDS = 3

/** Texts that mean something to this service, and texts that often break one. */
const TEXTS = [
  'videos/clip.mp4',
  'default',
  'w_64',
  'w_64,f_webm,so_1',
  'n_thumbnail',
  '../clip.mp4',
  '%2e%2e%2f',
  '\u0000',
  '\ud800',
  'ünï¢ödé.mp4',
  "'; DROP TABLE jobs; --",
  '2026-11-26T00:00:00Z',
  '-1',
  '1e999',
  'NaN',
  'x'.repeat(5_000),
]

const anyText = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 40 }))
const anyValue = fc.oneof(anyText, fc.double(), fc.jsonValue({ maxDepth: 2 }))

/** Values of which most follow the schema, and some do not. */
export function arbitraryOf(schema: Schema, context: Context): fc.Arbitrary<unknown> {
  const valid = fc.oneof({ maxDepth: 3, depthIdentifier: 'schema' }, validOf(schema, context))
  return fc.oneof({ arbitrary: valid, weight: 30 }, { arbitrary: anyValue, weight: 1 })
}

/** Values of a field or parameter. */
export function arbitraryField(
  name: string,
  schema: Schema,
  context: Context,
): fc.Arbitrary<unknown> {
  const any = arbitraryOf(schema, context)
  const known = context.known[name]
  return known === undefined ? any : fc.oneof({ arbitrary: known, weight: 4 }, any)
}

/** Records with all of the required fields, and some of the others. */
export function someFields(
  fields: Record<string, fc.Arbitrary<unknown>>,
  required: string[],
): fc.Arbitrary<Record<string, unknown>> {
  const optional = Object.keys(fields).filter((name) => !required.includes(name))
  return fc
    .subarray(optional, { maxLength: Math.min(optional.length, MAX_OPTIONAL_FIELDS) })
    .chain((chosen) =>
      fc.record(Object.fromEntries([...required, ...chosen].map((name) => [name, fields[name]!]))),
    )
}

function validOf(schema: Schema, context: Context): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    return validOf(context.components[schema.$ref.split('/').at(-1)!]!, context)
  }
  if (schema.const !== undefined) {
    return fc.constant(schema.const)
  }
  if (schema.enum !== undefined) {
    return fc.constantFrom(...schema.enum)
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) {
    return fc.oneof(...choices.map((each) => arbitraryOf(each, context)))
  }
  if (schema.allOf !== undefined) {
    return fc
      .tuple(...schema.allOf.map((each) => validOf(each, context)))
      .map((parts) => Object.assign({}, ...(parts as object[])) as object)
  }
  const types = [schema.type ?? []].flat()
  return types.length === 0
    ? anyValue
    : fc.oneof(...types.map((type) => validOfType(type, schema, context)))
}

function validOfType(type: string, schema: Schema, context: Context): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return textOf(schema)
    case 'integer':
    case 'number':
      return numberOf(type, schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, context), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(
          schema.minItems ?? 0,
          Math.min(schema.maxItems ?? MAX_ITEMS, MAX_ITEMS),
        ),
      })
    default:
      return objectOf(schema, context)
  }
}

function textOf({ pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  const known = TEXTS.filter(({ length }) => length >= minLength && length <= maxLength)
  const random = pattern
    ? fc.stringMatching(new RegExp(pattern))
    : fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) })
  return known.length > 0 && !pattern ? fc.oneof(fc.constantFrom(...known), random) : random
}

function numberOf(type: 'integer' | 'number', schema: Schema): fc.Arbitrary<unknown> {
  const min = schema.minimum ?? schema.exclusiveMinimum ?? -1_000
  const max = Math.max(min, schema.maximum ?? 100_000)
  const bounds = fc.constantFrom(min, max, min - 1, max + 1, 0)
  const within =
    type === 'integer'
      ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
      : fc.double({ min, max, noNaN: true })
  return fc.oneof(within, bounds)
}

function objectOf(
  { properties = {}, required = [] }: Schema,
  context: Context,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, arbitraryField(name, each, context)]),
  )
  const names = required.filter((name) => name in fields)
  const complete = someFields(fields, names)
  const incomplete = fc.record(fields, { requiredKeys: [] })
  return fc.oneof({ arbitrary: complete, weight: 20 }, { arbitrary: incomplete, weight: 1 })
}
