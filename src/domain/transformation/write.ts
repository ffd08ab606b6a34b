/** Writes transformations as text in the URL grammar. */
import { type Key, KEY_DEFINITIONS, KEYS } from '../../contract/keys.ts'
import type { Transformation } from '../../contract/transformation.ts'

/** Writes a value in the form that `parseTransformation` reads. */
export function writeValue(key: Key, value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((element) => writeValue(key, element)).join('+')
  }
  const text = String(value)
  return KEY_DEFINITIONS[key].urlForm === 'path' ? text.replaceAll('/', ':') : text
}

/** Writes all keys that are set, in the order of the canonical form. */
export function writeTransformation(t: Transformation): string {
  return KEYS.filter((key) => t[key] !== undefined)
    .map((key) => `${key}_${writeValue(key, t[key])}`)
    .join(',')
}
