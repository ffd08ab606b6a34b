/** Which kind of variant a transformation asks for, and in which format. */
import type { Kind, Rendition } from '../../contract/rendition.ts'
import { type Format, FORMATS_BY_KIND } from '../../contract/formats.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { TransformationError } from './transformationError.ts'

/** The formats of each kind, its default first. */
export const FORMATS_OF: Record<Kind, readonly Format[]> = FORMATS_BY_KIND

/** Without `t` the format decides. WebP may be a picture or a moving one: then it is the picture. */
const BY_FORMAT: readonly Kind[] = ['video', 'stream', 'audio', 'image', 'preview', 'probe']

/** @throws TransformationError when `t` and `f` are at odds */
export function kindOf({ t, f }: Transformation): Kind {
  if (t === undefined) {
    return BY_FORMAT.find((kind) => f === undefined || FORMATS_OF[kind].includes(f))!
  }
  const kind = t === true || t === 'best' ? 'image' : t
  if (f !== undefined && !FORMATS_OF[kind].includes(f)) {
    throw new TransformationError(
      `t_${t} makes ${kind === 'image' ? 'an image' : `a ${kind}`}, so f must be ${FORMATS_OF[kind].join(', ')}, not ${f}`,
    )
  }
  return kind
}

/** DASH and HLS are two lists of the same segments, so they are one variant. */
export function formatOf(kind: Kind, f: Format | undefined): Rendition['format'] {
  return kind === 'stream' ? 'hls' : ((f ?? FORMATS_OF[kind][0]) as Rendition['format'])
}
