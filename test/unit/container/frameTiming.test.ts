import { describe, expect, it } from 'vitest'
import { parseFrameTiming } from '../../../container/ffmpeg/probe/frameTiming.ts'

describe('frame timing', () => {
  const lines = (times: number[], keys: number[] = [0]) =>
    times.map((time, at) => `${time.toFixed(6)},${keys.includes(at) ? 'K_' : '__'}`).join('\n')

  it('is even when times are rounded to the millisecond, in any order', () => {
    const times = Array.from({ length: 90 }, (_, at) => Math.round((at / 59.94) * 1000) / 1000)
    const shuffled = times.toSorted((one, other) => ((one * 7) % 1) - ((other * 7) % 1))
    expect(parseFrameTiming(lines(shuffled))).toMatchObject({ isUneven: false })
  })

  it('is even when one frame is missing, and uneven when many are', () => {
    const times = Array.from({ length: 50 }, (_, at) => at / 25)
    expect(parseFrameTiming(lines(times.toSpliced(20, 1))).isUneven).toBe(false)
    expect(parseFrameTiming(lines(times.filter((_, at) => at % 7 !== 3))).isUneven).toBe(true)
  })

  it('has the longest interval between key frames', () => {
    const times = Array.from({ length: 50 }, (_, at) => at / 25)
    expect(parseFrameTiming(lines(times, [0, 10, 35])).keyframeIntervalSeconds).toBeCloseTo(1)
    expect(parseFrameTiming(lines(times, [5])).keyframeIntervalSeconds).toBeNull()
  })

  it('ignores truncated lines and frames without a time', () => {
    const text = `${lines([0, 0.04, 0.08])}\nN/A,__\n0.1`
    expect(parseFrameTiming(text).typicalSeconds).toBeCloseTo(0.04)
    expect(parseFrameTiming('')).toEqual({
      keyframeIntervalSeconds: null,
      typicalSeconds: null,
      isUneven: null,
    })
  })
})
