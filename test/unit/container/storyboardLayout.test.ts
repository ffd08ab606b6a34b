import { describe, expect, it } from 'vitest'
import { layOutStoryboard, buildWebVtt } from '../../../container/ffmpeg/plan/storyboardLayout.ts'
import { expectFullCoverage, parseVtt } from '../../fixtures/storyboardCues.ts'

describe('the layout of a storyboard', () => {
  const tile = { width: 160, height: 90 }
  const layout = (durationSeconds: number, intervalSeconds: number | null = null, columns = 10) =>
    layOutStoryboard({ durationSeconds, intervalSeconds, columns, tile })

  it('has up to 100 images by default, at intervals of at least half a second', () => {
    expect(layout(7_200)).toMatchObject({ intervalSeconds: 72, images: 100, sheets: 1, rows: 10 })
    expect(layout(10)).toMatchObject({ intervalSeconds: 0.5, images: 20, columns: 10, rows: 2 })
    expect(layout(0.04)).toMatchObject({ images: 1, columns: 1, rows: 1 })
    for (const length of [50.001, 61.7, 3_599.999, 86_400]) {
      expect(layout(length).images).toBeLessThanOrEqual(100)
    }
  })

  it('covers the whole duration, whether or not it is a multiple of the interval', () => {
    for (const length of [4, 4.001, 4.016667, 9.99, 12.5]) {
      const cues = parseVtt(buildWebVtt(layout(length, 0.5, 3), 'jpg'))
      expectFullCoverage(cues, length)
      expect(cues.every(({ start, end }) => end > start)).toBe(true)
    }
  })

  it('is rejected when a sheet would exceed the maximum image size', () => {
    const fields = { durationSeconds: 100, intervalSeconds: 1, columns: 10 }
    expect(() => layOutStoryboard({ ...fields, tile: { width: 1920, height: 1080 } })).toThrow(
      'would be 19200 by 10800; the maximum is 16383 by 16383',
    )
  })

  it('places the last image on the last of the numbered sheets', () => {
    const cues = parseVtt(buildWebVtt(layout(3_600, 1, 10), 'webp'))
    expect(cues.at(-1)).toMatchObject({ sheet: 'sprite_036.webp', at: [1440, 810, 160, 90] })
  })
})
