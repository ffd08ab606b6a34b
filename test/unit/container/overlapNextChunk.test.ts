import { expect, it } from 'vitest'
import { overlapNextChunk } from '../../../container/attempt/overlapNextChunk.ts'

const GIB = 1024 ** 3
const ALMOST_DONE = { seconds: 1.5, frames: 60 }
const ALMOST_DONE_ON_ONE_CORE = { seconds: 1, frames: 40 }

/** Returns when the next chunk may begin before one with these frames is done. */
function listOverlaps(memoryBytes: number, size: { width: number; height: number }, cpus = 1) {
  const overlaps: unknown[] = []
  const attempt = {
    settings: { memoryBytes, cpus },
    tracker: { callBeforeEnd: ({ left }: { left: unknown }) => overlaps.push(left) },
  }
  const planned = {
    plan: { expect: { size } },
    context: { source: { probe: { video: { upright: { width: 640, height: 360 } } } } },
  }
  overlapNextChunk(attempt as never, planned as never)
  return overlaps
}

it.each([
  [4 * GIB, { width: 1920, height: 1080 }, true],
  [4 * GIB, { width: 3840, height: 2160 }, false],
  [12 * GIB, { width: 3840, height: 2160 }, true],
  [GIB, { width: 1280, height: 720 }, true],
  [GIB / 4, { width: 320, height: 180 }, true],
  [GIB / 4, { width: 854, height: 480 }, false],
])('with %d bytes of memory, a chunk of %o overlaps with the next one: %s', (memory, size, is) => {
  expect(listOverlaps(memory, size)).toEqual(is ? [ALMOST_DONE_ON_ONE_CORE] : [])
})

it('the next chunk begins beside half of a chunk on several cores', () => {
  const size = { width: 1280, height: 720 }
  expect(listOverlaps(GIB, size, 2)).toEqual([{ share: 0.5 }, ALMOST_DONE])
})
