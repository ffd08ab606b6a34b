/**
 * The canonical form of a rendition: the text that names the variant in the database.
 */
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
 * Writes the name of a variant from its rendition. The keys have a fixed order, and fields with
 * their default value are left out. A name cannot be empty: the MP4 with every default is `f_mp4`.
 */
export function writeCanonicalForm(rendition: Rendition): string {
  const { kind, format } = rendition
  const omitted = fieldDefaults(format, NAME_DEFAULTS)
  return writeKeys(rendition, [omitted], NAME_DEFAULTS.formats[kind] === format)
}

/**
 * Reads the rendition of a canonical form. The current defaults of requests have no effect on it.
 */
export function readCanonicalForm(name: string): Rendition {
  return toRendition(parseTransformation(name, NAME_DEFAULTS), NAME_DEFAULTS)
}

/**
 * Writes the text that requests a stored variant. It equals the name as long as requests and names
 * have the same defaults. A key with different defaults is written even if the name leaves it out.
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

/**
 * Writes the keys in their fixed order. Leaves out a key if every object of `omitted` has the
 * rendition's value.
 */
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

/** Kinds of rendition whose name is also their value of `t`. */
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
