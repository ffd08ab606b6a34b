import { describe, expect, it } from 'vitest'
import { probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image, video } from '../fixtures/renditions.ts'
import { readFrameTimes, nameColour, readPixelsAt } from './helpers/measureOutput.ts'

useRunnerHarness()

const BT709 = {
  color_primaries: 'bt709',
  color_transfer: 'bt709',
  color_space: 'bt709',
  color_range: 'tv',
  pix_fmt: 'yuv420p',
}
async function makeOutput(name: string, rendition = video({ width: 96, quality: 90 })) {
  return probeOutput((await runJob(name, rendition)).job)
}
async function readColours(path: string) {
  return nameColour((await readPixelsAt(path, 0, [40, 30]))[0])
}

describe('colours', () => {
  it.each([
    ['BT.601', 'red-601.mp4'],
    ['BT.709 in full range', 'red-full.mp4'],
    ['BT.709', 'red-709.mp4'],
    ['RGB', 'red-rgb.mov'],
  ])('are converted from %s to BT.709, and tagged accordingly', async (_, name) => {
    const { video: stream, path } = await makeOutput(name)
    expect(stream).toMatchObject(BT709)
    expect(await readColours(path)).toBe('red')
  })

  it.each([
    ['BT.2020 without HDR', 'gray-2020.mp4', 128, 12],
    // A PQ signal at half its range is 92 nits. Without tone mapping that would be almost white on an
    // SDR screen of 100 nits; tone mapping darkens it to leave room for brighter areas.
    ['HDR as PQ', 'pq.mp4', 170, 50],
    ['HDR as HLG', 'small-hlg.mp4', 150, 60],
  ])(
    'are converted from %s to BT.709, and tagged accordingly',
    async (_, name, level, tolerance) => {
      const { video: stream, path } = await makeOutput(name)
      expect(stream).toMatchObject(BT709)
      const [pixel = []] = await readPixelsAt(path, 0, [40, 30])
      const [low, high] = [Math.min(...pixel), Math.max(...pixel)]
      expect(high - low).toBeLessThan(8)
      expect(Math.abs((low + high) / 2 - level)).toBeLessThan(tolerance)
    },
  )

  it.each(['h265', 'vp9', 'av1'] as const)('are tagged as BT.709 in %s', async (videoCodec) => {
    const rendition = video({ format: 'mkv', encoderSpeed: 'fast', videoCodec })
    expect((await makeOutput('red-601.mp4', rendition)).video).toMatchObject(BT709)
  })

  it('with ten bits become BT.709 with eight', async () => {
    expect((await makeOutput('ten-bits.mp4')).video).toMatchObject(BT709)
  })

  it.each([
    ['red-601.mp4', 'jpg'],
    ['red-709.mp4', 'jpg'],
    ['red-full.mp4', 'png'],
    ['red-709.mp4', 'webp'],
  ] as const)('are right in a frame from %s as %s', async (name, format) => {
    const { path } = await makeOutput(name, image({ format, quality: 95 }))
    expect(await readColours(path)).toBe('red')
  })

  it('of a grey HDR video stay grey in a frame with odd sides', async () => {
    const { video: stream, path } = await makeOutput('pq.mp4', image({ format: 'png', width: 81 }))
    expect([stream.width, stream.pix_fmt]).toEqual([81, 'rgb24'])
    const [[red, green] = []] = await readPixelsAt(path, 0, [40, 30])
    expect(Math.abs(Number(red) - Number(green))).toBeLessThan(4)
  })
})

describe('video frames', () => {
  it('with a variable rate keep their times, and none is duplicated', async () => {
    const { path, format } = await makeOutput('vfr.mkv')
    const times = await readFrameTimes(path)
    expect(times).toHaveLength(11)
    expect(Number(times[6]) - Number(times[0])).toBeCloseTo(1.5, 2)
    expect(Number(format.duration)).toBeCloseTo(2, 0)
  })

  it('have a constant rate when a frame rate is requested', async () => {
    const { video: stream } = await makeOutput('vfr.mkv', video({ width: 96, frameRate: 12.5 }))
    expect(stream.avg_frame_rate).toBe('25/2')
    expect(Number(stream.nb_frames)).toBe(25)
  })

  it('of interlaced video become progressive', async () => {
    const { video: stream } = await makeOutput('interlaced.mp4')
    expect(stream.field_order).toBe('progressive')
  })

  it('are kept if there is only one', async () => {
    const { video: stream } = await makeOutput('one-frame.mp4')
    expect(stream.nb_frames).toBe('1')
  })

  it('can be as few as one a second', async () => {
    const { video: stream, format } = await makeOutput('one-fps.mp4')
    expect([stream.avg_frame_rate, stream.nb_frames]).toEqual(['1/1', '3'])
    expect(Number(format.duration)).toBeCloseTo(3, 0)
  })

  it('with non-square pixels get square pixels', async () => {
    const { video: stream } = await makeOutput('oblong.mp4', video())
    expect([stream.width, stream.height, stream.sample_aspect_ratio]).toEqual([212, 90, '1:1'])
  })
})
