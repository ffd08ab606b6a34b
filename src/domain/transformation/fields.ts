/** Which field of a rendition each key of a transformation fills. */
import type { Field } from '../../contract/defaults.ts'
import type { Key } from '../../contract/transformation.ts'

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
