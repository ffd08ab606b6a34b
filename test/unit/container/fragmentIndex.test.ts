/**
 * Reading fragmented MP4 files whose sizes, times and counts are wrong is bounded, and ends with an
 * index or without one.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openFragmentedFile } from '../../../container/source/fragments/fragmentIndex.ts'
import {
  box,
  countReads,
  fragment,
  largeBox,
  moof,
  moov,
  START,
  traf,
  validParts,
  words,
} from './fragmentFiles.ts'

const MIB = 1024 ** 2
/** For the file, and for each of its views. */
const MAX_READ_BYTES = 256 * MIB

/** Opens a file, makes views of three seconds, and checks that they are within the file. */
async function open(parts: readonly Buffer[]) {
  const file = Buffer.concat(parts)
  const { read, counts } = countReads(file)
  const opened = await openFragmentedFile(file.length, read)
  const index = opened?.index ?? null
  for (const second of index === null ? [] : [null, 0.5, 50, 1e9]) {
    const view = await index!.view(second)
    expect(view.sizeBytes).toBeLessThanOrEqual(file.length)
    for (const { start, bytes } of view.patches) {
      expect(start).toBeGreaterThanOrEqual(0)
      expect(start + bytes.length).toBeLessThanOrEqual(file.length)
      // Only the boxes before the first fragment are replaced, by a few bytes for each second.
      expect(bytes.length).toBeLessThan(100_000)
    }
  }
  expect(counts.bytes).toBeLessThan(file.length + MAX_READ_BYTES)
  expect(counts.reads).toBeLessThan(1_000_000)
  return { opened, index, counts, file }
}

/** Returns the parts of a valid file of which the fragment of this second is replaced. */
function replaceFragment(second: number, parts: Buffer[]): Buffer[] {
  const all = validParts()
  all.splice(START.length + second * 2, 2, ...parts)
  return all
}

const DATA = box('mdat', Buffer.alloc(100_000))

describe('a fragmented file', () => {
  it('is recognised, and gets no index, if its moov is too large', async () => {
    const large = box('moov', [box('free', Buffer.alloc(17 * MIB)), moov().subarray(8)])
    const [type] = START
    const { opened, counts } = await open([type!, large, ...fragment(0)])
    expect(opened).toEqual({ index: null })
    expect(counts.bytes).toBeLessThan(1_000)
    const whole = box('moov', Buffer.alloc(17 * MIB))
    expect((await open([type!, whole, ...fragment(0)])).opened).toBeNull()
  })

  it('gets an index, for which a small part is read', async () => {
    const { index, counts } = await open(validParts())
    expect(index?.streams.get(0)).toEqual({ endSeconds: 100, bitRate: 2_500 * 8 })
    expect(counts.bytes).toBeLessThan(8 * MIB)
  })

  it('that is small is recognized, without an index', async () => {
    const { opened, counts } = await open([...START, ...fragment(0), ...fragment(1)])
    expect(opened).toEqual({ index: null })
    expect(counts.reads).toBeLessThan(10)
  })

  it.each([
    ['an ordinary MP4', [box('ftyp', words(0)), moov(), DATA]],
    ['another kind of file', [Buffer.alloc(1_000, 'RIFF')]],
    ['an empty file', []],
  ])('is not %s', async (_name, parts) => {
    expect((await open(parts)).opened).toBeNull()
  })
})

