import { expect, it } from 'vitest'
import { overlapNextChunk } from '../../../container/attempt/overlapNextChunk.ts'

const GIB = 1024 ** 3

/** Returns true if the next chunk may begin before one with these frames is done. */
function overlaps(memoryBytes: number, size: { width: number; height: number }): boolean {
  let isAsked = false
  const attempt = {
    settings: { memoryBytes },
    tracker: { callBeforeEnd: () => void (isAsked = true) },
  }
  const planned = {
    plan: { expect: { size } },
    context: { source: { probe: { video: { upright: { width: 640, height: 360 } } } } },
  }
  overlapNextChunk(attempt as never, planned as never)
  return isAsked
}

it.each([
  [4 * GIB, { width: 1920, height: 1080 }, true],
  [4 * GIB, { width: 3840, height: 2160 }, false],
  [12 * GIB, { width: 3840, height: 2160 }, true],
  [GIB, { width: 1280, height: 720 }, true],
  [GIB / 4, { width: 320, height: 180 }, true],
  [GIB / 4, { width: 854, height: 480 }, false],
])('with %d bytes of memory, a chunk of %o overlaps with the next one: %s', (memory, size, is) => {
  expect(overlaps(memory, size)).toBe(is)
})
