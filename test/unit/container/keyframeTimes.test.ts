import { describe, expect, it } from 'vitest'
import { readMovieIndex } from '../../../container/ffmpeg/mp4/movieIndex.ts'
import { findKeyframeTimes } from '../../../container/ffmpeg/mp4/keyframeTimes.ts'
import { findContent } from '../../../container/ffmpeg/mp4/boxes.ts'
import { box } from './fragmentFiles.ts'
import { moov } from './movieFiles.ts'

/** Ten frames of a tenth of a second, with a key frame every four frames, and without a gap. */
const FILM = { frames: 10, durations: [10, 5], offsets: null, keyframes: [1, 5, 9], edits: [] }

function find(fields: Parameters<typeof moov>[0], times: number[], stream = 0) {
  return findKeyframeTimes(findContent(moov({ ...FILM, ...fields }), 'moov')!, stream, times)
}

describe('the key frame of a time', () => {
  it('is the last one whose decoding time is not after it', () => {
    expect(find({}, [0, 0.38, 0.4, 0.78, 0.8, 5])).toEqual([0, 0, 0.4, 0.4, 0.8, 0.8])
  })

  it('is the first one for a time before it', () => {
    expect(find({ edits: [500, -1, 1_000, 0] }, [0.1, 0.9])).toEqual([0.5, 0.9])
  })

  it('is stated with the time at which it is shown', () => {
    // Each frame is shown a frame after it is decoded, and the edit list takes that back, after a gap of half a second.
    const fields = { offsets: [10, 5], edits: [500, -1, 1_000, 5] }
    expect(find(fields, [0.88, 0.9, 1.3])).toEqual([0.5, 0.9, 1.3])
  })

  it('is each frame if all are key frames', () => {
    expect(find({ keyframes: null }, [0.25, 0.7])).toEqual([0.2, 0.7])
  })
})

describe('no key frames are found', () => {
  it.each<[string, Parameters<typeof moov>[0]]>([
    ['if several parts of the track are shown', { edits: [100, 0, 100, 10] }],
    ['if the first frame is not shown', { edits: [1_000, 5] }],
    ['if frames are shown before they are decoded', { offsets: [9, 0, 1, -1] }],
    ['if frames have no times', { durations: [8, 5] }],
    ['if the key frames are not in order', { keyframes: [1, 9, 5] }],
    ['if there is none', { keyframes: [] }],
    ['if there is one after the last frame', { keyframes: [1, 11] }],
    ['if there are more frames than a file can have', { frames: 2 ** 32 - 1 }],
    ['in a track of audio', { handler: 'soun' }],
  ])('%s', (_name, fields) => {
    expect(find(fields, [0.5, 2])).toBeNull()
  })

  it('in a stream that does not exist', () => {
    expect(find({}, [0.5], 1)).toBeNull()
  })
})

describe('the index of a file', () => {
  const read = (bytes: Buffer, maxBytes = bytes.length) =>
    readMovieIndex(bytes.length, async (start, end) => bytes.subarray(start, end), maxBytes)

  it('is found before and after the frames, without reading them', async () => {
    const index = moov(FILM)
    const content = index.subarray(8)
    expect(await read(Buffer.concat([box('ftyp'), index, box('mdat')]))).toEqual(content)
    expect(await read(Buffer.concat([box('mdat', Buffer.alloc(99)), index]))).toEqual(content)
  })

  it('is not read if it is too long, or after more boxes than a file has', async () => {
    const index = moov(FILM)
    expect(await read(index, index.length - 9)).toBeNull()
    const boxes = Array.from({ length: 64 }, () => box('free'))
    expect(await read(Buffer.concat([...boxes, index]))).toBeNull()
    expect(await read(Buffer.concat([...boxes.slice(1), index]))).not.toBeNull()
  })

  it('is not found in another file', async () => {
    expect(await read(Buffer.from('\x1a\x45\xdf\xa3 Matroska'))).toBeNull()
    expect(await read(Buffer.alloc(0))).toBeNull()
  })
})
