/** What the name of a pixel format says. */

/** `yuv420p10le`, `gray12be`, `gbrapf32le`: the depth of a sample stands before its byte order. */
const DEEP = /(?:p|gray|ya|y|x2rgb|x2bgr|gbrp|gbrap|gbrpf|gbrapf|grayf)(9|10|12|14|16|32)(?:le|be)$/
/** `p010le`, `p216be`, `nv20le`: interleaved chroma, as hardware has it. */
const INTERLEAVED = /^p[024](10|12|16)(?:le|be)$/
/** Named by the bits of a whole pixel. */
const WHOLE_PIXEL = /^(?:rgb48|bgr48|rgba64|bgra64|ayuv64)/

/** @returns bits of a sample; null when the format is not known */
export function bitDepth(pixelFormat: string | null): number | null {
  if (pixelFormat === null || pixelFormat === 'unknown') {
    return null
  }
  if (WHOLE_PIXEL.test(pixelFormat)) {
    return 16
  }
  if (pixelFormat.startsWith('nv20')) {
    return 10
  }
  if (pixelFormat.startsWith('mono')) {
    return 1
  }
  const [, depth] = DEEP.exec(pixelFormat) ?? INTERLEAVED.exec(pixelFormat) ?? []
  return depth === undefined ? 8 : Number(depth)
}
