/** Which keys of a transformation go together. */
import { type GrammarDefaults, isSameValue, NAME_DEFAULTS } from '../../contract/defaults.ts'
import { type Kind, RENDITIONS } from '../../contract/rendition.ts'
import type { Key, Transformation } from '../../contract/transformation.ts'
import { containerCodecs } from '../../contract/codecs.ts'
import { listExtensions, readExtension } from '../../contract/fileTypes.ts'
import { FIELDS } from './fields.ts'
import { readFormat } from './kind.ts'
import { TransformationError } from './transformationError.ts'

const CUTS: readonly Key[] = ['so', 'eo']
const NAMES: Record<Kind, string> = {
  video: 'a video',
  stream: 'a stream (f_hls)',
  audio: 'sound alone',
  image: 'one frame',
  preview: 'a preview',
  sprite: 'a storyboard (t_sprite)',
  wave: 'a waveform (t_wave)',
  probe: 'what a probe finds (f_json)',
}
const CHOOSES: readonly Key[] = ['f', 't', 'n']
/** Sound that is copied stays as it is. */
const CHANGES_SOUND = ['ln', 'sp', 'cat', 'fi', 'fo'] as const
const IMAGES = listExtensions('image')
const SUBTITLES = listExtensions('subtitles')

function endsIn(path: string, extensions: readonly string[]) {
  return extensions.includes(readExtension(path) ?? '')
}

/** Whether a key means anything for a kind: whether renditions of it have its field. */
function belongs(key: Key, kind: Kind) {
  return CHOOSES.includes(key) || FIELDS[key as keyof typeof FIELDS] in RENDITIONS[kind].shape
}

/** @throws TransformationError that says which keys are at odds, and what would be right */
export function checkCompatibility(t: Transformation, kind: Kind, defaults: GrammarDefaults): void {
  const reject = (message: string): never => {
    throw new TransformationError(message)
  }
  for (const key of Object.keys(t) as Key[]) {
    if (t[key] === undefined || belongs(key, kind)) {
      continue
    }
    if (kind === 'image' && CUTS.includes(key)) {
      reject('so and eo cut a video; for one frame use tt')
    }
    if (key === 'tt') {
      reject('tt says which frame, so it needs t_true or an image format')
    }
    reject(`${key} has no meaning for ${NAMES[kind]}`)
  }
  const format = readFormat(kind, t.f, defaults)
  const codecs = containerCodecs(format)
  if (t.eo !== undefined && t.eo <= (t.so ?? 0)) {
    reject(`eo (${t.eo}) must be greater than so (${t.so ?? 0})`)
  }
  if (t.c === 'crop' && t.w === undefined && t.h === undefined) {
    reject('c_crop needs w, h or both')
  }
  if ((t.fx === undefined) !== (t.fy === undefined)) {
    reject('fx and fy are the two sides of one point: give both')
  }
  if (t.fx !== undefined && t.g !== undefined) {
    reject('fx and fy say what g says: give one of them')
  }
  if (t.tt !== undefined && t.t === 'best') {
    reject('t_best looks for the second itself: leave tt out')
  }
  if (t.sz !== undefined && (t.q !== undefined || t.br !== undefined)) {
    reject('sz takes the place of q and br: leave them out')
  }
  if (t.vc !== undefined && !codecs?.video.includes(t.vc)) {
    reject(`${format} does not hold ${t.vc}: see vc and f in the documentation of the keys`)
  }
  if (t.ac !== undefined && !codecs?.audio.includes(t.ac)) {
    reject(`${format} does not hold ${t.ac} sound: see ac and f in the documentation of the keys`)
  }
  const changes =
    t.ac === 'copy' &&
    CHANGES_SOUND.find(
      (key) => t[key] !== undefined && !isSameValue(t[key], NAME_DEFAULTS.fields[FIELDS[key]]),
    )
  if (changes) {
    reject(`ac_copy keeps the sound as it is, and ${changes} changes it: leave one out`)
  }
  if (t.b === 'blur' && kind === 'wave') {
    reject('b_blur blurs a picture, and a waveform has none: b takes six hex digits here')
  }
  if (t.wm !== undefined && !endsIn(t.wm, IMAGES)) {
    reject(`wm takes an image, which is to end in .${IMAGES.join(', .')}; not ${t.wm}`)
  }
  if (t.st !== undefined && !endsIn(t.st, SUBTITLES)) {
    reject(`st takes subtitles, which are to end in .${SUBTITLES.join(' or .')}; not ${t.st}`)
  }
  if (t.lad !== undefined && new Set(t.lad).size !== t.lad.length) {
    reject('lad names a size twice')
  }
}
