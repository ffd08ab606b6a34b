/** Recordings whose clock goes back, jumps by an hour or has one wrong time, in every container. */
import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { sprite, stream, video } from '../../fixtures/renditions.ts'
import { AAC, H264, testVideo, tone } from '../helpers/clips/inputs.ts'
import { measureLevel, readFrameTimes } from '../helpers/measureOutput.ts'
import { clip, probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { makeStream } from '../helpers/streamReader.ts'
import { changeBytes, ffmpeg, shiftFragments } from './caseFiles.ts'
import { delayPackets, joinRecordings } from './mpegTimes.ts'

useRunnerHarness()

const FORMATS = {
  ts: '-c copy -f mpegts',
  flv: '-c copy -f flv',
  mkv: '-c copy -f matroska -live 1',
  // Some of its packets have no times.
  mpg: '-c:v mpeg2video -g 25 -bf 2 -c:a mp2 -f mpeg',
}
/** Times at which the second half of a recording of four seconds begins. */
const RESTARTS = { back: 0.5, forward: 3602, pause: 5 }
const [VIDEO, AUDIO] = [0x100, 0x101]

beforeAll(async () => {
  await ffmpeg(args`${testVideo('64x64', 25, 4)} ${tone(4)} ${H264} -g 25 ${AAC} even.mp4`)
  await ffmpeg(args`-i even.mp4 -c copy even.ts`)
  for (const [type, format] of Object.entries(FORMATS)) {
    const options = format.split(' ')
    await ffmpeg(args`-i even.mp4 -t 2 ${options} first.${type}`)
    for (const [name, seconds] of Object.entries(RESTARTS)) {
      await ffmpeg(args`-ss 2 -i even.mp4 -output_ts_offset ${seconds} ${options} second.${type}`)
      const halves = await Promise.all(
        ['first', 'second'].map((half) => readFile(clip(`${half}.${type}`))),
      )
      await writeFile(clip(`${name}.${type}`), joinRecordings(type, halves))
    }
  }
  for (const [name, pid, index, seconds] of [
    ['late-frame.ts', VIDEO, 50, 3],
    ['early-frame.ts', VIDEO, 50, -1],
    ['late-sound.ts', AUDIO, 8, 3],
  ] as const) {
    await changeBytes('even.ts', name, (bytes) => delayPackets(bytes, { pid, index, seconds }))
  }
  // Each fragment has a second.
  await ffmpeg(
    args`-i even.mp4 -c copy -movflags frag_keyframe+empty_moov+default_base_moof even-fragments.mp4`,
  )
  for (const [name, shift] of [
    ['ahead-fragments.mp4', { from: 2, seconds: 3_600 }],
    ['back-fragments.mp4', { from: 2, seconds: -1.5 }],
  ] as const) {
    await changeBytes('even-fragments.mp4', name, (bytes) => shiftFragments(bytes, shift))
  }
})

async function makeOutput(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return probeOutput(job)
}

async function expectOutput(
  { path, video: track, audio: sound }: Awaited<ReturnType<typeof probeOutput>>,
  { seconds, frames }: { seconds: number; frames: number },
) {
  const times = await readFrameTimes(path)
  const steps = times.slice(1).map((time, index) => time - Number(times[index]))
  expect(Math.abs(times.length - frames)).toBeLessThan(2)
  expect(Math.max(...steps)).toBeLessThan(0.07)
  // One frame may be missing, as above, and `setpts` of ffmpeg 7.1 loses the duration of the last.
  expect(Math.abs(track.duration - seconds)).toBeLessThan(0.09)
  expect(Math.abs(sound.duration - seconds)).toBeLessThan(0.15)
  expect(await measureLevel(path, 0.2, seconds - 0.2)).toBeGreaterThan(-30)
}

describe.each(['back.ts', 'back.mkv', 'back.mpg', 'forward.flv', 'late-frame.ts', 'late-sound.ts'])(
  '%s',
  (name) => {
    it('has every frame once, and audio of the same duration', async () => {
      const output = await makeOutput(name, video({ width: 64 }))
      await expectOutput(output, { seconds: 4, frames: 100 })
    })
  },
)

it.each(['back.mkv', 'forward.ts', 'early-frame.ts'])(
  'a part of %s is counted in repaired times',
  async (name) => {
    const part = video({ width: 64, startSeconds: 1, endSeconds: 3 })
    await expectOutput(await makeOutput(name, part), { seconds: 2, frames: 50 })
  },
)

describe('a fragmented file whose times jump', () => {
  it('has the frames of a requested part', async () => {
    const part = video({ width: 64, startSeconds: 2.5, endSeconds: 3.5 })
    const output = await makeOutput('ahead-fragments.mp4', part)
    await expectOutput(output, { seconds: 1, frames: 25 })
  })

  it('has a storyboard as long as its frames', async () => {
    const { finish } = await runJob('ahead-fragments.mp4', sprite())
    expect(finish).toMatchObject({
      outcome: 'packaged',
      input: { durationSeconds: expect.closeTo(4, 1) },
    })
  })

  it('fails and says so when the times of fragments overlap, because ffmpeg drops those', async () => {
    const { finish } = await runJob('back-fragments.mp4', video({ width: 32 }))
    expect(finish).toMatchObject({
      errorCode: 'input_invalid',
      message: expect.stringMatching(/^The times in the file go back or jump, so that not all /),
    })
  })
})

it('the stream of a recording that goes back has every frame', async () => {
  const made = await makeStream('back.flv', stream({ ladder: [64] }))
  expect(Math.abs((await made.packets(String(made.rungs[0]))).length - 100)).toBeLessThan(2)
})

it.each(['pause.ts', 'pause.flv'])('the pause in %s remains', async (name) => {
  const { path, format } = await makeOutput(name, video({ width: 64 }))
  const times = await readFrameTimes(path)
  expect(Math.abs(times.length - 100)).toBeLessThan(2)
  expect(Math.abs(Number(format.duration) - 7)).toBeLessThan(0.15)
})
