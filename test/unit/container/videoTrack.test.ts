import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readVideoTrack } from '../../../container/ffmpeg/mp4/videoTrack.ts'
import { box, largeBox, words } from './fragmentFiles.ts'
import { moov, TIMESCALE } from './movieFiles.ts'

const folder = mkdtempSync(join(tmpdir(), 'tracks-'))
afterAll(() => rm(folder, { recursive: true }))

function read(...boxes: Buffer[]) {
  const file = join(folder, 'chunk.mp4')
  writeFileSync(file, Buffer.concat(boxes))
  return readVideoTrack(file)
}

const DATA = box('mdat', Buffer.alloc(100))

describe('the frames of a track', () => {
  it('have the times at which they are shown, with the gap of the edit list', async () => {
    // A gap of 0.4 s, 20 ticks, before the tick 2 of the track.
    expect(await read(DATA, moov())).toMatchObject({
      timescale: TIMESCALE,
      lastFrameTicks: 2,
      frames: [
        { ticks: 20, isKeyframe: true },
        { ticks: 24, isKeyframe: false },
        { ticks: 22, isKeyframe: false },
      ],
    })
  })

  it('are shown in the order of decoding without offsets, and begin at 0 without an edit list', async () => {
    const track = await read(DATA, moov({ offsets: null, edits: [], durations: [1, 5, 2, 1] }))
    expect(track?.frames.map(({ ticks }) => ticks)).toEqual([0, 5, 6])
    expect(track?.lastFrameTicks).toBe(1)
  })

  it('have a gap in whole seconds if the movie states no unit, as in ffmpeg', async () => {
    const track = await read(DATA, moov({ movieTimescale: 0, edits: [4, -1, 120, 2] }))
    expect(track?.frames[0]?.ticks).toBe(4 * TIMESCALE)
  })

  it('can have negative offsets', async () => {
    const track = await read(DATA, moov({ offsets: [1, 0, 2, -1], edits: [] }))
    expect(track?.frames.map(({ ticks }) => ticks)).toEqual([0, 1, 3])
  })

  it('are all key frames without a list of key frames', async () => {
    const track = await read(DATA, moov({ keyframes: null }))
    expect(track?.frames.every(({ isKeyframe }) => isKeyframe)).toBe(true)
  })

  it('are found before and after the data, which can have a size of 64 bits', async () => {
    const after = await read(largeBox('mdat', 116n, Buffer.alloc(100)), moov())
    expect(after?.frames).toHaveLength(3)
    expect(await read(box('ftyp'), moov(), DATA)).toEqual(after)
  })
})

describe('the decoder configuration', () => {
  it('does not depend on the bit rate or the times', async () => {
    const track = await read(DATA, moov())
    const other = await read(DATA, moov({ bitRate: 2, durations: [3, 4] }))
    expect(other?.decoderConfig).toBe(track?.decoderConfig)
  })

  it('differs with other parameters', async () => {
    const track = await read(DATA, moov())
    const other = await read(DATA, moov({ config: Buffer.from('others') }))
    expect(other?.decoderConfig).not.toBe(track?.decoderConfig)
  })
})

it('a file without frames has no track', async () => {
  expect(await read(DATA, moov({ frames: 0, durations: [], offsets: [] }))).toBeNull()
  expect(await read(DATA, box('moov', box('mvhd', words(0, 0, 0, 1, 0, 0))))).toBeNull()
})

describe('a file is rejected', () => {
  it.each([
    ['without an index', [DATA]],
    ['whose index is cut off', [DATA, moov().subarray(0, 300)]],
    ['whose data is longer than the file', [box('mdat', Buffer.alloc(100), 5_000), moov()]],
  ])('%s', async (_name, boxes) => {
    await expect(read(...boxes)).rejects.toThrow('The file has no valid index.')
  })

  it('that has no times for some of its frames', async () => {
    await expect(read(DATA, moov({ frames: 4 }))).rejects.toThrow(
      'The index has the times of 3 frames, and none for frame 4.',
    )
  })
})
