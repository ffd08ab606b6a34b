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
}

/** Schemas by the name that a `$ref` ends with. */
export type Components = Record<string, Schema>

const MAX_ITEMS = 4

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
export function arbitraryOf(schema: Schema, components: Components): fc.Arbitrary<unknown> {
  const valid = fc.oneof({ maxDepth: 3, depthIdentifier: 'schema' }, validOf(schema, components))
  return fc.oneof({ arbitrary: valid, weight: 8 }, { arbitrary: anyValue, weight: 1 })
}

function validOf(schema: Schema, components: Components): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    return validOf(components[schema.$ref.split('/').at(-1)!]!, components)
  }
  if (schema.const !== undefined) {
    return fc.constant(schema.const)
  }
  if (schema.enum !== undefined) {
    return fc.constantFrom(...schema.enum)
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) {
    return fc.oneof(...choices.map((each) => arbitraryOf(each, components)))
  }
  if (schema.allOf !== undefined) {
    return fc
      .tuple(...schema.allOf.map((each) => validOf(each, components)))
      .map((parts) => Object.assign({}, ...(parts as object[])) as object)
  }
  const types = [schema.type ?? []].flat()
  return types.length === 0
    ? anyValue
    : fc.oneof(...types.map((type) => validOfType(type, schema, components)))
}

function validOfType(type: string, schema: Schema, components: Components): fc.Arbitrary<unknown> {
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
      return fc.array(arbitraryOf(schema.items ?? {}, components), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(
          schema.minItems ?? 0,
          Math.min(schema.maxItems ?? MAX_ITEMS, MAX_ITEMS),
        ),
      })
    default:
      return objectOf(schema, components)
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
  components: Components,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, arbitraryOf(each, components)]),
  )
  const names = required.filter((name) => name in fields)
  const record = fc.record(fields, { requiredKeys: names })
  const incomplete = fc.record(fields, { requiredKeys: [] })
  return fc.oneof({ arbitrary: record, weight: 6 }, { arbitrary: incomplete, weight: 1 })
}
