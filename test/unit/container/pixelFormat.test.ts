import { expect, it } from 'vitest'
import { isRgb, readBitDepth } from '../../../container/ffmpeg/probe/pixelFormat.ts'

it.each([
  ['yuv420p', 8],
  ['yuvj420p', 8],
  ['yuv420p10le', 10],
  ['gbrp12be', 12],
  ['p010le', 10],
  ['nv12', 8],
  ['nv20le', 10],
  ['rgb24', 8],
  ['rgb48be', 16],
  ['gray16le', 16],
  ['monob', 1],
  ['unknown', null],
] as const)('a sample of %s has %s bits', (format, bits) => {
  expect(readBitDepth(format)).toBe(bits)
})

it('RGB is distinguished from YUV and grey', () => {
  for (const format of ['rgb24', '0bgr', 'gbrap10le', 'x2rgb10le', 'bgra64le', 'pal8']) {
    expect(isRgb(format)).toBe(true)
  }
  for (const format of ['yuv420p', 'gray10le', 'nv12', 'xyz12le']) {
    expect(isRgb(format)).toBe(false)
  }
})
