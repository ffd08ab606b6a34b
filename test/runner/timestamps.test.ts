/** Sources with wrong timestamps, gaps, bursts of frames, or without a duration. */
import { describe, expect, it } from 'vitest'
import { probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { audio, sprite, stream, video } from '../fixtures/renditions.ts'
import { measureLevel, readFrameTimes } from './helpers/measureOutput.ts'
import { makeStream } from './helpers/streamReader.ts'
import { parseVtt } from '../fixtures/storyboardCues.ts'

useRunnerHarness()

async function makeOutput(name: string, rendition: Parameters<typeof runJob>[1]) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return probeOutput(job)
}

describe.each(['late-packet.mp4', 'late-packet.mov', 'late-packet.mkv', 'late-audio-packet.mkv'])(
  '%s, of which one packet is three hours late,',
  (name) => {
    it.each([
      ['keeps its duration and every frame', video({ width: 160 })],
      [
        'keeps its duration and every frame at a constant rate',
        video({ width: 160, frameRate: 25 }),
      ],
    ])('%s', async (_, rendition) => {
      const { path, format } = await makeOutput(name, rendition)
      expect(Math.abs(Number(format.duration) - 8)).toBeLessThan(0.2)
      expect(await readFrameTimes(path)).toHaveLength(200)
    })

    it('becomes a stream of eight seconds', async () => {
      const { read, rungs } = await makeStream(name, stream({ ladder: [144] }))
      const seconds = read(String(rungs[0])).segments.reduce((all, each) => all + each.duration, 0)
      expect(Math.abs(seconds - 8)).toBeLessThan(0.2)
    })
  },
)

it('a late audio packet makes no silence', async () => {
  const { path, format } = await makeOutput('late-audio-packet.mkv', audio({ format: 'wav' }))
  expect(Math.abs(Number(format.duration) - 8)).toBeLessThan(0.2)
  expect(await measureLevel(path, 5, 7.5)).toBeGreaterThan(-40)
})

describe('two frames of a small file that are 22 hours apart', () => {
  it.each([
    ['a video', video({ width: 64 })],
    ['WebM', video({ format: 'webm' })],
    ['a stream', stream()],
    ['a frame rate', video({ frameRate: 25 })],
  ])('are rejected for %s', async (_, rendition) => {
    for (const name of ['gap.mp4', 'gap.mkv']) {
      const { finish } = await runJob(name, rendition)
      expect(finish).toMatchObject({
        outcome: 'failed',
        errorCode: 'unsupported',
        message: expect.stringMatching(
          /bytes for 80,00\d seconds; at most 3,\d+ seconds are allowed/,
        ),
      })
    }
  })
})

describe('a burst of frames before one a second', () => {
  it('keeps its motion in a stream, and has a bounded number of frames', async () => {
    const made = await makeStream('burst.mp4', stream({ ladder: [144] }))
    const times = (await made.packets(String(made.rungs[0]))).map(({ pts_time }) =>
      Number(pts_time),
    )
    expect(times.filter((time) => time < 0.1).length).toBeGreaterThanOrEqual(5)
    expect(times.length).toBeLessThan(1_300)
  })

  it('has a storyboard to the last second', async () => {
    const { job, finish } = await runJob('burst.mp4', sprite())
    expect(finish).toMatchObject({ outcome: 'packaged' })
    const cues = parseVtt(String(job.files.get('sprite.vtt')))
    expect(Number(cues.at(-1)?.end)).toBeGreaterThan(19)
  })
})

it('a recording without a duration has a storyboard, and can fade out', async () => {
  const { job, finish } = await runJob('live.webm', sprite({ intervalSeconds: 1 }))
  expect(finish).toMatchObject({ outcome: 'packaged' })
  const cues = parseVtt(String(job.files.get('sprite.vtt')))
  expect(Math.abs(Number(cues.at(-1)?.end) - 8)).toBeLessThan(0.1)
  const { format } = await makeOutput('live.webm', video({ width: 160, fadeOutSeconds: 1 }))
  expect(Math.abs(Number(format.duration) - 8)).toBeLessThan(0.2)
})
