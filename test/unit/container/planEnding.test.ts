import { expect, it } from 'vitest'
import { planEnding } from '../../../container/ffmpeg/chunks/planEnding.ts'

const H264 = { videoCodec: 'h264', encoderSpeed: 'balanced' } as const
const QUALITY = { frameRate: 25, by: 'quality' } as const
const CHUNK = { endSeconds: 30 }

it.each([
  ['the frames that x264 looks ahead follow a chunk', H264, QUALITY, 30.4],
  ['more follow with a longer look', { ...H264, encoderSpeed: 'small' }, QUALITY, 30.8],
  ['none follow without a look ahead', { ...H264, encoderSpeed: 'fast' }, QUALITY, 30],
  ['none follow in another codec', { ...H264, videoCodec: 'h265' }, QUALITY, 30],
  ['none follow with a bit rate', H264, { ...QUALITY, by: 'bitRate' }, 30],
  ['none follow at an unknown frame rate', H264, { ...QUALITY, frameRate: null }, 30],
  [
    'at most a second follows, however low the stated rate is',
    H264,
    { ...QUALITY, frameRate: 0.01 },
    31,
  ],
] as const)('%s', (_, rendition, output, end) => {
  expect(planEnding(rendition, CHUNK, output).encodeEnd).toBeCloseTo(end, 6)
})

it('nothing follows the last chunk', () => {
  const ending = planEnding(H264, { endSeconds: null }, QUALITY)
  expect(ending).toEqual({ encodeEnd: null, followingFrames: 0 })
})
