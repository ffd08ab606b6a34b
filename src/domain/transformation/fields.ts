/** Which field of a rendition each key of a transformation fills. */
import type { Rendition, RenditionOf } from '../../contract/rendition.ts'
import type { Key } from '../../contract/transformation.ts'

type FieldOf<R> = R extends unknown ? keyof R : never
export type Field = Exclude<FieldOf<Rendition>, 'kind' | 'format' | 'pick'>
/** `f` and `t` choose the kind, and `n` stands for other keys. */
export type Filling = Exclude<Key, 'f' | 't' | 'n'>

export const FIELDS = {
  w: 'width',
  h: 'height',
  c: 'resizeMode',
  g: 'gravity',
  fx: 'focusX',
  fy: 'focusY',
  b: 'background',
  q: 'quality',
  p: 'encoderSpeed',
  vc: 'videoCodec',
  br: 'videoKbps',
  sz: 'sizeKilobytes',
  fps: 'frameRate',
  ac: 'audioCodec',
  ab: 'audioKbps',
  at: 'audioTrack',
  ln: 'loudness',
  so: 'startSeconds',
  eo: 'endSeconds',
  cut: 'trimMode',
  sp: 'speed',
  cat: 'append',
  r: 'rotate',
  fl: 'flip',
  wm: 'watermark',
  wg: 'watermarkGravity',
  ws: 'watermarkSize',
  wo: 'watermarkOpacity',
  st: 'subtitles',
  sm: 'subtitleMode',
  fi: 'fadeInSeconds',
  fo: 'fadeOutSeconds',
  md: 'metadata',
  lad: 'ladder',
  sd: 'segmentSeconds',
  tt: 'atSeconds',
  si: 'intervalSeconds',
  sc: 'columns',
  wc: 'waveformColor',
} as const satisfies Record<Filling, Field>

/** Those that do not depend on the format. */
export const DEFAULTS: Record<Exclude<Field, 'videoCodec' | 'audioCodec'>, unknown> = {
  width: null,
  height: null,
  resizeMode: 'fill',
  gravity: 'center',
  focusX: null,
  focusY: null,
  background: '000000',
  quality: 60,
  encoderSpeed: 'balanced',
  videoKbps: null,
  sizeKilobytes: null,
  frameRate: null,
  audioKbps: 128,
  audioTrack: 1,
  loudness: null,
  startSeconds: 0,
  endSeconds: null,
  trimMode: 'exact',
  speed: 1,
  append: [],
  rotate: 0,
  flip: 'none',
  watermark: null,
  watermarkGravity: 'south_east',
  watermarkSize: 15,
  watermarkOpacity: 100,
  subtitles: null,
  subtitleMode: 'track',
  fadeInSeconds: 0,
  fadeOutSeconds: 0,
  metadata: 'strip',
  ladder: [],
  segmentSeconds: 4,
  atSeconds: 0,
  intervalSeconds: null,
  columns: 10,
  waveformColor: 'ffffff',
} satisfies { [F in Exclude<Field, 'videoCodec' | 'audioCodec'>]: RenditionOfAny[F] }

type RenditionOfAny = RenditionOf<'video'> &
  Omit<RenditionOf<'stream'>, 'kind' | 'format'> &
  Pick<RenditionOf<'image'>, 'atSeconds'> &
  Pick<RenditionOf<'sprite'>, 'intervalSeconds' | 'columns'> &
  Pick<RenditionOf<'wave'>, 'waveformColor'>