describe('sizes of boxes', () => {
  it.each<[string, Buffer[]]>([
    ['0, to the end of the file', [box('moof', moof(traf(50_000)).subarray(8), 0), DATA]],
    ['1, without a size of 64 bits', [box('moof', [], 1), DATA]],
    ['less than a header', [box('moof', moof(traf(50_000)).subarray(8), 7), DATA]],
    ['64 bits, less than a header', [largeBox('moof', 15n), DATA]],
    ['64 bits, more than the file', [largeBox('moof', 2n ** 62n), DATA]],
    ['64 bits, not a safe integer', [largeBox('moof', 2n ** 64n - 1n), DATA]],
    ['the next fragment too', [box('moof', moof(traf(50_000)).subarray(8), 250_000), DATA]],
    ['0 for the data', [moof(traf(50_000)), box('mdat', Buffer.alloc(100_000), 0)]],
    ['more than the file for the data', [moof(traf(50_000)), largeBox('mdat', 2n ** 50n)]],
    ['0 in a fragment', [moof(box('traf', words(0), 0)), DATA]],
    ['less than a header in a fragment', [moof(box('traf', words(0), 4)), DATA]],
    ['more than the fragment', [moof(box('traf', words(0), 0xffff_ffff)), DATA]],
  ])('%s', async (_name, parts) => {
    for (const second of [0, 50, 99]) {
      const { opened } = await open(replaceFragment(second, parts))
      // The first fragment decides whether the file is fragmented.
      expect(second === 0 || opened !== null).toBe(true)
    }
  })

  it.each([0, 1, 7, 0xffff_ffff])('%i of the `moov`', async (size) => {
    const [start, ...rest] = validParts()
    const wrong = box('moov', moov().subarray(8), size)
    expect((await open([start!, wrong, ...rest.slice(1)])).opened).toBeNull()
  })
})

describe('index boxes of the file', () => {
  it('are hidden, whatever they refer to', async () => {
    // Refers to itself, as another index.
    const loop = box('sidx', words(0, 1, 1_000, 0, 0, 1, 0x8000_0020, 0, 0))
    const huge = box('sidx', words(0, 1, 1_000, 0, 0, 0xffff, 0xffff_ffff, 0xffff_ffff, 0))
    const [ftyp, movie, ...rest] = validParts()
    const { index } = await open([ftyp!, movie!, loop, huge, loop, ...rest])
    const { patches } = await index!.view(50)
    const hidden = patches.filter(({ bytes }) => bytes.toString('latin1') === 'free')
    const first = ftyp!.length + movie!.length + 4
    expect(hidden.map(({ start }) => start)).toEqual([
      first,
      first + loop.length,
      first + loop.length + huge.length,
    ])
  })

  it('are not counted without end', async () => {
    const [ftyp, movie, ...rest] = validParts()
    const many = Array.from({ length: 100_000 }, () => box('sidx'))
    const { opened, counts } = await open([ftyp!, movie!, ...many, ...rest])
    expect(opened).toBeNull()
    expect(counts.reads).toBeLessThan(100)
  })
})

describe('the number of samples', () => {
  const MAX = 0xffff_ffff
  it.each<[string, Buffer]>([
    ['without values of their own', box('trun', words(0, MAX))],
    ['with durations', box('trun', words(0x100, MAX, ...Array(25).fill(40)))],
    ['with all values', box('trun', words(0xf00, MAX, ...Array(100).fill(40)))],
    ['without a value', box('trun', words(0x100, MAX))],
    // The last value is cut off.
    ['with 3 bytes left', box('trun', [words(0x100, MAX), Buffer.alloc(103)])],
    ['with 7 of 8 bytes left', box('trun', [words(0x300, MAX), Buffer.alloc(15)])],
    ['with first flags cut off', box('trun', [words(0x904, MAX), Buffer.alloc(2)])],
  ])('is 2³² − 1, %s', async (_name, run) => {
    for (const second of [0, 50, 99]) {
      const parts = [moof(traf(second * 1_000, { run })), DATA]
      const { opened } = await open(replaceFragment(second, parts))
      expect(opened).not.toBeNull()
    }
  })

  it('is summed over runs without a number that is too large', async () => {
    const run = Buffer.concat(Array.from({ length: 9_000 }, () => box('trun', words(0, MAX))))
    await open(replaceFragment(99, [moof(traf(99_000, { run })), DATA]))
  })
})

