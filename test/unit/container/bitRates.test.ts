/** Bit rates that playlists declare. */
import { expect, it } from 'vitest'
import {
  createMeasurements,
  measureBitRates,
} from '../../../container/ffmpeg/streaming/segmentMeasurements.ts'

/** Measures segments that are given as seconds and bits per second. */
function measure(...segments: [seconds: number, bitsPerSecond: number][]) {
  const measured = createMeasurements({ name: 'v144' } as never)
  measured.init = { timescale: 1_000 } as never
  measured.segments = segments.map(([seconds, bitsPerSecond]) => ({
    bytes: (seconds * bitsPerSecond) / 8,
    first: { length: 0 },
    duration: seconds * 1_000,
  })) as never
  return measureBitRates(measured, { segmentSeconds: 4 } as never)
}

it('the peak is that of adjacent segments of 0.5 to 1.5 times the target duration', () => {
  expect(measure([4, 800], [4, 1_600], [4, 800]).peak).toBe(1_600)
  expect(measure([4, 800], [4, 800], [1.2, 2_400]).peak).toBeCloseTo((4 * 800 + 1.2 * 2_400) / 5.2)
  expect(measure([4, 800], [1, 8_000], [4, 800]).peak).toBeCloseTo((4 * 800 + 8_000) / 5)
})
