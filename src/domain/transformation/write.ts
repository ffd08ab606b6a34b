/** Writes transformations as text in the URL grammar. */
import { type Key, KEY_DEFINITIONS, KEYS } from '../../contract/keys.ts'
import type { Transformation } from '../../contract/transformation.ts'

/** The text of a value, which `parseTransformation` reads back. */
export function writeValue(key: Key, value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((element) => writeValue(key, element)).join('+')
  }
  const text = String(value)
  return KEY_DEFINITIONS[key].urlForm === 'path' ? text.replaceAll('/', ':') : text
}

/** The text of a transformation, with every key that it has, in the order of the canonical form. */
export function writeTransformation(t: Transformation): string {
  return KEYS.filter((key) => t[key] !== undefined)
    .map((key) => `${key}_${writeValue(key, t[key])}`)
    .join(',')
}
