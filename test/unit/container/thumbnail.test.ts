import { describe, expect, it } from 'vitest'
import {
  selectBestSecond,
  listCandidateSeconds,
  parseFrameStatistics,
} from '../../../container/ffmpeg/plan/thumbnail.ts'

describe('the best frame', () => {
  it('is neither dark nor flat nor overexposed if possible, and the earliest of equal ones', () => {
    const statistics = (second: number, mean: number, spread: number, edges: number) => ({
      second,
      mean,
      spread,
      edges,
    })
    const usable = statistics(5, 0.5, 0.5, 2)
    expect(
      selectBestSecond([statistics(1, 0.02, 0.9, 9), usable, statistics(6, 0.99, 0.9, 9)]),
    ).toBe(5)
    expect(
      selectBestSecond([statistics(1, 0.5, 0.01, 9), usable, statistics(6, 0.5, 0.5, 1)]),
    ).toBe(5)
    expect(selectBestSecond([null, { ...usable, second: 2 }, usable])).toBe(2)
    expect(selectBestSecond([statistics(1, 0, 0, 0), statistics(2, 0.01, 0, 0)])).toBe(2)
    expect(selectBestSecond([null, null])).toBe(0)
  })

  it('has candidates over the whole duration, or from second 0 if the duration is unknown', () => {
    expect(listCandidateSeconds(8)).toEqual(Array.from({ length: 8 }, (_, at) => at + 0.5))
    expect(listCandidateSeconds(null)[0]).toBe(0)
    expect(parseFrameStatistics(3, 'nothing was encoded')).toBeNull()
  })
})
