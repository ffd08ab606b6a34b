/** Reads properties of a pixel format from its name. */

/** `yuv420p10le`, `gray12be`, `gbrapf32le`: the depth of a sample precedes the byte order. */
const DEPTH_SUFFIX =
  /(?:p|gray|ya|y|x2rgb|x2bgr|gbrp|gbrap|gbrpf|gbrapf|grayf)(9|10|12|14|16|32)(?:le|be)$/
/** `p010le`, `p216be`: interleaved chroma, as hardware decoders use it. */
const INTERLEAVED = /^p[024](10|12|16)(?:le|be)$/
/** Names with the bits of a whole pixel, such as 48 for three samples of 16 bits. */
const SIXTEEN_BITS = /^(?:rgb48|bgr48|rgba64|bgra64|ayuv64)/

/** @returns bits per sample, 8 when the name has no depth; null when there is no format */
export function readBitDepth(pixelFormat: string | null): number | null {
  if (pixelFormat === null || pixelFormat === 'unknown') {
    return null
  }
  if (SIXTEEN_BITS.test(pixelFormat)) {
    return 16
  }
  if (pixelFormat.startsWith('nv20')) {
    return 10
  }
  if (pixelFormat.startsWith('mono')) {
    return 1
  }
  const [, depth] = DEPTH_SUFFIX.exec(pixelFormat) ?? INTERLEAVED.exec(pixelFormat) ?? []
  return depth === undefined ? 8 : Number(depth)
}

/** True for RGB formats and palettes, whose samples have no colour matrix and full range. */
export function isRgb(pixelFormat: string): boolean {
  return /^(0|a|x|x2)?(rgb|bgr|gbr)|^pal8|^mono/.test(pixelFormat)
}
