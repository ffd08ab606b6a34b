import { describe, expect, it } from 'vitest'
import { computeGeometry, type GeometryRequest } from '../../../container/ffmpeg/geometry.ts'
import {
  minBitsPerPixelToEncode,
  jpegScale,
  resolveQuality,
  vp9Crf,
  x264Crf,
} from '../../../container/ffmpeg/encode/quality.ts'
import { image, video } from '../../fixtures/renditions.ts'
import { after, planWithArguments, probed } from '../../fixtures/probes.ts'

function request(fields: Partial<GeometryRequest>): GeometryRequest {
  return {
    width: null,
    height: null,
    resizeMode: 'fill',
    gravity: 'center',
    unit: 2,
    shortSide: 720,
    ...fields,
  }
}
function size(width: number, height: number) {
  return { width, height }
}
const FULL_HD = size(1920, 1080)
const PORTRAIT = size(1080, 1920)

describe('without a size', () => {
  it.each([
    ['full HD becomes 720p', FULL_HD, size(1280, 720)],
    ['portrait becomes 720 wide', PORTRAIT, size(720, 1280)],
    ['a square becomes 720 by 720', size(1080, 1080), size(720, 720)],
    ['an ultra-wide video becomes 720 high', size(2560, 1080), size(1706, 720)],
    ['a small video keeps its size', size(320, 240), size(320, 240)],
    ['720p keeps its size', size(1280, 720), size(1280, 720)],
    ['an odd size is rounded down to even', size(641, 361), size(640, 360)],
  ])('%s', (_, source, expected) => {
    expect(computeGeometry(source, request({})).output).toEqual(expected)
  })

  it('an image has the exact size of the source', () => {
    const fields = request({ unit: 1, shortSide: null })
    expect(computeGeometry(size(3841, 2161), fields).output).toEqual(size(3841, 2161))
  })
})

describe('with one side', () => {
  it.each([
    ['the other side follows the aspect ratio', FULL_HD, { width: 640 }, size(640, 360)],
    ['a height sets the width', FULL_HD, { height: 360 }, size(640, 360)],
    ['portrait keeps its aspect ratio', PORTRAIT, { width: 360 }, size(360, 640)],
    ['the other side is rounded to even', size(1920, 817), { width: 640 }, size(640, 272)],
    ['an odd size becomes the even number below', FULL_HD, { width: 641 }, size(640, 360)],
    ['a larger size does not enlarge', size(320, 180), { width: 1280 }, size(320, 180)],
    ['scale enlarges', size(320, 180), { width: 1280, resizeMode: 'scale' }, size(1280, 720)],
    ['no side falls below two', size(4000, 2), { width: 640 }, size(640, 2)],
    ['a size above 720p is possible', FULL_HD, { height: 1080 }, FULL_HD],
  ] as const)('%s', (_, source, fields, expected) => {
    expect(computeGeometry(source, request(fields)).output).toEqual(expected)
  })
})

