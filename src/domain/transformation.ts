/**
 * The URL grammar of transformations: text to object, object to its one canonical text, and
 * object to the rendition that a runner makes. The keys and their limits are the contract's.
 */
import {
  IMAGE_FORMATS,
  type Rendition,
  type Transformation,
  transformation as schema,
  VIDEO_FORMATS,
} from '../contract/transformation.ts'

type Key = keyof Transformation
/** Also the order of the canonical form. */
const KEYS = Object.keys(schema.shape) as Key[]
const NUMERIC: readonly Key[] = ['w', 'h', 'q', 'so', 'eo', 'tt']
/** Plain decimals only: no sign, exponent or leading zero, at most milliseconds. */
const NUMBER = /^(0|[1-9]\d{0,6})(\.\d{1,3})?$/
const PAIR = /^([a-z]+)_(.*)$/
const NAMED_COLOURS: Record<string, string> = { black: '000000', white: 'ffffff' }

/** What a caller wrote cannot be read or makes no sense; `message` is for them. */
export class TransformationError extends Error {}

const isKey = (text: string): text is Key => (KEYS as string[]).includes(text)
const isImage = (format: string | undefined): format is (typeof IMAGE_FORMATS)[number] =>
  (IMAGE_FORMATS as readonly (string | undefined)[]).includes(format)

/**
 * True when a path segment is meant as a transformation: nothing but key_value pairs and commas,
 * and at least one known key. Such a segment is then parsed, and refused when it is not valid, rather
 * than taken for the name of a folder.
 */
export function looksLikeTransformation(segment: string): boolean {
  const parts = segment.split(',').filter((part) => part !== '')
  const pairs = parts.map((part) => PAIR.exec(part))
  return pairs.every((pair) => pair !== null) && pairs.some((pair) => isKey(pair![1]!))
}

/** The accepted values of a key, in words, from the contract's own description. */
const accepted = (key: Key) => `${key}: ${schema.shape[key].description}`

function readValue(key: Key, text: string): unknown {
  if (key === 't') return text === 'true' ? true : text
  if (NUMERIC.includes(key) && NUMBER.test(text)) return Number(text)
  return text
}

/**
 * Reads `w_640,q_60` into an object. Throws TransformationError when a pair is malformed, twice
 * there, unknown, out of range, or at odds with another.
 */
export function parseTransformation(text: string): Transformation {
  const pairs: Record<string, unknown> = {}
  for (const part of text.split(',')) {
    const pair = PAIR.exec(part)
    if (!pair) throw new TransformationError(`"${part}" is not a key_value pair such as w_640`)
    const [, key, value] = pair as unknown as [string, string, string]
    if (!isKey(key))
      throw new TransformationError(`"${key}" is not a key; the keys are ${KEYS.join(', ')}`)
    if (key in pairs) throw new TransformationError(`the key "${key}" is there twice`)
    pairs[key] = readValue(key, value)
  }
  return checkTransformation(pairs)
}

/** Checks the object form as `parseTransformation` checks the text. */
export function checkTransformation(value: unknown): Transformation {
  const result = schema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const key = String(issue.path[0] ?? '')
    throw new TransformationError(
      isKey(key) ? `not a valid value for ${accepted(key)}` : issue.message,
    )
  }
  return checkTogether(result.data)
}

function checkTogether(t: Transformation): Transformation {
  const image = t.t === true || isImage(t.f)
  if (t.t === true && t.f !== undefined && !isImage(t.f))
    throw new TransformationError(
      `t_true makes an image, so f must be ${IMAGE_FORMATS.join(', ')}, not ${t.f}`,
    )
  if (image && (t.so !== undefined || t.eo !== undefined))
    throw new TransformationError('so and eo cut a video; for one frame use tt')
  if (!image && t.tt !== undefined)
    throw new TransformationError('tt says which frame, so it needs t_true or an image format')
  if (t.eo !== undefined && t.eo <= (t.so ?? 0))
    throw new TransformationError(`eo (${t.eo}) must be greater than so (${t.so ?? 0})`)
  if (t.c === 'crop' && t.w === undefined && t.h === undefined)
    throw new TransformationError('c_crop needs w, h or both')
  return t
}

const colour = (b: string | undefined) => {
  const name = (b ?? 'black').toLowerCase()
  return NAMED_COLOURS[name] ?? name
}

/** Every default filled in. Keys that have no effect beside the others fall away here. */
export function toRendition(t: Transformation): Rendition {
  const bothSides = t.w !== undefined && t.h !== undefined
  const fit = bothSides || t.c === 'crop' ? (t.c ?? 'fill') : 'fill'
  const crops = (fit === 'fill' && bothSides) || fit === 'crop'
  const frame = {
    width: t.w ?? null,
    height: t.h ?? null,
    fit,
    gravity: crops ? (t.g ?? 'center') : ('center' as const),
    background: fit === 'pad' ? colour(t.b) : '000000',
    quality: t.q ?? 60,
  }
  if (t.t === true || isImage(t.f))
    return { kind: 'image', format: isImage(t.f) ? t.f : 'jpg', ...frame, atSeconds: t.tt ?? 0 }
  return {
    kind: 'video',
    format: VIDEO_FORMATS.find((format) => format === t.f) ?? 'mp4',
    ...frame,
    startSeconds: t.so ?? 0,
    endSeconds: t.eo ?? null,
  }
}

/**
 * The one text that names a variant: the same for every order of pairs, and with or without
 * defaults spelled out. Written from the rendition, so two texts that mean the same rendition
 * cannot differ. The default MP4 is `f_mp4`, since a name may not be empty.
 */
export function canonicalForm(rendition: Rendition): string {
  const r = rendition
  const pairs: Partial<Record<Key, string | number | boolean | null>> = {
    w: r.width,
    h: r.height,
    c: r.fit === 'fill' ? null : r.fit,
    g: r.gravity === 'center' ? null : r.gravity,
    b: r.background === '000000' ? null : r.background,
    q: r.quality === 60 ? null : r.quality,
    ...(r.kind === 'image'
      ? { f: r.format === 'jpg' ? null : r.format, t: true, tt: r.atSeconds || null }
      : { so: r.startSeconds || null, eo: r.endSeconds, f: r.format === 'mp4' ? null : r.format }),
  }
  const text = KEYS.filter((key) => (pairs[key] ?? null) !== null).map(
    (key) => `${key}_${pairs[key]}`,
  )
  return text.join(',') || 'f_mp4'
}

/** The rendition that a canonical form names. */
export const renditionOf = (canonical: string) => toRendition(parseTransformation(canonical))
