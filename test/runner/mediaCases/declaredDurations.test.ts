/** Files of two seconds that declare half of their duration, or twice as much. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { audio, image, preview, sprite, stream, video } from '../../fixtures/renditions.ts'
import { AAC, H264, testVideo, tone } from '../helpers/clips/inputs.ts'
import { clip, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { changeBytes, ffmpeg, findAll, replaceBoxes } from './caseFiles.ts'
import { joinRecordings } from './mpegTimes.ts'

useRunnerHarness()

const execute = promisify(execFile)
const FACTORS = { 'declared-short': 0.5, 'declared-long': 2 }

/** Multiplies the declared duration of a file of each type. */
const SCALE: Record<string, (bytes: Buffer, factor: number) => Buffer> = {
  mp4: scaleMp4,
  'fragments.mp4': scaleMp4,
  // The element Duration, with a number of 8 bytes.
  mkv: (bytes, factor) => scaleDouble(bytes, '\x44\x89\x88', factor),
  // The type of the value is a byte before it.
  flv: (bytes, factor) => scaleDouble(bytes, 'duration\0', factor),
  avi: scaleAvi,
}

function scaleMp4(bytes: Buffer, factor: number): Buffer {
  // The duration is at another offset in each of these headers (ISO/IEC 14496-12, 8.2.2 and others).
  const offsets: Record<string, number> = { mvhd: 24, mdhd: 24, tkhd: 28 }
  const scales: Record<string, number> = { mvhd: 20, mdhd: 20 }
  return replaceBoxes(bytes, ({ type, bytes: box }) => {
    const offset = offsets[type]
    if (offset === undefined) {
      return null
    }
    const scale = type in scales ? box.readUInt32BE(scales[type]) : 1_000
    const changed = Buffer.from(box)
    changed.writeUInt32BE(SECONDS * factor * scale, offset)
    return changed
  })
}

function scaleDouble(bytes: Buffer, before: string, factor: number): Buffer {
  const changed = Buffer.from(bytes)
  const at = changed.indexOf(Buffer.from(before, 'latin1')) + before.length
  changed.writeDoubleBE(changed.readDoubleBE(at) * factor, at)
  return changed
}

/** Multiplies the numbers of frames in the headers of the file and of its streams. */
function scaleAvi(bytes: Buffer, factor: number): Buffer {
  const changed = Buffer.from(bytes)
  const scale = (at: number) =>
    changed.writeUInt32LE(Math.round(changed.readUInt32LE(at) * factor), at)
  scale(changed.indexOf('avih') + 24)
  for (const at of findAll(changed, 'strh')) {
    scale(at + 40)
  }
  return changed
}

const SECONDS = 2

beforeAll(async () => {
  const both = args`${testVideo('64x64', 25, SECONDS)} ${tone(SECONDS)}`
  await ffmpeg(args`${both} ${H264} -g 25 ${AAC} declared-right.mp4`)
  await ffmpeg(
    args`-i declared-right.mp4 -c copy -movflags frag_keyframe+empty_moov declared-right.fragments.mp4`,
  )
  await ffmpeg(args`-i declared-right.mp4 -c copy declared-right.flv`)
  await ffmpeg(args`-i declared-right.mp4 -c:v mpeg4 -c:a mp3 declared-right.avi`)
  // A file that is written to a pipe has no Cues, and declares the duration that its source has in its
  // tags.
  await ffmpeg(args`-i declared-right.mp4 -c copy declared-tagged.mkv`)
  const piped = args`-v error -i ${clip('declared-tagged.mkv')} -c copy -f matroska -`
  const { stdout } = await execute('ffmpeg', piped, { encoding: 'buffer' })
  await writeFile(clip('declared-right.mkv'), stdout)
  for (const [type, scale] of Object.entries(SCALE)) {
    for (const [name, factor] of Object.entries(FACTORS)) {
      await changeBytes(`declared-right.${type}`, `${name}.${type}`, (bytes) =>
        scale(bytes, factor),
      )
    }
  }
  // A part that was copied begins at the key frame before it, and hides the first frames.
  await ffmpeg(
    args`${testVideo('64x64', 25, 4)} ${tone(4)} ${H264} -g 250 ${AAC} declared-one-key-frame.mp4`,
  )
  await ffmpeg(args`-ss 2 -i declared-one-key-frame.mp4 -c copy declared-part.mp4`)
  // The second half has the times of the first.
  await ffmpeg(args`-i declared-right.mp4 -t 1 -c copy declared-first.ts`)
  await ffmpeg(args`-ss 1 -i declared-right.mp4 -c copy declared-second.ts`)
  const halves = await Promise.all(
    ['declared-first.ts', 'declared-second.ts'].map((name) => readFile(clip(name))),
  )
  await writeFile(clip('declared-back.ts'), joinRecordings('ts', halves))
  for (const type of ['mkv', 'flv']) {
    await changeBytes(`declared-right.${type}`, `declared-hundredfold.${type}`, (bytes) =>
      SCALE[type]!(bytes, 100),
    )
  }
  await changeBytes('declared-hundredfold.mkv', 'declared-hundredfold-cut.mkv', (bytes) =>
    bytes.subarray(0, bytes.length * 0.7),
  )
  await changeBytes('declared-long.mkv', 'declared-cut.mkv', (bytes) =>
    bytes.subarray(0, bytes.length * 0.7),
  )
})