describe('times', () => {
  it.each([
    ['that are all the same', () => 0],
    ['that go back', (second: number) => (100 - second) * 1_000],
    ['of 64 bits', () => 2n ** 64n - 1n],
    ['that alternate between the extremes', (second: number) => (second % 2 === 0 ? 0 : 2 ** 50)],
  ])('%s', async (_name, timeOf) => {
    const fragments = Array.from({ length: 100 }, (_, second) => [
      moof(traf(timeOf(second))),
      DATA,
    ]).flat()
    expect((await open([...START, ...fragments])).opened).not.toBeNull()
  })
})

describe('many boxes', () => {
  it('64 of `moov` are not all read', async () => {
    const large = box('moov', moov().subarray(8).subarray(0, 200), 16 * MIB)
    const rest = Buffer.alloc(16 * MIB - large.length)
    const { counts } = await open([START[0]!, ...Array(8).fill([large, rest]).flat()])
    expect(counts.bytes).toBeLessThan(17 * MIB)
  })

  it('more tracks than ffmpeg may read are rejected', async () => {
    const ids = Array.from({ length: 65 }, (_, index) => index + 1)
    const [ftyp, , ...rest] = validParts()
    expect((await open([ftyp!, moov(ids), ...rest])).opened).toBeNull()
    expect((await open([ftyp!, moov(ids.slice(1)), ...rest])).opened).not.toBeNull()
  })

  it('thousands of `traf` in each fragment', async () => {
    const trafs = Array.from({ length: 5_000 }, (_, index) => traf(index * 1_000))
    const fragments = Array.from({ length: 40 }, () => [moof(...trafs), DATA]).flat()
    const { opened } = await open([...START, ...fragments])
    expect(opened).not.toBeNull()
  })

  it('of 8 bytes each in a fragment of 4 MiB', async () => {
    const many = Buffer.alloc(4 * MIB - 1_000, box('free'))
    const crowded = [moof(traf(0), many), DATA]
    const { opened } = await open([...START, ...crowded, ...crowded, ...crowded])
    expect(opened).not.toBeNull()
  })

  it('`moof` at every 16 bytes of the data, each of 4 MiB', async () => {
    const inner = Buffer.concat([words(4 * MIB - 16), Buffer.from('moof'), box('mfhd')])
    const data = box('mdat', Buffer.alloc(12 * MIB, inner))
    const parts = [moof(traf(0)), data, moof(traf(1_000)), data]
    expect((await open([...START, ...parts])).opened).toEqual({ index: null })
  })
})

it.each([1, 8, 20, 40, 90, 99])(
  '%i bytes are missing at the end of the last `moof`',
  async (cut) => {
    const last = moof(traf(100_000))
    const { index } = await open([...validParts(), last.subarray(0, last.length - cut)])
    expect(index?.streams.get(0)?.endSeconds).toBe(100)
  },
)

it('a file with any changed bytes is read within the limits', async () => {
  const valid = Buffer.concat(validParts())
  const headers: number[] = []
  for (let position = 0; position < valid.length; position += 100_000) {
    const at = valid.indexOf('moof', position, 'latin1')
    if (at >= 0) {
      headers.push(at)
    }
  }
  const position = fc.oneof(
    fc.nat(START[0]!.length + START[1]!.length - 1),
    fc
      .tuple(fc.constantFrom(...headers), fc.integer({ min: -8, max: 120 }))
      .map(([header, offset]) => Math.max(0, header + offset)),
  )
  const value = fc.oneof(fc.constantFrom(0, 1, 7, 8, 0x7f, 0x80, 0xff), fc.nat(255))
  const changes = fc.array(fc.tuple(position, value), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(changes, fc.nat(valid.length), async (list, cut) => {
      const file = Buffer.from(valid)
      for (const [at, byte] of list) {
        file[at] = byte
      }
      await open([cut % 2 === 0 ? file : file.subarray(0, cut)])
    }),
    { numRuns: 60 },
  )
})
