/**
 * Files in which a track ends early or the end is missing, and files with no or wrong durations.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { audio, image, sprite, stream, video } from '../../fixtures/renditions.ts'
import { AAC, H264, testVideo, tone } from '../helpers/clips/inputs.ts'
import { clip, probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { changeBytes, ffmpeg, replaceBoxes } from './caseFiles.ts'

useRunnerHarness()

beforeAll(async () => {
  const both = args`${testVideo('160x90', 10, 10)} ${tone(10)}`
  await ffmpeg(args`${both} ${H264} -g 10 ${AAC} -movflags +faststart ten.mp4`)
  await ffmpeg(args`-i ten.mp4 -c copy -bsf:v noise=drop=gt(pts*tb\,5) short-picture.mp4`)
  await ffmpeg(args`-i ten.mp4 -c copy -bsf:a noise=drop=gt(pts*tb\,5) short-sound.mp4`)
  await ffmpeg(args`-i short-picture.mp4 -c copy short-picture.mkv`)
  await changeBytes('ten.mp4', 'cut.mp4', (bytes) => bytes.subarray(0, bytes.length * 0.6))
  // The duration is at another offset in each of these headers (ISO/IEC 14496-12, 8.2.2 and
  // others).
  const offsets: Record<string, number> = { mvhd: 24, mdhd: 24, tkhd: 28 }
  await changeBytes('silent.mp4', 'zero.mp4', (bytes) =>
    replaceBoxes(bytes, ({ type, bytes: box }) => {
      const offset = offsets[type]
      return offset === undefined ? null : Buffer.from(box).fill(0, offset, offset + 4)
    }),
  )
  await ffmpeg(
    args`-i small.mp4 -c:v libvpx -b:v 100k -c:a libopus -f webm -live 1 no-duration.webm`,
  )
  await ffmpeg(
    args`${testVideo('160x90', 10, 1)} ${H264} -bf 0 -bsf:v
    setts=duration=if(eq(N\,9)\,5/TB\,DURATION) long-last-frame.mp4`,
  )
})

const EARLY_VIDEO = /^The video ends at second 5\.\d, before the audio \(10\.0\)\.$/
const EARLY_AUDIO = /^The audio ends at second 5\.\d, before the video \(10\.0\)\.$/

describe('a track that ends before the other', () => {
  it.each([
    ['short-picture.mp4', video({ width: 80 }), EARLY_VIDEO],
    ['short-picture.mkv', video({ width: 80, format: 'webm' }), EARLY_VIDEO],
    ['short-sound.mp4', video({ width: 80, format: 'mkv' }), EARLY_AUDIO],
    ['short-picture.mp4', stream(), EARLY_VIDEO],
    ['short-sound.mp4', stream(), EARLY_AUDIO],
  ])('is kept, with a note: %s', async (name, rendition, note) => {
    const { finish } = await runJob(name, rendition)
    expect(finish).toMatchObject({ plan: { notes: [expect.stringMatching(note)] } })
    expect(finish.outcome).toMatch(/^(completed|packaged)$/)
  })

  it.each([
    ['short-picture.mp4', video({ width: 80, audioCodec: 'none' })],
    ['short-sound.mp4', audio()],
  ])('decides how long an output of it alone is: %s', async (name, rendition) => {
    const { finish } = await runJob(name, rendition)
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: { durationSeconds: expect.closeTo(5.1, 0) },
    })
  })

  it('has no frame and no part after its end', async () => {
    for (const rendition of [video({ width: 80, startSeconds: 7 }), image({ atSeconds: 7 })]) {
      const { finish } = await runJob('short-picture.mp4', rendition)
      expect(finish).toMatchObject({
        errorCode: 'unsupported',
        message: expect.stringMatching(/^The video is 5\.\d+ seconds long, so /),
      })
    }
    const { finish } = await runJob('short-sound.mp4', audio({ startSeconds: 7 }))
    expect(finish).toMatchObject({ message: expect.stringMatching(/^The audio is 5\.\d+ seconds/) })
    const { job } = await runJob('short-sound.mp4', video({ width: 80, startSeconds: 7 }))
    expect((await probeOutput(job)).streams).toHaveLength(1)
  })
})

describe('a file whose end is missing', () => {
  it.each([video({ width: 80 }), audio(), stream()])('fails as $kind', async (rendition) => {
    const { finish } = await runJob('cut.mp4', rendition)
    expect(finish).toMatchObject({
      errorCode: 'input_invalid',
      message: expect.stringMatching(/^The file ends early: the duration of the /),
    })
  })

  it.each([
    ['cut.mp4', ['ten.mp4']],
    ['ten.mp4', ['cut.mp4', 'ten.mp4']],
    ['ten.mp4', ['cut.mp4']],
  ])('fails when it is joined with others: %s, %o', async (name, append) => {
    const references = Object.fromEntries(append.map((each) => [each, clip(each)]))
    const { finish } = await runJob(name, video({ width: 80, append }), {}, {}, references)
    expect(finish).toMatchObject({
      errorCode: 'input_invalid',
      message: expect.stringMatching(/^The file ends early: the duration of the /),
    })
  })

  it('has a storyboard of the part that exists, with a note', async () => {
    const { job, finish } = await runJob('cut.mp4', sprite({ intervalSeconds: 0.5, columns: 3 }))
    expect(finish).toMatchObject({
      outcome: 'packaged',
      plan: { notes: [expect.stringMatching(/^The file ends early: the storyboard is [56]/)] },
    })
    const index = job.files.get('sprite.vtt')?.toString() ?? ''
    const cues = [...index.matchAll(/-->/g)].length
    expect(cues).toBeGreaterThan(8)
    expect(cues).toBeLessThan(14)
    for (const [, name] of index.matchAll(/^(sprite_\d+\.\w+)#/gm)) {
      expect([...job.files.keys()]).toContain(name)
    }
    expect([...job.files.keys()]).toHaveLength(1 + Math.ceil(cues / 9))
  })

  it('has no frame after its end', async () => {
    const { finish } = await runJob('cut.mp4', image({ atSeconds: 8 }))
    expect(finish).toMatchObject({
      errorCode: 'input_invalid',
      message: 'The file ends early: nothing of the requested part can be read.',
    })
  })
})

describe('a duration that the file does not declare', () => {
  it.each(['zero.mp4', 'no-duration.webm'])('is found by reading %s', async (name) => {
    for (const rendition of [video({ width: 80, fadeOutSeconds: 0.2 }), sprite(), stream()]) {
      const { finish } = await runJob(name, rendition)
      expect(finish.outcome).toMatch(/^(completed|packaged)$/)
      expect(finish).toMatchObject({ input: { durationSeconds: expect.closeTo(1, 1) } })
    }
  })
})

it('a video is complete if it has all frames, although its last one was declared to be longer', async () => {
  const { finish } = await runJob('long-last-frame.mp4', video({ width: 80 }))
  expect(finish).toMatchObject({ outcome: 'completed' })
})
