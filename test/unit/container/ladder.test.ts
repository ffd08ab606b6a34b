import { describe, expect, it } from 'vitest'
import { computeMaxBitRate, buildLadder } from '../../../container/ffmpeg/streaming/ladder.ts'

function sides(width: number, height: number, requested: number[] = []) {
  return buildLadder({ width, height }, requested).rungs.map((rung) =>
    Math.min(rung.width, rung.height),
  )
}

describe('the ladder', () => {
  it.each([
    [3840, 2160, [240, 360, 480, 720, 1080, 1440, 2160]],
    [1080, 1920, [240, 360, 480, 720, 1080]],
    [1024, 576, [240, 360, 480, 576]],
    [1000, 500, [240, 360, 480]],
    [256, 144, [144]],
    [64, 36, [36]],
  ])('of %i by %i fits the source', (width, height, expected) => {
    expect(sides(width, height)).toEqual(expected)
  })

  it('has no duplicate size after rounding to even sides', () => {
    expect(sides(1920, 1080, [359, 360])).toEqual([360])
  })

  it('keeps the aspect ratio to within a pixel', () => {
    for (const { width, height } of buildLadder({ width: 1998, height: 1080 }, []).rungs) {
      expect(Math.abs(width - (height * 1998) / 1080)).toBeLessThanOrEqual(1)
    }
  })
})

it('the maximum bit rate is lower for more efficient codecs, and higher for a higher quality', () => {
  const size = { width: 1280, height: 720 }
  const cap = (codec: 'h264' | 'h265' | 'av1', quality = 60) =>
    computeMaxBitRate(size, { codec, quality, frameRate: 30 })
  expect(cap('h264')).toBeGreaterThan(cap('h265'))
  expect(cap('h265')).toBeGreaterThan(cap('av1'))
  expect(cap('h264', 100) / cap('h264')).toBeCloseTo(2, 2)
})
