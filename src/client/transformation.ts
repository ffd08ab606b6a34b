/** Transformations with the long names of their keys, and their text in URLs. */
import type { components } from './generated/api.ts'
import { KEYS } from './generated/keys.ts'

type Name = keyof typeof KEYS
export type Transformation = Pick<components['schemas']['Transformation'], Name>
/** A text in the URL grammar (`w_640,q_60`), an object, or what `transform()` builds. */
export type TransformationInput = string | Transformation | TransformationBuilder

/** A method for each key. A builder does not change: each method returns a new one. */
export type TransformationBuilder = {
  readonly [K in Name]-?: (value: NonNullable<Transformation[K]>) => TransformationBuilder
} & {
  /** The object form, for requests. */
  toJSON(): Transformation
  /** The text for URLs. */
  toString(): string
}

/**
 * Builds a transformation.
 *
 * @example transform().width(640).quality('auto').format('webm')
 */
export function transform(values: Transformation = {}): TransformationBuilder {
  const setters = Object.keys(KEYS).map((name) => [
    name,
    (value: unknown) => transform({ ...values, [name]: value }),
  ])
  return {
    ...(Object.fromEntries(setters) as TransformationBuilder),
    toJSON: () => values,
    toString: () => writeTransformation(values),
  }
}

/** Writes a transformation in the URL grammar. */
export function writeTransformation(transformation: TransformationInput): string {
  if (typeof transformation === 'string') {
    return transformation
  }
  const values = isBuilder(transformation) ? transformation.toJSON() : transformation
  return (Object.keys(KEYS) as Name[])
    .filter((name) => values[name] !== undefined)
    .map((name) => `${KEYS[name].key}_${writeValue(name, values[name])}`)
    .join(',')
}

function isBuilder(value: Transformation | TransformationBuilder): value is TransformationBuilder {
  return 'toJSON' in value
}

function writeValue(name: Name, value: unknown): string {
  const texts = (Array.isArray(value) ? value : [value]).map(String)
  return ('isPath' in KEYS[name] ? texts.map((path) => path.replaceAll('/', ':')) : texts).join('+')
}
