/** The kind of variant that a transformation requests, and its format. */
import { type GrammarDefaults, REQUEST_DEFAULTS } from '../../contract/defaults.ts'
import { type Format, FORMATS_BY_KIND } from '../../contract/formats.ts'
import type { Kind, Rendition } from '../../contract/rendition.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { TransformationError } from './transformationError.ts'

const FORMATS: Record<Kind, readonly Format[]> = FORMATS_BY_KIND

/**
 * Without `t`, the kind is the first in this list that has the format `f`. For example, `f_webp` is
 * an image, although a preview can be WebP too.
 */
const KINDS_BY_FORMAT: readonly Kind[] = ['video', 'stream', 'audio', 'image', 'preview', 'probe']

/** @throws TransformationError if the kind that `t` requests does not have the format `f` */
export function readKind({ t, f }: Transformation): Kind {
  if (t === undefined) {
    return KINDS_BY_FORMAT.find((kind) => f === undefined || FORMATS[kind].includes(f))!
  }
  const kind = t === true || t === 'best' ? 'image' : t
  if (f !== undefined && !FORMATS[kind].includes(f)) {
    throw new TransformationError(
      `t_${t} makes ${kind === 'image' ? 'an image' : `a ${kind}`}, so f must be one of ${FORMATS[kind].join(', ')} (got "${f}").`,
    )
  }
  return kind
}

/** Returns `hls` for every stream: HLS and DASH share their segments, so they are one variant. */
export function readFormat(
  kind: Kind,
  f: Format | undefined,
  defaults: GrammarDefaults = REQUEST_DEFAULTS,
): Rendition['format'] {
  return kind === 'stream' ? 'hls' : ((f ?? defaults.formats[kind]) as Rendition['format'])
}