const NOTE = /^The file declares a duration of [34]\.\d seconds, and has 2\.\d\.$/

describe.each(Object.keys(SCALE))('%s', (type) => {
  it('is whole if it declares half of its duration', async () => {
    const { finish } = await runJob(`declared-short.${type}`, video({ width: 32 }))
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: { durationSeconds: expect.closeTo(2, 0) },
    })
  })

  it('is whole if it declares twice its duration, with a note', async () => {
    const { finish } = await runJob(`declared-long.${type}`, video({ width: 32 }))
    // The index of MP4 has the duration of each frame.
    const notes = type === 'mp4' ? [] : [expect.stringMatching(NOTE)]
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: { durationSeconds: expect.closeTo(2, 0) },
      plan: { notes },
    })
  })
})

describe('a second after the declared end', () => {
  it.each([
    ['declared-short.mkv', image({ atSeconds: 1.5 })],
    ['declared-short.mp4', image({ atSeconds: 1.5 })],
    ['declared-short.mp4', video({ width: 32, startSeconds: 1.5 })],
    ['declared-short.flv', preview({ format: 'mp4', startSeconds: 1.2, endSeconds: 1.8 })],
    ['declared-short.mp4', audio({ startSeconds: 1.5 })],
  ])('is in the file: %s', async (name, rendition) => {
    const { finish } = await runJob(name, rendition)
    expect(finish).toMatchObject({
      outcome: 'completed',
      input: { durationSeconds: expect.closeTo(2, 0) },
    })
  })

  it('is rejected if it is after the end of the packets too', async () => {
    const { finish } = await runJob('declared-short.mkv', image({ atSeconds: 3 }))
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching(/^The video is 2\.?\d* seconds long, so it has no frame /),
    })
  })
})

/** Counts the pictures of a storyboard that has one every half second. */
async function countPictures(name: string): Promise<number> {
  const { job } = await runJob(name, sprite({ intervalSeconds: 0.5 }))
  const index = job.files.get('sprite.vtt')?.toString() ?? ''
  return [...index.matchAll(/-->/g)].length
}

describe('the hidden start of a part is not in its duration', () => {
  it.each([
    ['a copy', video()],
    ['a fade', video({ width: 32, fadeOutSeconds: 0.5 })],
    ['a preview', preview({ format: 'mp4', startSeconds: 0, endSeconds: 4 })],
    ['audio', audio()],
  ])('%s', async (_, rendition) => {
    const { finish } = await runJob('declared-part.mp4', rendition)
    expect(finish).toMatchObject({
      outcome: 'completed',
      input: { durationSeconds: expect.closeTo(2, 0) },
      output: { durationSeconds: expect.closeTo(2, 0) },
      plan: { notes: [] },
    })
  })

  it('a storyboard', async () => {
    expect(await countPictures('declared-part.mp4')).toBe(4)
  })
})

it('a storyboard has the frames that exist', async () => {
  expect(Math.abs((await countPictures('declared-long.flv')) - 4)).toBeLessThan(2)
})

it('a stream has the duration of its packets', async () => {
  const { finish } = await runJob('declared-long.flv', stream({ ladder: [64] }))
  expect(finish).toMatchObject({
    outcome: 'packaged',
    output: { durationSeconds: expect.closeTo(2, 0) },
  })
})

it.each(['long', 'short'])(
  'a file that declares a wrong duration (%s) is appended whole to one whose times go back',
  async (name) => {
    const rendition = video({ width: 32, append: ['videos/next.mkv'] })
    const references = { 'videos/next.mkv': clip(`declared-${name}.mkv`) }
    const { finish } = await runJob('declared-back.ts', rendition, {}, {}, references)
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: { durationSeconds: expect.closeTo(4, 0) },
    })
  },
)

it.each(['mkv', 'flv'])(
  'a note says that %s declares a hundred times its duration',
  async (type) => {
    const { finish } = await runJob(`declared-hundredfold.${type}`, video({ width: 32 }))
    const note = /^The file declares a duration of 20\d\.\d seconds, and has 2\.\d\.$/
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: { durationSeconds: expect.closeTo(2, 0) },
      plan: { notes: [expect.stringMatching(note)] },
    })
  },
)

it.each(['declared-cut.mkv', 'declared-hundredfold-cut.mkv'])(
  '%s fails, because its end is missing',
  async (name) => {
    const { finish } = await runJob(name, video({ width: 32 }))
    expect(finish).toMatchObject({
      errorCode: 'input_invalid',
      message: expect.stringMatching(/^The file ends early: /),
    })
  },
)
