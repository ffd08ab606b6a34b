/** The fields of a rendition by which its source is edited. */
import type { Rendition, RenditionOf } from '../../../src/contract/rendition.ts'

type Video = RenditionOf<'video'>

export type Edits = { kind: Rendition['kind'] } & Pick<
  Video,
  | ('width' | 'height' | 'resizeMode' | 'gravity' | 'focusX' | 'focusY' | 'background')
  | ('rotate' | 'flip' | 'watermark' | 'watermarkGravity' | 'watermarkSize' | 'watermarkOpacity')
  | ('startSeconds' | 'endSeconds' | 'speed' | 'append' | 'frameRate' | 'audioTrack')
  | ('fadeInSeconds' | 'fadeOutSeconds' | 'subtitles' | 'subtitleMode')
>

/** A rendition of any kind. A field that it lacks has its default, which edits nothing. */
export type RequestedEdits = { kind: Rendition['kind'] } & Partial<Edits>
