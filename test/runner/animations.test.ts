/** Animated images as sources. */
import { describe, expect, it } from 'vitest'
import { probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image, preview, sprite, stream, video } from '../fixtures/renditions.ts'
import { readFrameTimes, readPixelsAt } from './helpers/measureOutput.ts'

useRunnerHarness()

/** Reads some pixels of the frame that is shown at a second, in steps of 16. */
function readFrame(path: string, second: number) {
  const places = Array.from({ length: 40 }, (_, index): [number, number] => [index * 12, 180])
  return readPixelsAt(path, Math.floor(second * 10) / 10, ...places).then((pixels) =>
    pixels.flat().map((value) => Math.round(value / 16)),
  )
}

it('the last frame of an animation lasts as long as it declares', async () => {
  const { job, finish } = await runJob('hold.gif', video())
  expect(finish).toMatchObject({ outcome: 'completed' })
  const { format } = await probeOutput(job)
  expect(Math.abs(Number(format.duration) - 3.8)).toBeLessThan(0.11)
})

describe.each(['moving.gif', 'moving.png'])('%s', (name) => {
  it('becomes a video with its timing and an even size', async () => {
    const { job, finish } = await runJob(name, video())
    expect(finish).toMatchObject({ outcome: 'completed', plan: { audio: null } })
    const { path, video: track } = await probeOutput(job)
    expect([track.width, track.height, track.codec_name]).toEqual([500, 374, 'h264'])
    const times = await readFrameTimes(path)
    expect(times).toHaveLength(30)
    // The frame that lasts 0.9 seconds is repeated.
    const shown = await Promise.all([1.05, 1.85, 2.15].map((second) => readFrame(path, second)))
    expect(shown[0]).toEqual(shown[1])
    expect(shown[0]).not.toEqual(shown[2])
    expect(Math.abs(Number(track.duration) - 3)).toBeLessThan(0.11)
  })

  it.each([
    ['a frame', image({ atSeconds: 1 }), 'completed'],
    ['a preview', preview(), 'completed'],
    ['a storyboard', sprite(), 'packaged'],
    ['a stream', stream(), 'packaged'],
  ])('becomes %s', async (_, rendition, outcome) => {
    const { finish } = await runJob(name, rendition)
    expect(finish).toMatchObject({ outcome })
  })
})
