/**
 * Edit step: draws a still image over the background colour, if the image can have transparent
 * parts and the output cannot.
 */
import type { FileVideo } from '../editedOutput.ts'
import type { VideoStream } from '../../probe/probe.ts'

/** Pixel formats with transparency. A palette can have transparent colours. */
const TRANSPARENT = /^(rgba|bgra|argb|abgr|gbrap|ya\d|yuva|ayuv|pal8)/

/**
 * True for a stream of one frame, such as a still image, that can have transparent parts. In other
 * streams, transparency is ignored.
 */
export function isTransparentStill({ frames, pixelFormat }: VideoStream): boolean {
  return frames === 1 && TRANSPARENT.test(pixelFormat)
}

export function flattenTransparency({ name, video, edits, pixels }: FileVideo): string[] {
  if (pixels === 'rgba' || !isTransparentStill(video)) {
    return []
  }
  const colour = edits.background === 'blur' ? '000000' : edits.background
  const [red, green, blue] = [0, 2, 4].map((start) =>
    Number.parseInt(colour.slice(start, start + 2), 16),
  )
  const [copy, frame, back] = [`[${name}_copy]`, `[${name}_over]`, `[${name}_back]`]
  const chains = [
    `format=rgba,split${copy}${frame}`,
    `${copy}lutrgb=r=${red}:g=${green}:b=${blue}:a=255${back}`,
    `${back}${frame}overlay=format=rgb`,
  ]
  return [chains.join(';')]
}
