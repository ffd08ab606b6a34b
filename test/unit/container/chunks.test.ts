import { describe, expect, it } from 'vitest'
import { checkChunks } from '../../../container/ffmpeg/chunks/checkChunks.ts'
import { buildChunkList } from '../../../container/ffmpeg/chunks/joinCommand.ts'
import { listChunkStarts } from '../../../container/ffmpeg/chunks/chunkStarts.ts'
import { planChunks } from '../../../container/ffmpeg/chunks/planChunks.ts'
import type { Probe } from '../../../container/ffmpeg/probe/probe.ts'
import type { ChunkFacts, ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { probed, stream } from '../../fixtures/probes.ts'
import { video } from '../../fixtures/renditions.ts'

const HOUR = 3_600
const long: Partial<typeof stream> = { endSeconds: HOUR, frames: HOUR * 30, bitRate: 5_000_000 }

function split(
  fields: Partial<RenditionOf<'video'>> = {},
  {
    more = long,
    audio = { endSeconds: HOUR },
    probe = {},
    chunkSeconds = 30,
    encoderVersion = '7.1',
    keyframes = [],
    appended = {},
  }: {
    more?: Partial<typeof stream>
    audio?: Parameters<typeof probed>[1]
    probe?: Partial<Probe>
    chunkSeconds?: number
    encoderVersion?: string
    keyframes?: (number | null)[]
    /** Properties of the probe of b.mp4. Its tracks are those of the source. */
    appended?: Partial<Probe>
  } = {},
) {
  const found = probed({ ...stream, ...more }, audio)
  const seconds = more.endSeconds ?? 10
  const source = {
    url: 'http://127.0.0.1:1/a',
    path: 'videos/clip.mp4',
    probe: {
      ...found,
      contentSeconds: seconds,
      facts: { ...found.facts, sizeBytes: 1e9, durationSeconds: seconds },
      ...probe,
    },
  }
  const references = new Map([
    ['b.mp4', { url: 'http://127.0.0.1:1/b', path: 'b.mp4', probe: { ...found, ...appended } }],
  ])
  const context = { source, references, folder: '/scratch' }
  const rendition = video({ width: 640, ...fields }) as RenditionOf<'video'>
  return planChunks(rendition, context, { chunkSeconds, encoderVersion, keyframes })
}

describe('the ranges of chunks', () => {
  it('begin half a frame before a frame of the output, and have all of its frames', () => {
    const { ranges } = split({ frameRate: 25 })
    const chunks = ranges?.filter(({ kind }) => kind === 'video') ?? []
    expect(ranges?.map(({ kind }) => kind)).toEqual(['audio', ...chunks.map(() => 'video'), 'join'])
    expect(chunks).toHaveLength(123)
    expect(chunks[0]).toEqual({ kind: 'video', startSeconds: 0, endSeconds: 29.98, frames: 750 })
    expect(chunks[1]).toMatchObject({ startSeconds: 29.98, endSeconds: 59.98, frames: 750 })
    expect(chunks.at(-1)).toMatchObject({ endSeconds: null, frames: null })
  })

  it('begin 13 frames after a key frame of the source, if that moves them by at most a quarter', () => {
    const minutes = (keyframes: number[], more = {}) =>
      split(
        { frameRate: 30 },
        { more: { ...long, endSeconds: 100, ...more }, keyframes },
      )?.ranges?.filter(({ kind }) => kind === 'video')
    const [first, second, third] = minutes([25, 58])!
    expect(first).toMatchObject({ startSeconds: 0, endSeconds: 25.45, frames: 764 })
    expect(second).toMatchObject({ startSeconds: 25.45, endSeconds: 58.45, frames: 990 })
    expect(third).toMatchObject({ startSeconds: 58.45, endSeconds: null })
    expect(minutes([36, 68])!.slice(1)).toMatchObject([
      { startSeconds: 36.45, endSeconds: 68.45, frames: 960 },
      { startSeconds: 68.45 },
    ])
    const even = minutes([])
    expect(minutes([38, 70])).toEqual(even)
    // The second key frame is too early, then the first; at last, the number of key frames is wrong.
    expect(minutes([25, 50])![1]).toMatchObject({ startSeconds: 25.45, endSeconds: 59.983333 })
    expect(minutes([20, 50])).toEqual(even)
    expect(minutes([25])).toEqual(even)
    expect(even![1]).toMatchObject({ startSeconds: 29.983333 })
    // 1 s and a frame, if the frames of the source are unevenly spaced, or may be.
    for (const peakFrameRate of [60, null]) {
      expect(minutes([25, 58], { peakFrameRate })).toMatchObject([
        { startSeconds: 0 },
        { startSeconds: 26.05 },
        { startSeconds: 59.05 },
      ])
    }
  })

  it('begin after a key frame of the requested part, at the requested speed', () => {
    const fields = { startSeconds: 10, speed: 2 }
    const plan = (keyframes: number[]) =>
      split(fields, { more: { ...long, endSeconds: 150 }, keyframes })!
    expect(plan([]).ranges).toMatchObject([{ kind: 'audio' }, {}, { startSeconds: 29.983333 }, {}])
    expect(plan([])).toMatchObject({
      keyframeSearches: [{ place: 0, seconds: expect.closeTo(10 + 2 * 39.983333 - 0.4, 5) }],
    })
    expect(plan([67]).ranges![2]).toMatchObject({ startSeconds: 28.716667 })
  })

  it('are at most 600, and the last one is not shorter than half of the others', () => {
    const day = { ...long, endSeconds: 24 * HOUR, frames: null }
    expect(split({}, { more: day })?.ranges?.length).toBe(602)
    const starts = (endSeconds: number) =>
      split({}, { more: { ...long, endSeconds }, audio: null }).ranges?.map(
        (each) => each.startSeconds,
      )
    expect(starts(74)).toEqual([0, 29.983333, 0])
    expect(starts(76)).toEqual([0, 29.983333, 59.983333, 0])
  })

  it('become shorter at the end if there are six or more, so that no runner waits long for another', () => {
    const durations = (total: number, max = 600) => {
      const starts = listChunkStarts(total, { size: 30, max })
      return starts.map((start, index) => +((starts[index + 1] ?? total) - start).toFixed(6))
    }
    expect(durations(150)).toEqual([30, 30, 30, 30, 30])
    expect(durations(180)).toEqual([30, 30, 30, 30, 19.5, 16.5, 12, 7.5, 4.5])
    expect(durations(166)).toEqual([30, 30, 30, 30, 14.95, 12.65, 9.2, 5.75, 3.45])
    expect(durations(3_000, 13)).toEqual([...Array(8).fill(300), 195, 165, 120, 75, 45])
  })

  it('have an unknown number of frames when frames keep their times, or a part begins between two', () => {
    const frames = (fields: Partial<RenditionOf<'video'>>) =>
      split(fields)
        .ranges?.slice(1, 3)
        .map((each) => each.frames)
    expect(frames({})).toEqual([null, null])
    expect(frames({ frameRate: 30, startSeconds: 1.01 })).toEqual([null, 900])
    expect(frames({ speed: 2 })).toEqual([900, 900])
  })

  it('have a key that depends on everything that changes the chunks, and not on the address of the file', () => {
    const key = (...options: Parameters<typeof split>) => {
      const plan = split(...options)
      return plan.ranges === null ? plan.reason : plan.planKey
    }
    const keys = [
      key(),
      key({ quality: 90 }),
      key({ audioKbps: 96, audioCodec: 'mp3' }),
      key({}, { encoderVersion: '7.2' }),
      key({}, { chunkSeconds: 31 }),
      key({}, { probe: { startSeconds: 0.1 } }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(key()).toBe(keys[0])
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  })
})

/** Properties of files of a format. */
function ofFormat(format: string): Partial<Probe> {
  return { facts: { ...probed().facts, format, sizeBytes: 1e9 } }
}
const avi = ofFormat('avi')
const matroska = ofFormat('matroska,webm')

describe('joined files', () => {
  it('are split at frames that do not depend on where each file begins', () => {
    const { ranges } = split({ append: ['b.mp4', 'b.mp4'] })
    const chunks = ranges?.filter(({ kind }) => kind === 'video') ?? []
    expect(chunks).toHaveLength(3 * 120 + 3)
    expect(chunks.slice(0, -1).every(({ frames }) => frames !== null)).toBe(true)
    expect(chunks[121]).toMatchObject({ startSeconds: 3_629.983333, frames: 900 })
  })

  it('are split shortly after key frames of the file in which a chunk begins', () => {
    const fields = { append: ['b.mp4'], endSeconds: 70 }
    const options = { more: { ...long, endSeconds: 100 }, audio: null }
    const even = split(fields, options)
    expect(even).toMatchObject({
      // The latest starts of the first chunks in the output. The second file begins at 70.
      keyframeSearches: [
        { place: 0, seconds: expect.closeTo(37.483333 - 0.4, 5) },
        { place: 0, seconds: expect.closeTo(67.483333 - 0.4, 5) },
        { place: 1, seconds: expect.closeTo(97.483333 - 70 - 0.4, 5) },
        ...Array.from({ length: 5 }, () => ({ place: 1 })),
      ],
    })
    const keyframes = [null, null, 15, 45, null, null, null, null]
    const starts = (plan: typeof even) => plan.ranges?.map(({ startSeconds }) => startSeconds)
    const [, ...rest] = starts(even)!.slice(0, 3)
    expect(starts(split(fields, { ...options, keyframes }))!.slice(1, 5)).toEqual([
      ...rest,
      70 + 15.45,
      70 + 45.45,
    ])
  })

  it('are split in any format if their ends were measured', () => {
    const measured = { ...matroska, durationIsMeasured: true }
    expect(split({ append: ['b.mp4'] }, { probe: measured }).ranges).toHaveLength(245)
  })
})

describe('a video is not split', () => {
  it('if it is too short, without a reason', () => {
    expect(split({}, { more: { ...long, endSeconds: 59 } })).toEqual({ ranges: null, reason: null })
  })

  it.each<[string, Parameters<typeof split>]>([
    ['file size', [{ sizeKilobytes: 900_000 }]],
    ['maximum bit rate', [{ videoCodec: 'vp9', format: 'webm', videoKbps: 900 }]],
    ['maximum bit rate', [{ videoCodec: 'av1', videoKbps: 900 }]],
    ['joined files (cat) are not known', [{ append: ['b.mp4'] }, { probe: matroska }]],
    ['at least 10 frames per second', [{ append: ['b.mp4'], frameRate: 9 }]],
    ['b.mp4: The file is not MP4', [{ append: ['b.mp4'] }, { appended: avi }]],
    ['copied', [{ width: null }, { more: { ...long, bitRate: 100_000 } }]],
    [
      'jump or go back',
      [{}, { more: { ...long, timeFault: { frameSeconds: 0.04, maxStepSeconds: 1 } as never } }],
    ],
    ['presentation times', [{}, { more: { ...long, hasWrongTimes: true } }]],
    [
      'telecined',
      [
        {},
        {
          more: {
            ...long,
            interlaced: true,
            scan: { type: 'telecine', fieldOrder: 'tff' } as never,
          },
        },
      ],
    ],
    ['not known exactly', [{}, { probe: { durationIsDeclared: false } }]],
    ['not MP4', [{}, { probe: avi }]],
    ['begins late', [{}, { more: { ...long, startSeconds: 20 } }]],
  ])('%s', (reason, options) => {
    expect(split(...options)).toMatchObject({
      ranges: null,
      reason: expect.stringContaining(reason),
    })
  })
})

describe('the gate before the join', () => {
  const range = (startSeconds: number, endSeconds: number | null, frames: number | null) =>
    ({ kind: 'video', startSeconds, endSeconds, frames }) satisfies ChunkRange
  const facts = (startTicks: number, endTicks: number, more: Partial<ChunkFacts> = {}) => ({
    sizeBytes: 1,
    frames: 50,
    samples: null,
    timescale: 120_000,
    startTicks,
    endTicks,
    decoderConfig: 'a'.repeat(64),
    ...more,
  })
  const audio = {
    range: { kind: 'audio', startSeconds: 0, endSeconds: null, frames: null } satisfies ChunkRange,
    facts: facts(0, 4 * 48_000, { timescale: 48_000, frames: null, samples: 4 * 48_000 }),
  }
  const expected = { hasAudio: true, trackSeconds: { video: 4, audio: 4 } }

  function check(first: Partial<ChunkFacts>, second: Partial<ChunkFacts>, expect = expected) {
    return checkChunks(
      [
        audio,
        { range: range(0, 1.98, 50), facts: facts(0, 240_000, first) },
        { range: range(1.98, null, null), facts: facts(240_000, 480_000, second) },
      ],
      expect,
    )
  }

  it('accepts chunks that follow one another within one tick', () => {
    expect(check({}, {})).toBeNull()
    expect(check({}, { startTicks: 240_001 })).toBeNull()
  })

  it.each<[string, string | null]>([
    ['begins 2 ticks', check({}, { startTicks: 240_002 })],
    ['begins -4800 ticks', check({ endTicks: 244_800 }, {})],
    ['49 frames instead of 50', check({ frames: 49 }, {})],
    ['decoder configurations', check({}, { decoderConfig: 'b'.repeat(64) })],
    ['units of time', check({}, { timescale: 90_000 })],
    ['The audio ends', check({}, {}, { hasAudio: true, trackSeconds: { video: 4, audio: 5 } })],
    ['Audio was not planned', check({}, {}, { ...expected, hasAudio: false })],
  ])('rejects others: %s', (fault, found) => {
    expect(found).toContain(fault)
  })
})

it('the list of chunks moves no times', () => {
  const ranges = [
    { startSeconds: 0, endSeconds: 29.9833333 },
    { startSeconds: 29.9833333, endSeconds: null },
  ]
  expect(buildChunkList(ranges, ['a.mp4', 'b.mp4'])).toBe(`ffconcat version 1.0
file a.mp4
inpoint 0
duration 29.983333
file b.mp4
inpoint 29.983333
duration 1
`)
})
