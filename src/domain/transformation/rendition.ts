/**
 * From a transformation to the rendition that a runner makes, and from that to the one canonical
 * text that names the variant.
 */
import { type Kind, type Rendition, rendition as schema } from '../../contract/rendition.ts'
import type { Key, Transformation } from '../../contract/transformation.ts'
import { containerCodecs } from '../../contract/codecs.ts'
import { DEFAULTS, type Field, FIELDS, type Filling } from './fields.ts'
import { FORMATS_OF, formatOf, kindOf } from './kind.ts'
import { KEYS, parseTransformation, writeValue } from './grammar.ts'

const NAMED_COLOURS: Record<string, string> = { black: '000000', white: 'ffffff' }
function colour(text: string) {
  return NAMED_COLOURS[text.toLowerCase()] ?? text.toLowerCase()
}

type Fields = Record<Field, unknown>
const SILENT: readonly unknown[] = ['none']
/** Sound that has the bit rate which it has. */
const UNRATED: readonly unknown[] = ['none', 'copy', 'pcm']

function defaultsOf(format: Rendition['format']): Fields {
  return {
    ...DEFAULTS,
    videoCodec: containerCodecs(format)?.video[0] ?? 'h264',
    audioCodec: containerCodecs(format)?.audio[0] ?? 'none',
  }
}

/** Every default filled in. Keys that have no effect beside the others fall away here. */
export function toRendition(t: Transformation): Rendition {
  if (t.n !== undefined) {
    throw new Error('a preset is put in place before it comes to this')
  }
  const kind = kindOf(t)
  const format = formatOf(kind, t.f)
  const fields: Fields = defaultsOf(format)
  for (const [key, field] of Object.entries(FIELDS) as [Filling, Field][]) {
    if (t[key] !== undefined) {
      fields[field] = t[key]
    }
  }
  const pick = t.t === 'best' ? 'best' : 'at'
  return schema.parse({ ...withEffect(fields, kind), kind, format, pick })
}

/** Sets back what changes nothing beside the rest, so that one thing has one name. */
function withEffect(fields: Fields, kind: Kind): Fields {
  const byDefault = (names: (keyof typeof DEFAULTS)[]) =>
    Object.fromEntries(names.map((name) => [name, DEFAULTS[name]]))
  const bothSides = fields.width !== null && fields.height !== null
  const resizeMode = bothSides || fields.resizeMode === 'crop' ? fields.resizeMode : 'fill'
  const crops = resizeMode === 'crop' || (resizeMode === 'fill' && bothSides)
  return {
    ...fields,
    resizeMode,
    waveformColor: colour(String(fields.waveformColor)),
    background: colour(String(fields.background)),
    ladder: (fields.ladder as number[]).toSorted((one, other) => one - other),
    ...(!crops && byDefault(['gravity', 'focusX', 'focusY'])),
    ...(resizeMode !== 'pad' && kind !== 'wave' && byDefault(['background'])),
    ...(fields.watermark === null &&
      byDefault(['watermarkGravity', 'watermarkSize', 'watermarkOpacity'])),
    ...(fields.subtitles === null && byDefault(['subtitleMode'])),
    ...(fields.startSeconds === 0 && fields.endSeconds === null && byDefault(['trimMode'])),
    ...(SILENT.includes(fields.audioCodec) && byDefault(['audioTrack', 'loudness'])),
    ...(UNRATED.includes(fields.audioCodec) && byDefault(['audioKbps'])),
    // The size decides on the bit rate, and with it on the quality.
    ...(fields.sizeKilobytes !== null && byDefault(['quality', 'videoKbps'])),
  } as Fields
}

/**
 * The one text that names a variant: the same for every order of pairs, and with or without
 * defaults spelled out. Written from the rendition, so two texts that mean the same rendition
 * cannot differ. The default MP4 is `f_mp4`, since a name may not be empty.
 */
export function canonicalForm(rendition: Rendition): string {
  const defaults = defaultsOf(rendition.format)
  const fields = rendition as Partial<Fields>
  const chosen = choiceOf(rendition)
  const text = KEYS.flatMap((key) => {
    const field = FIELDS[key as Filling] as Field | undefined
    const value = field === undefined ? chosen[key] : fields[field]
    const byDefault = field !== undefined && same(value, defaults[field])
    return value === undefined || value === null || byDefault
      ? []
      : [`${key}_${writeValue(key, value)}`]
  })
  return text.join(',') || 'f_mp4'
}

/** What `t` and `f` have to say for the rendition to be of its kind and format. */
function choiceOf({ kind, format, ...rest }: Rendition): Partial<Record<Key, unknown>> {
  const frame = 'pick' in rest && rest.pick === 'best' ? 'best' : true
  const t = kind === 'image' ? frame : NAMED_BY_T.find((name) => name === kind)
  const implied = (kind === 'video' || t !== undefined) && format === FORMATS_OF[kind][0]
  return { t, f: implied ? undefined : format }
}

const NAMED_BY_T = ['sprite', 'wave', 'preview'] as const
function same(one: unknown, other: unknown) {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The rendition that a canonical form names. */
export function renditionOf(canonical: string) {
  return toRendition(parseTransformation(canonical))
}