describe('with both sides', () => {
  const square = { width: 400, height: 400 }

  it('fill covers the box and crops by gravity', () => {
    const cropBy = (gravity: GeometryRequest['gravity'], source = FULL_HD) =>
      computeGeometry(source, request({ ...square, gravity })).crop
    expect(computeGeometry(FULL_HD, request(square)).scaled).toEqual(size(712, 400))
    expect(cropBy('center')).toEqual({ ...square, x: 156, y: 0 })
    expect(cropBy('west')).toEqual({ ...square, x: 0, y: 0 })
    expect(cropBy('north_east')).toEqual({ ...square, x: 312, y: 0 })
    expect(cropBy('south', PORTRAIT)).toEqual({ ...square, x: 0, y: 312 })
  })

  it('fill shrinks a box larger than the source, keeping the aspect ratio of the box', () => {
    const shape = computeGeometry(size(640, 360), request({ width: 1000, height: 1000 }))
    expect(shape).toMatchObject({ scaled: size(640, 360), output: size(360, 360) })
    expect(shape.crop).toEqual({ ...size(360, 360), x: 140, y: 0 })
  })

  it('fill shrinks a box that is larger in one dimension only', () => {
    const shape = computeGeometry(size(640, 360), request({ width: 1280, height: 180 }))
    expect(shape.output).toEqual(size(640, 90))
  })

  it('crop does not resize, and is limited to the source', () => {
    const shape = computeGeometry(
      FULL_HD,
      request({ ...square, resizeMode: 'crop', gravity: 'south_east' }),
    )
    expect(shape.scaled).toEqual(FULL_HD)
    expect(shape.crop).toEqual({ ...square, x: 1520, y: 680 })
    const small = computeGeometry(size(320, 180), request({ ...square, resizeMode: 'crop' }))
    expect(small).toMatchObject({ crop: null, output: size(320, 180) })
  })

  it('fit stays inside the box and does not enlarge', () => {
    const output = (source: typeof FULL_HD) =>
      computeGeometry(source, request({ ...square, resizeMode: 'fit' })).output
    expect(output(FULL_HD)).toEqual(size(400, 226))
    expect(output(PORTRAIT)).toEqual(size(226, 400))
    expect(output(size(200, 100))).toEqual(size(200, 100))
  })

  it('scale stretches to exactly the box', () => {
    const shape = computeGeometry(size(100, 50), request({ ...square, resizeMode: 'scale' }))
    expect(shape).toEqual({ scaled: square, crop: null, pad: null, output: square })
  })

  it('pad centres the video in exactly the box', () => {
    const pad = (source: typeof FULL_HD) =>
      computeGeometry(source, request({ ...square, resizeMode: 'pad' })).pad
    expect(pad(FULL_HD)).toEqual({ ...square, x: 0, y: 86 })
    expect(pad(PORTRAIT)).toEqual({ ...square, x: 86, y: 0 })
    expect(pad(size(100, 50))).toEqual({ ...square, x: 150, y: 174 })
  })

  it('every resize mode gives even sides within the box, for many boxes and five sources', () => {
    const sides = [2, 3, 99, 100, 641, 1079, 1080, 1921, 7680]
    const resizeModes = ['fill', 'crop', 'fit', 'scale', 'pad'] as const
    for (const resizeMode of resizeModes) {
      for (const [width, height] of sides.flatMap((one) => sides.map((two) => [one, two]))) {
        for (const source of [FULL_HD, PORTRAIT, size(641, 361), size(1, 7), size(5000, 3)]) {
          const fields = request({ width: width as number, height: height as number, resizeMode })
          const { scaled, crop, pad, output } = computeGeometry(source, fields)
          const context = JSON.stringify({ source, fields, scaled, crop, pad, output })
          expect(output.width % 2 === 0 && output.height % 2 === 0, context).toBe(true)
          expect(output.width >= 2 && output.height >= 2, context).toBe(true)
          expect(output.width, context).toBeLessThanOrEqual(Math.max(2, width as number))
          expect(output.height, context).toBeLessThanOrEqual(Math.max(2, height as number))
          if (crop !== null) {
            expect(crop.x + crop.width, context).toBeLessThanOrEqual(scaled.width)
            expect(crop.y + crop.height, context).toBeLessThanOrEqual(scaled.height)
          }
          if (pad !== null) {
            const inner = crop ?? scaled
            expect(pad.x + inner.width, context).toBeLessThanOrEqual(pad.width)
            expect(pad.y + inner.height, context).toBeLessThanOrEqual(pad.height)
          }
          if (resizeMode !== 'scale') {
            expect(scaled.width, context).toBeLessThanOrEqual(Math.max(2, source.width))
            expect(scaled.height, context).toBeLessThanOrEqual(Math.max(2, source.height))
          }
        }
      }
    }
  })
})

describe('quality', () => {
  it('becomes the CRF of x264', () => {
    expect([1, 25, 60, 75, 100].map(x264Crf)).toEqual([51, 43, 31, 26, 18])
  })

  it('becomes a VP9 CRF on the scale of VP9', () => {
    expect([1, 40, 60, 85, 100].map(vp9Crf)).toEqual([63, 63, 51, 36, 27])
  })

  it('becomes a JPEG scale from 31 down to 2', () => {
    expect([1, 60, 80, 100].map(jpegScale)).toEqual([31, 14, 8, 2])
  })

  it('auto decreases as the frame size grows', () => {
    expect([360, 720, 1080, 2160].map((side) => resolveQuality('auto', 'video', side))).toEqual([
      70, 65, 60, 55,
    ])
    expect(resolveQuality('auto', 'image', 360)).toBe(80)
    expect(resolveQuality(33, 'video', 360)).toBe(33)
  })

  it('sets the bits per pixel above which a video is encoded again', () => {
    expect(minBitsPerPixelToEncode(60)).toBeCloseTo(0.0397, 4)
    expect(minBitsPerPixelToEncode(85)).toBeCloseTo(0.1, 2)
  })
})

function plan(fields: Parameters<typeof video>[0], probe = probed()) {
  return planWithArguments(video(fields), probe)
}

