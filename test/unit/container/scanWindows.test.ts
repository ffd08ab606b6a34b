import { describe, expect, it } from 'vitest'
import { planWindows, type ShownPart } from '../../../container/ffmpeg/probe/scanWindows.ts'

const WHOLE: ShownPart = { kind: 'part', startSeconds: 0, endSeconds: null, keepsMotion: true }
const FILM = { frameRate: 25, endSeconds: 3_600, bytesPerFrame: 20_000 }

describe('the frames that are looked at', () => {
  it('are in a few windows of a long video', () => {
    const { windows, others } = planWindows(WHOLE, FILM)
    expect(windows.map(({ seconds }) => seconds)).toEqual([360, 1260, 2160, 3060])
    expect(windows.every(({ frames, isExact }) => frames === 32 && !isExact)).toBe(true)
    expect(others.map(({ seconds }) => seconds)).toEqual([630, 1530, 2430, 3330])
  })

  it('are in the part that is shown', () => {
    const { windows } = planWindows({ ...WHOLE, startSeconds: 100, endSeconds: 200 }, FILM)
    expect(windows.map(({ seconds }) => seconds)).toEqual([110, 135, 160, 185])
  })

  it.each([
    [1, 25, { frames: 25, periods: 1, stride: 25 }],
    [4, 100, { frames: 32, periods: 2, stride: 50 }],
    [12, 300, { frames: 32, periods: 4, stride: 75 }],
  ])('of a part of %d seconds are chosen from all of its %d frames', (endSeconds, _, expected) => {
    const { windows } = planWindows({ ...WHOLE, endSeconds }, FILM)
    expect(windows).toEqual([{ seconds: 0, isExact: true, ...expected }])
  })

  it('are around the second of an image', () => {
    const { windows } = planWindows({ ...WHOLE, kind: 'frame', startSeconds: 10 }, FILM)
    expect(windows).toMatchObject([{ seconds: 9.52, isExact: true, frames: 24 }])
  })

  it('are at the start if the end of the video is unknown', () => {
    const { windows } = planWindows(WHOLE, { ...FILM, endSeconds: null })
    expect(windows).toMatchObject([{ seconds: 0, isExact: true, periods: 4 }])
  })

  it.each([
    ['ProRes', 800_000, 1, 31],
    ['uncompressed 1080p', 4_147_200, 1, 6],
    ['a high bit rate', 300_000, 2, 32],
  ])('of %s are fewer, so that few bytes are read', (_, bytesPerFrame, count, frames) => {
    const { windows, maxBytes } = planWindows(WHOLE, { ...FILM, bytesPerFrame })
    expect(windows).toHaveLength(count)
    expect(windows.every((each) => each.frames === frames)).toBe(true)
    // The limit has room for what ffmpeg reads to open the file once for each window.
    expect(count * (frames * bytesPerFrame + 3e6)).toBeLessThan(maxBytes)
  })
})
