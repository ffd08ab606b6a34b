import { describe, expect, it } from 'vitest'
import { harness, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image, wave } from '../fixtures/renditions.ts'
import { readPixels } from './helpers/pixels.ts'

useRunnerHarness()

describe('the best frame', () => {
  it('is bright and sharp, and the same in each run', async () => {
    const rendition = image({ format: 'png', pick: 'best' })
    const { job, finish } = await runJob('unsteady.mp4', rendition)
    expect(finish).toMatchObject({
      outcome: 'completed',
      plan: { reason: 'the best of 8 frames' },
      output: { width: 320, height: 180 },
      timings: { analyse: expect.any(Number) },
    })
    const { path } = await probeOutput(job)
    const [, second] =
      /-ss ([\d.]+)/.exec(finish.outcome === 'completed' ? finish.command : '') ?? []
    expect(Number(second)).toBeGreaterThanOrEqual(4)
    const first = await readPixels(path, 32, 18)
    const again = await probeOutput((await runJob('unsteady.mp4', rendition)).job)
    expect((await readPixels(again.path, 32, 18)).bytes).toEqual(first.bytes)
  })

  it('can be made of a black video', async () => {
    const { job } = await runJob('black.mp4', image({ pick: 'best', width: 160 }))
    expect((await probeOutput(job)).video).toMatchObject({ width: 160, height: 90 })
  })

  it('can be made of a video with one frame', async () => {
    const { finish } = await runJob('one-frame.mp4', image({ pick: 'best' }))
    expect(finish.outcome).toBe('completed')
  })

  it('is found without reading the whole file', async () => {
    const { finish } = await runJob('big.mov', image({ pick: 'best', width: 160 }))
    expect(finish.outcome).toBe('completed')
    // Nine seeks, each with the bytes in socket buffers, and the frames that are decoded. The limit
    // does not depend on the size of the file, which is 138 MB.
    expect(harness.gateway.sourceBytes).toBeLessThan(55e6)
  })

  it('can be made of a damaged file', async () => {
    const { finish } = await runJob('half.mp4', image({ pick: 'best' }))
    expect(finish.outcome).toBe('completed')
  })
})

describe('a waveform', () => {
  it.each(['png', 'webp', 'jpg'] as const)(
    'is encoded to %s from an audio file',
    async (format) => {
      const { job, finish } = await runJob('audio-only.m4a', wave({ format }))
      expect((await probeOutput(job)).video).toMatchObject({ width: 1280, height: 240 })
      expect(finish).toMatchObject({
        outcome: 'completed',
        output: { durationSeconds: null, audioCodec: null },
        plan: { video: null, audio: { action: 'encode' } },
      })
    },
  )

  it('has the requested size and colours', async () => {
    const rendition = wave({
      format: 'png',
      width: 301,
      height: 99,
      waveformColor: 'ff0000',
      background: '0000ff',
    })
    const { path, video } = await probeOutput((await runJob('clip.mp4', rendition)).job)
    expect([video.width, video.height]).toEqual([301, 99])
    const { at } = await readPixels(path, 301, 99)
    expect(at(150, 1)).toEqual([0, 0, 255])
    expect(at(150, 49)).toEqual([255, 0, 0])
  })

  it('covers the requested part of the requested track', async () => {
    const part = wave({
      format: 'png',
      width: 100,
      height: 20,
      startSeconds: 0.2,
      endSeconds: 0.4,
    })
    const { finish } = await runJob('languages.mkv', { ...part, audioTrack: 3 } as typeof part)
    expect(finish).toMatchObject({ outcome: 'completed' })
    const { command } = finish as { command: string }
    expect(command).toContain('-ss 0.2 -t 0.2')
    expect(command).toContain('[0:3]')
  })

  it('of a file without audio is rejected with a readable message', async () => {
    const { finish } = await runJob('silent.mp4', wave())
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringContaining('has no audio'),
    })
  })
})