describe('a stream copy', () => {
  it.each(['mp4', 'mov', 'mkv'] as const)('is planned for low-bit-rate H.264 into %s', (format) => {
    const { mode, arguments: list } = plan({ format })
    expect(mode).toBe('remux')
    expect(after(list, '-c:v')).toBe('copy')
  })

  it('is planned for a file without audio, and for low-bit-rate VP9 into webm', () => {
    expect(plan({}, probed({}, null)).mode).toBe('remux')
    const vp9 = probed({ codec: 'vp9' }, { codec: 'opus' })
    expect(plan({ format: 'webm' }, vp9).mode).toBe('remux')
  })

  it.each([
    ['a trim is requested', { startSeconds: 1 }, probed(), /a part/],
    ['a smaller size is requested', { width: 640 }, probed(), /640 by 360/],
    ['the codec differs', {}, probed({ codec: 'hevc' }), /hevc/],
    [
      'the container does not accept the codecs',
      { format: 'webm' } as const,
      probed(),
      /h264 becomes vp9.*aac becomes opus/,
    ],
    ['the pixels have ten bits', {}, probed({ pixelFormat: 'yuv420p10le' }), /yuv420p10le/],
    ['the audio codec differs', {}, probed({}, { codec: 'ac3' }), /ac3/],
    ['the audio has six channels', {}, probed({}, { channels: 6 }), /6 channels/],
    ['the video is stored rotated', {}, probed({ rotated: true }), /rotated/],
    ['the video is interlaced', {}, probed({ interlaced: true }), /interlaced/],
    ['the video is HDR', {}, probed({ hdr: true }), /HDR/],
    ['the bit rate is high', {}, probed({ bitRate: 2_000_000 }), /0\.072 bits per pixel.*60/],
    ['the bit rate is unknown', {}, probed({ bitRate: null }), /bit rate of the video is unknown/],
    ['the video is above 720p', {}, probed({ display: FULL_HD, upright: FULL_HD }), /1280 by 720/],
  ])('is not planned when %s', (_, fields, probe, reason) => {
    const { mode, reason: actualReason } = plan(fields, probe)
    expect(mode).toBe('encode')
    expect(actualReason).toMatch(reason)
  })

  it('is planned for a high-bit-rate file when high quality is requested', () => {
    expect(plan({ quality: 90 }, probed({ bitRate: 2_500_000 })).mode).toBe('remux')
  })
})

describe('an encode', () => {
  it('has limits, seek and duration before the input', () => {
    const { arguments: list, durationSeconds } = plan({ startSeconds: 2, endSeconds: 5.5 })
    const input = list.indexOf('-i')
    expect(list.indexOf('-protocol_whitelist')).toBeLessThan(input)
    expect(list.indexOf('-format_whitelist')).toBeLessThan(input)
    expect([list.indexOf('-ss') < input, after(list, '-ss')]).toEqual([true, '2'])
    expect([list.indexOf('-t') < input, after(list, '-t')]).toEqual([true, '3.5'])
    // The second input is the marker of the audio's start.
    expect(list.filter((one) => one === '-i')).toHaveLength(2)
    expect(durationSeconds).toBe(3.5)
  })

  it('has no option for the duration when the trim ends after the end of the file', () => {
    const { arguments: list, durationSeconds } = plan({ startSeconds: 2, endSeconds: 99 })
    expect([list.includes('-t'), durationSeconds]).toEqual([false, 8])
  })

  it('has the x264 CRF of the quality, and mixes six channels down to two', () => {
    const { arguments: list } = plan({ width: 640, quality: 75 }, probed({}, { channels: 6 }))
    expect(after(list, '-crf')).toBe('26')
    const graphs = list.filter((_, index) => list[index - 1] === '-filter_complex')
    expect(graphs).toEqual([
      expect.stringContaining('scale=640:360:'),
      expect.stringContaining('aformat=channel_layouts=stereo'),
    ])
    expect(after(list, '-movflags')).toBe('+faststart')
  })

  it('pads with the requested colour', () => {
    const { arguments: list } = plan({
      width: 400,
      height: 400,
      resizeMode: 'pad',
      background: 'ff8800',
    })
    expect(after(list, '-filter_complex')).toContain('pad=400:400:0:86:0xff8800')
  })

  it.each([
    ['starts past the end', { startSeconds: 10 }, /10 seconds long.*start at second 10/],
    ['ends before it starts', { startSeconds: 5, endSeconds: 4 }, /must be after/],
  ])('is rejected when it %s', (_, fields, message) => {
    expect(() => plan(fields)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(message) }),
    )
  })

  it('is rejected for an audio file, and for an oversized frame', () => {
    expect(() => plan({}, { ...probed(), video: null })).toThrow(
      /audio stream \(aac\) but no video stream/,
    )
    const absurd = probed({ upright: size(60_000, 60_000) })
    expect(() => plan({}, absurd)).toThrow(/60000 by 60000/)
  })
})

describe('a frame', () => {
  const frame = (atSeconds: number, probe = probed()) =>
    planWithArguments(image({ atSeconds }), probe)

  it('has the seek before the input', () => {
    const { mode, arguments: list } = frame(5)
    expect([mode, after(list, '-ss'), after(list, '-frames:v')]).toEqual(['frame', '5', '1'])
    expect(list.indexOf('-ss')).toBeLessThan(list.indexOf('-i'))
  })

  it('is the last frame at the latest', () => {
    expect(after(frame(9.999).arguments, '-ss')).toBe('9.965')
  })

  it('is rejected at the end of the video', () => {
    expect(() => frame(10)).toThrow(/10 seconds long.*no frame at second 10/)
  })
})
