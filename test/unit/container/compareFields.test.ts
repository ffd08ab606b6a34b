import { describe, expect, it } from 'vitest'
import { comparePair } from '../../../container/ffmpeg/probe/compareFields.ts'

const WIDTH = 64
const HEIGHT = 48

type Picture = (x: number, y: number, time: number) => number

/** Draws a frame whose even and odd lines can be of different times. */
function draw(picture: Picture, even: number, odd: number): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => {
    const y = Math.floor(pixel / WIDTH)
    return picture(pixel % WIDTH, y, y % 2 === 0 ? even : odd)
  })
}

/** Compares two frames, given the times of their even and odd lines. */
function compare(picture: Picture, first: [number, number], second: [number, number]) {
  return comparePair({
    frame: draw(picture, ...first),
    next: draw(picture, ...second),
    width: WIDTH,
    height: HEIGHT,
  })
}

/** A bright bar that moves to the right, four pixels for each field. */
function bar(x: number, _: number, time: number): number {
  return x >= 10 + 4 * time && x < 25 + 4 * time ? 200 : 30
}

/** Fine stripes that move upwards, two lines for each field. */
function stripes(x: number, y: number, time: number): number {
  return (y + 2 * time) % 6 < 2 && x > 8 && x < 56 ? 200 : 30
}

/** Lines of one field that appear one after the other. */
function table(x: number, y: number, time: number): number {
  return y % 4 === 0 && y < 8 * time && x > 4 ? 30 : 230
}

describe('two frames', () => {
  it.each([
    ['tff', [0, 1], [2, 3]],
    ['bff', [1, 0], [3, 2]],
    ['progressive', [0, 0], [2, 2]],
    ['undetermined', [0, 0], [0, 0]],
  ] as const)('of a bar are %s', (type, first, second) => {
    expect(compare(bar, [...first], [...second])).toEqual({ type, repeats: 'none' })
  })

  it.each([
    ['top', [0, 0], [0, 2]],
    ['bottom', [0, 2], [4, 2]],
  ] as const)('of telecined film repeat the %s field', (repeats, first, second) => {
    expect(compare(bar, [...first], [...second])).toMatchObject({ repeats })
  })

  it('with fine lines are not interlaced because of them', () => {
    for (const speed of [1, 2, 3, 4, 5]) {
      expect(compare(stripes, [0, 0], [speed, speed]).type).not.toMatch(/tff|bff/)
    }
    expect(compare(table, [2, 2], [4, 4])).toEqual({ type: 'undetermined', repeats: 'bottom' })
  })
})
