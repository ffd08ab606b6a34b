import { describe, expect, it } from 'vitest'
import {
  findTimeFault as findFault,
  type PauseRule,
} from '../../../container/ffmpeg/probe/timeFaults.ts'

const NO_OTHER_STREAM: PauseRule = { maxSeconds: 10, hasPackets: () => false }
function findTimeFault(times: number[], pauses = NO_OTHER_STREAM) {
  return findFault(times, pauses)
}

/** Times of 200 frames at 25 frames per second, changed by `change`. */
function listTimes(change: (time: number, index: number) => number = (time) => time): number[] {
  return Array.from({ length: 200 }, (_, index) => change(index / 25, index))
}
/** Moves every third frame before the two that precede it, as if these were B-frames. */
function reorder(times: number[]): number[] {
  return times.map((_, index) =>
    Number(times[index - (index % 3) + (((index % 3) + 2) % 3)] ?? times[index]),
  )
}

describe('times of evenly spaced frames', () => {
  it.each<[string, number[]]>([
    ['one late frame', listTimes((time, index) => (index === 100 ? time + 3 : time))],
    ['one early frame', listTimes((time, index) => (index === 100 ? time - 3 : time))],
    [
      'eleven late frames',
      listTimes((time, index) => (Math.abs(index - 100) < 6 ? time + 3 : time)),
    ],
    ['a frame hours late', listTimes((time, index) => (index === 100 ? time + 10_800 : time))],
    ['times that go back once', listTimes((time, index) => (index < 100 ? time : time - 3))],
    [
      'times that go back often, and overlap',
      listTimes((time, index) => time - Math.floor(index / 60) * 1.51),
    ],
    ['times that jump by an hour', listTimes((time, index) => (index < 100 ? time : time + 3_600))],
    ['times that go back to zero', listTimes((time, index) => (index < 100 ? time : time - 4))],
    [
      'a late frame among reordered ones',
      reorder(listTimes((time, index) => (index === 100 ? time + 3 : time))),
    ],
    [
      'rounded times',
      listTimes((time, index) => Math.round(time * 960) / 1000 + (index === 100 ? 3 : 0)),
    ],
  ])('%s is a fault', (name, times) => {
    const fault = findTimeFault(times)
    expect(fault?.maxStepSeconds).toBe(0.5)
    expect(fault?.endSeconds).toBeCloseTo(name === 'rounded times' ? 7.68 : 8, 1)
  })

  it.each<[string, number[]]>([
    ['no wrong time', listTimes()],
    ['reordered frames', reorder(listTimes())],
    ['one frame a second', listTimes((_, index) => index)],
    ['reordered frames, one a second', reorder(listTimes((_, index) => index))],
    ['a pause', listTimes((time, index) => (index < 100 ? time : time + 5))],
    ['no order', listTimes((_, index) => (index * 7_919) % 200)],
    ['few frames', [0, 1, 0]],
    ['no frame', []],
  ])('%s is no fault', (_, times) => {
    expect(findTimeFault(times)).toBeNull()
  })

  it('a long pause of one stream only is no fault', () => {
    const times = listTimes((time, index) => (index < 100 ? time : time + 3_600))
    const pauses = { maxSeconds: 10, hasPackets: (from: number, to: number) => from < 9 && to > 9 }
    expect(findTimeFault(times, pauses)).toBeNull()
  })
})

describe('times of frames with pauses', () => {
  const withPauses = (change: (time: number, index: number) => number) =>
    listTimes((time, index) => change(time + Math.floor(index / 20) * 2, index))

  it('that go back are a fault', () => {
    const fault = findTimeFault(withPauses((time, index) => (index < 100 ? time : time - 15)))
    expect(fault).toMatchObject({ maxStepSeconds: 10 })
    expect(fault?.endSeconds).toBeCloseTo(8 + 18 - 2, 1)
  })

  it('of which one is late are no fault, because the right times are unknown', () => {
    expect(findTimeFault(withPauses((time, index) => (index === 90 ? time + 5 : time)))).toBeNull()
  })
})
