/** The canonical form of a rendition: the text that names the variant, in the database and in R2. */
import {
  type Field,
  fieldDefaults,
  isSameValue,
  NAME_DEFAULTS,
  REQUEST_DEFAULTS,
} from '../../contract/defaults.ts'
import { type Key, KEYS, readField } from '../../contract/keys.ts'
import type { Rendition } from '../../contract/rendition.ts'
import { parseTransformation } from './parse.ts'
import { toRendition } from './rendition.ts'
import { writeValue } from './write.ts'

/**
 * The name of a variant. It is written from the rendition: the same for every order of the keys,
 * with or without keys that have their default. A name cannot be empty, so that of the default MP4
 * is `f_mp4`.
 */
export function writeCanonicalForm(rendition: Rendition): string {
  const { kind, format } = rendition
  const omitted = fieldDefaults(format, NAME_DEFAULTS)
  return writeKeys(rendition, [omitted], NAME_DEFAULTS.formats[kind] === format)
}

/** The rendition that a canonical form names, whatever the defaults of requests are today. */
export function readCanonicalForm(name: string): Rendition {
  return toRendition(parseTransformation(name, NAME_DEFAULTS), NAME_DEFAULTS)
}

/**
 * The text by which a request reaches a stored variant. It differs from the name only after a
 * default has changed: then it also has the keys whose default is no longer that of the name.
 */
export function writeRequestForm(name: string, defaults = REQUEST_DEFAULTS): string {
  if (defaults === NAME_DEFAULTS) {
    return name
  }
  const t = parseTransformation(name, NAME_DEFAULTS)
  const stored = toRendition(t, NAME_DEFAULTS)
  const { kind, format } = stored
  const requested = toRendition({ ...t, f: format }, defaults)
  return writeKeys(
    stored,
    [fieldDefaults(format, NAME_DEFAULTS), requested],
    [NAME_DEFAULTS, defaults].every(({ formats }) => formats[kind] === format),
  )
}

type Fields = Partial<Record<Field, unknown>>

/** Writes every key whose value is not the same in all of `omitted`, in the order of the keys. */
function writeKeys(
  rendition: Rendition,
  omitted: readonly object[],
  isDefaultFormat: boolean,
): string {
  const fields: Fields = rendition as object
  const choice = chooseKind(rendition, isDefaultFormat)
  const pairs = KEYS.flatMap((key) => {
    if (key === 'f' || key === 't' || key === 'n') {
      return choice[key] === undefined ? [] : [`${key}_${writeValue(key, choice[key])}`]
    }
    const field = readField(key)
    const value = fields[field]
    const isOmitted = omitted.every((values: Fields) => isSameValue(value, values[field]))
    return value === undefined || value === null || isOmitted
      ? []
      : [`${key}_${writeValue(key, value)}`]
  })
  return pairs.join(',') || 'f_mp4'
}

/** Kinds whose name is the value of `t`. */
const KINDS_BY_T = ['sprite', 'wave', 'preview'] as const

/** The values of `t` and `f` that request the kind and the format of a rendition. */
function chooseKind(
  { kind, format, ...rest }: Rendition,
  isDefaultFormat: boolean,
): Partial<Record<Key, unknown>> {
  const frame = 'pick' in rest && rest.pick === 'best' ? 'best' : true
  const t = kind === 'image' ? frame : KINDS_BY_T.find((name) => name === kind)
  const isImplied = isDefaultFormat && (kind === 'video' || t !== undefined)
  return { t, f: isImplied ? undefined : format }
}
