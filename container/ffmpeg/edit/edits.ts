/** The fields of a rendition by which its source is edited, and what each is where there is none. */
import type { Rendition, RenditionOf } from '../../../src/contract/rendition.ts'

type Video = RenditionOf<'video'>

export type FullEdits = { kind: Rendition['kind'] } & Pick<
  Video,
  | ('width' | 'height' | 'resizeMode' | 'gravity' | 'focusX' | 'focusY' | 'background')
  | ('rotate' | 'flip' | 'watermark' | 'watermarkGravity' | 'watermarkSize' | 'watermarkOpacity')
  | ('startSeconds' | 'endSeconds' | 'speed' | 'append' | 'frameRate' | 'audioTrack')
  | ('fadeInSeconds' | 'fadeOutSeconds' | 'subtitles' | 'subtitleMode')
>

/** A rendition of any kind; of fields that it lacks, nothing is edited. */
export type Edits = { kind: Rendition['kind'] } & Partial<FullEdits>

export const NO_EDITS: Omit<FullEdits, 'kind'> = {
  width: null,
  height: null,
  resizeMode: 'fill',
  gravity: 'center',
  focusX: null,
  focusY: null,
  background: '000000',
  rotate: 0,
  flip: 'none',
  watermark: null,
  watermarkGravity: 'south_east',
  watermarkSize: 15,
  watermarkOpacity: 100,
  startSeconds: 0,
  endSeconds: null,
  speed: 1,
  append: [],
  frameRate: null,
  audioTrack: 1,
  fadeInSeconds: 0,
  fadeOutSeconds: 0,
  subtitles: null,
  subtitleMode: 'track',
}
