/** Converts a transformation to a rendition by filling in every default. */
import { type AudioCodec, HAS_BIT_RATE } from '../../contract/codecs.ts'
import {
  type Field,
  fieldDefaults,
  type GrammarDefaults,
  NAME_DEFAULTS,
  REQUEST_DEFAULTS,
} from '../../contract/defaults.ts'
import { type Kind, type Rendition, rendition as schema } from '../../contract/rendition.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { FIELD_KEYS, readField } from '../../contract/keys.ts'
import { readFormat, readKind } from './kind.ts'

const NAMED_COLORS: Record<string, string> = { black: '000000', white: 'ffffff' }
function readColor(text: string) {
  return NAMED_COLORS[text.toLowerCase()] ?? text.toLowerCase()
}

type Fields = Record<Field, unknown>
const NO_AUDIO: readonly unknown[] = ['none']

/**
 * Fills in the defaults of a transformation without a preset, and resets fields that other
 * fields make ineffective, so that they do not change the name of the variant.
 *
 * @throws TransformationError if `t` and `f` contradict each other
 */
export function toRendition(
  t: Transformation,
  defaults: GrammarDefaults = REQUEST_DEFAULTS,
): Rendition {
  if (t.n !== undefined) {
    throw new Error('The preset must be expanded before the rendition is built.')
  }
  const kind = readKind(t)
  const format = readFormat(kind, t.f, defaults)
  const fields: Fields = fieldDefaults(format, defaults)
  for (const key of FIELD_KEYS) {
    if (t[key] !== undefined) {
      fields[readField(key)] = t[key]
    }
  }
  const pick = t.t === 'best' ? 'best' : 'at'
  return schema.parse({ ...resetIneffective(fields, kind), kind, format, pick })
}

/**
 * Resets fields that other fields make ineffective to their defaults, so that names leave them out:
 * for example the gravity if nothing is cropped.
 */
function resetIneffective(fields: Fields, kind: Kind): Fields {
  const reset = (names: (keyof typeof NAME_DEFAULTS.fields)[]) =>
    Object.fromEntries(names.map((name) => [name, NAME_DEFAULTS.fields[name]]))
  const bothSides = fields.width !== null && fields.height !== null
  const resizeMode = bothSides || fields.resizeMode === 'crop' ? fields.resizeMode : 'fill'
  const crops = resizeMode === 'crop' || (resizeMode === 'fill' && bothSides)
  return {
    ...fields,
    resizeMode,
    waveformColor: readColor(String(fields.waveformColor)),
    background: readColor(String(fields.background)),
    ladder: (fields.ladder as number[]).toSorted((one, other) => one - other),
    ...(!crops && reset(['gravity', 'focusX', 'focusY'])),
    ...(resizeMode !== 'pad' && kind !== 'wave' && reset(['background'])),
    ...(fields.watermark === null &&
      reset(['watermarkGravity', 'watermarkSize', 'watermarkOpacity'])),
    ...(fields.subtitles === null && reset(['subtitleMode'])),
    ...(fields.startSeconds === 0 && fields.endSeconds === null && reset(['trimMode'])),
    ...(NO_AUDIO.includes(fields.audioCodec) && reset(['audioTrack', 'loudness'])),
    ...(!HAS_BIT_RATE[fields.audioCodec as AudioCodec] && reset(['audioKbps'])),
    // The target size determines the bit rate, and with it the quality.
    ...(fields.sizeKilobytes !== null && reset(['quality', 'videoKbps'])),
  } as Fields
}
