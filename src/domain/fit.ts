/** Which jobs a runner can do, by what it says that it has. */
import type { ClaimRequest } from '../contract/runner.ts'
import type { Rendition } from '../contract/rendition.ts'
import { IMAGE_FORMATS, VIDEO_FORMATS } from '../contract/transformation.ts'

type Format = Rendition['format']
export const FORMATS: readonly Format[] = [...VIDEO_FORMATS, ...IMAGE_FORMATS]

/** What of ffmpeg each format takes. */
const ENCODERS: Partial<Record<Format, readonly string[]>> = {
  mp4: ['libx264', 'aac'],
  mov: ['libx264', 'aac'],
  mkv: ['libx264', 'aac'],
  webm: ['libvpx-vp9', 'libopus'],
  jpg: ['mjpeg'],
  png: ['png'],
  webp: ['libwebp'],
}

/** What a runner cannot do. Nothing given: it can do all. */
export interface Fit {
  /**
   * Videos made of larger sources are not for it. The source is read by ranges and never stored, but a
   * result is seldom larger than its source, and it has to fit. A single frame always does.
   */
  diskBytes?: number
  /** Formats that it has no encoders for. */
  lacks?: Format[]
}

export function fitOf({ diskBytes, encoders }: ClaimRequest['runner']): Fit {
  const lacks = FORMATS.filter((format) =>
    ENCODERS[format]?.some((encoder) => encoders && !encoders.includes(encoder)),
  )
  return { ...(diskBytes !== undefined && { diskBytes }), lacks }
}
