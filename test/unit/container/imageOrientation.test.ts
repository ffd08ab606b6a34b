import { describe, expect, it } from 'vitest'
import {
  parseOrientation,
  readImageOrientation,
} from '../../../container/ffmpeg/probe/imageOrientation.ts'

/** EXIF data whose second entry is an orientation. */
function buildExif(order: 'II' | 'MM', { value = 6, type = 3 } = {}): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(8 + 2 + 24 + 4))
  const isLittleEndian = order === 'II'
  view.setUint8(0, order.charCodeAt(0))
  view.setUint8(1, order.charCodeAt(1))
  view.setUint16(2, 42, isLittleEndian)
  view.setUint32(4, 8, isLittleEndian)
  view.setUint16(8, 2, isLittleEndian)
  view.setUint16(10, 0x0100, isLittleEndian)
  view.setUint16(22, 0x0112, isLittleEndian)
  view.setUint16(24, type, isLittleEndian)
  view.setUint32(26, 1, isLittleEndian)
  view.setUint16(30, value, isLittleEndian)
  return new Uint8Array(view.buffer)
}

function text(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0))
}

function chunk(family: 'png' | 'webp', name: string, body: Uint8Array): Uint8Array {
  const length = new DataView(new ArrayBuffer(4))
  length.setUint32(0, body.length, family === 'webp')
  const size = new Uint8Array(length.buffer)
  return family === 'png'
    ? Buffer.concat([size, text(name), body, new Uint8Array(4)])
    : Buffer.concat([text(name), size, body, new Uint8Array(body.length % 2)])
}

function createReader(file: Uint8Array) {
  const calls: number[] = []
  const read = (start: number, end: number) => {
    calls.push(start)
    return Promise.resolve(Buffer.from(file.subarray(start, end)))
  }
  return { read, calls }
}

describe('the orientation in EXIF data', () => {
  it.each(['II', 'MM'] as const)('is read in the byte order %s', (order) => {
    expect(parseOrientation(buildExif(order))).toBe(6)
    expect(parseOrientation(Buffer.concat([text('Exif\0\0'), buildExif(order)]))).toBe(6)
  })

  it.each([
    ['an unknown number', buildExif('II', { value: 9 })],
    ['another type', buildExif('II', { type: 4 })],
    ['truncated data', buildExif('MM').subarray(0, 30)],
    ['other data', text('no EXIF data, but a text')],
    ['no data', new Uint8Array()],
  ])('is 1 for %s', (_, bytes) => {
    expect(parseOrientation(bytes)).toBe(1)
  })
})

describe('the orientation of an image', () => {
  const pixels = new Uint8Array(8_192)
  const exif = buildExif('MM', { value: 8 })

  it.each([
    ['before the pixels', [['eXIf', exif] as const, ['IDAT', pixels] as const]],
    ['after the pixels', [['IDAT', pixels] as const, ['eXIf', exif] as const]],
    [
      'after many chunks of pixels',
      [...Array.from({ length: 500 }, () => ['IDAT', pixels] as const), ['eXIf', exif] as const],
    ],
  ])('is found in a PNG %s', async (_, chunks) => {
    const body = chunks.map(([name, bytes]) => chunk('png', name, bytes))
    const { read, calls } = createReader(Buffer.concat([text('\x89PNG\r\n\x1a\n'), ...body]))
    expect(await readImageOrientation('a/b.png', read)).toBe(8)
    expect(calls.length).toBeLessThan(80)
  })

  it('is found in a WebP without reading its pixels', async () => {
    const chunks = [chunk('webp', 'VP8 ', new Uint8Array(5_000_001)), chunk('webp', 'EXIF', exif)]
    const { read, calls } = createReader(Buffer.concat([text('RIFF\0\0\0\0WEBP'), ...chunks]))
    expect(await readImageOrientation('a/b.webp', read)).toBe(8)
    expect(calls).toHaveLength(3)
  })

  it('is 1 for a JPEG, which ffmpeg turns, and for a video, without reading them', async () => {
    const { read, calls } = createReader(exif)
    expect(await readImageOrientation('a/b.jpg', read)).toBe(1)
    expect(await readImageOrientation('a/b.mp4', read)).toBe(1)
    expect(calls).toEqual([])
  })

  it('is 1 for a damaged file', async () => {
    const { read } = createReader(new Uint8Array(200_000))
    expect(await readImageOrientation('a/b.webp', read)).toBe(1)
  })
})
