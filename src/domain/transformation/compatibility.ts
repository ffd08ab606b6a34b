/** The combinations of transformation keys that are rejected. */
import { quote } from '../../contract/quote.ts'
import { containerCodecs } from '../../contract/codecs.ts'
import { type GrammarDefaults, isSameValue, NAME_DEFAULTS } from '../../contract/defaults.ts'
import { listExtensions, listWatermarkExtensions, readExtension } from '../../contract/fileTypes.ts'
import { type FieldKey, type Key, readField } from '../../contract/keys.ts'
import { type Kind, RENDITIONS } from '../../contract/rendition.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { readFormat } from './kind.ts'
import { TransformationError } from './transformationError.ts'

const KIND_NAMES: Record<Kind, string> = {
  video: 'a video',
  stream: 'a stream (f_hls)',
  audio: 'an audio file',
  image: 'an image',
  preview: 'a preview (t_preview)',
  sprite: 'a storyboard (t_sprite)',
  wave: 'a waveform (t_wave)',
  probe: 'a probe (f_json)',
}
const TRIM_KEYS: readonly Key[] = ['so', 'eo']
const CHANGES_AUDIO = ['ln', 'sp', 'cat', 'fi', 'fo'] as const

/** @throws TransformationError if a key does not apply to the kind, or keys cannot be combined */
export function checkCompatibility(t: Transformation, kind: Kind, defaults: GrammarDefaults): void {
  for (const key of Object.keys(t) as Key[]) {
    if (t[key] !== undefined && !appliesTo(key, kind)) {
      throw new TransformationError(describeOtherKind(key, kind))
    }
  }
  const problem =
    findFrameProblem(t, kind) ??
    findCodecProblem(t, readFormat(kind, t.f, defaults)) ??
    findFileProblem(t)
  if (problem !== null) {
    throw new TransformationError(problem)
  }
}

/** True if renditions of the kind have the field of the key, and for keys that set no field. */
function appliesTo(key: Key, kind: Kind): boolean {
  return key === 'f' || key === 't' || key === 'n' || readField(key) in RENDITIONS[kind].shape
}

function describeOtherKind(key: Key, kind: Kind): string {
  if (kind === 'image' && TRIM_KEYS.includes(key)) {
    return 'so and eo trim a video. For one frame use tt.'
  }
  if (key === 'tt') {
    return 'tt selects a frame, so it requires t_true or an image format.'
  }
  return `${key} cannot be used for ${KIND_NAMES[kind]}.`
}

function findFrameProblem(t: Transformation, kind: Kind): string | null {
  if (t.eo !== undefined && t.eo <= (t.so ?? 0)) {
    return `eo (${t.eo}) must be greater than so (${t.so ?? 0}).`
  }
  if (t.c === 'crop' && t.w === undefined && t.h === undefined) {
    return 'c_crop requires w, h or both.'
  }
  if ((t.fx === undefined) !== (t.fy === undefined)) {
    return 'fx and fy are the coordinates of one point: give both.'
  }
  if (t.fx !== undefined && t.g !== undefined) {
    return 'fx and fy replace g: give either fx and fy, or g.'
  }
  if (t.tt !== undefined && t.t === 'best') {
    return 't_best chooses the time of the frame itself: remove tt.'
  }
  if (t.b === 'blur' && kind === 'wave') {
    return 'b must be six hexadecimal digits, black or white for a waveform, which has no frame to blur.'
  }
  if (t.lad !== undefined && new Set(t.lad).size !== t.lad.length) {
    return `lad must not repeat a size (got "${t.lad.join('+')}").`
  }
  return null
}

function findCodecProblem(t: Transformation, format: string): string | null {
  const codecs = containerCodecs(format)
  if (t.sz !== undefined && (t.q !== undefined || t.br !== undefined)) {
    return 'sz replaces q and br: remove them, or remove sz.'
  }
  if (t.vc !== undefined && !codecs?.video.includes(t.vc)) {
    return `${format} does not accept ${t.vc}: vc must be one of ${codecs?.video.join(', ')}, or choose another format (f).`
  }
  if (t.ac !== undefined && !codecs?.audio.includes(t.ac)) {
    return `${format} does not accept ${t.ac} audio: ac must be one of ${codecs?.audio.join(', ')}, or choose another format (f).`
  }
  const change = CHANGES_AUDIO.find((key) => isChanged(t, key))
  return t.ac === 'copy' && change !== undefined
    ? `ac_copy leaves the audio unchanged, but ${change} changes it: remove one of them.`
    : null
}

/** True if a key is set to a value other than its default. The default has no effect. */
function isChanged(t: Transformation, key: Exclude<FieldKey, 'vc' | 'ac'>): boolean {
  const field = readField(key) as keyof typeof NAME_DEFAULTS.fields
  return t[key] !== undefined && !isSameValue(t[key], NAME_DEFAULTS.fields[field])
}

function findFileProblem({ wm, st }: Transformation): string | null {
  const images: readonly (string | null)[] = listWatermarkExtensions()
  if (wm !== undefined && !images.includes(readExtension(wm))) {
    return `wm must be an image that ends in .${images.slice(0, -1).join(', .')} or .${images.at(-1)} (got ${quote(wm)}).`
  }
  const subtitles: readonly (string | null)[] = listExtensions('subtitles')
  return st !== undefined && !subtitles.includes(readExtension(st))
    ? `st must be subtitles that end in .${subtitles.join(' or .')} (got ${quote(st)}).`
    : null
}
