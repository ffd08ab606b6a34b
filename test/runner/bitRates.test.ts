import { stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { audio, video } from '../fixtures/renditions.ts'
import { measureLevel, measureLoudness, measureSsim } from './helpers/measureOutput.ts'

useRunnerHarness()

const CODECS = ['h264', 'h265', 'vp9', 'av1'] as const
async function makeOutput(name: string, rendition: Parameters<typeof video>[0]) {
  return probeOutput((await runJob(name, video({ format: 'mkv', ...rendition }))).job)
}

describe('quality', () => {
  it('has a similar SSIM in every codec', async () => {
    const ssims: number[] = []
    for (const videoCodec of CODECS) {
      const { path } = await makeOutput('rich.mkv', { videoCodec, quality: 75 })
      ssims.push(await measureSsim(path, clip('rich.mkv')))
    }
    expect(Math.max(...ssims) - Math.min(...ssims)).toBeLessThan(0.03)
  })

  it('makes files larger when it is higher, and so does a faster encoder', async () => {
    const size = async (rendition: Parameters<typeof video>[0]) =>
      (await stat((await makeOutput('rich.mkv', rendition)).path)).size
    const [low, high] = [await size({ quality: 40 }), await size({ quality: 80 })]
    expect(high).toBeGreaterThan(low * 1.5)
    const [fast, small] = [
      await size({ encoderSpeed: 'fast' }),
      await size({ encoderSpeed: 'small' }),
    ]
    expect(fast).toBeGreaterThan(small)
  })
})

describe('a maximum bit rate', () => {
  it.each(CODECS)('is not exceeded by 10 % or more in %s', async (videoCodec) => {
    const rendition = { videoCodec, encoderSpeed: 'fast', quality: 100, videoKbps: 400 } as const
    const { path, format } = await makeOutput('rich.mkv', rendition)
    const kbps = ((await stat(path)).size * 8) / 1000 / Number(format.duration)
    expect(kbps).toBeLessThan(400 * 1.1)
  })
})

describe('a target size', () => {
  it.each(CODECS)('is nearly reached and not exceeded in %s', async (videoCodec) => {
    const { path } = await makeOutput('rich.mkv', {
      videoCodec,
      encoderSpeed: 'fast',
      sizeKilobytes: 150,
    })
    const { size } = await stat(path)
    expect(size).toBeLessThanOrEqual(150_000)
    // The rate control of SVT-AV1 is less precise for a clip of two seconds.
    expect(size).toBeGreaterThan(150_000 * (videoCodec === 'av1' ? 0.85 : 0.95))
  })

  it('includes the audio', async () => {
    const rendition = { sizeKilobytes: 40, format: 'mp4', audioKbps: 64, speed: 0.5 } as const
    const { path, audio: audioTrack } = await makeOutput('small.mp4', rendition)
    const { size } = await stat(path)
    expect(audioTrack).toBeDefined()
    expect(size).toBeLessThanOrEqual(40_000)
    expect(size).toBeGreaterThan(40_000 * 0.8)
  })

  it('is rejected with the minimum size when it is too small for the duration', async () => {
    const { finish } = await runJob('fullhd.mp4', video({ height: 1080, sizeKilobytes: 50 }))
    expect(finish).toMatchObject({ outcome: 'completed' })
    const long = await runJob('keyframes.mp4', video({ sizeKilobytes: 50, speed: 0.25 }))
    expect(long.finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching(
        /^A size of 50 kB \(sz\) is too small for 12\.0 seconds.*minimum is/,
      ),
    })
  })
})

describe('loudness', () => {
  it.each([23, 16])('is normalized to -%d LUFS', async (loudness) => {
    const { job, finish } = await runJob('quiet.mkv', audio({ loudness }))
    const { path } = await probeOutput(job)
    expect(Math.abs((await measureLoudness(path)) + loudness)).toBeLessThan(1)
    expect(finish).toMatchObject({ timings: { analyse: expect.any(Number) } })
  })

  it('correction leaves silent audio silent', async () => {
    const { job } = await runJob('silence.mkv', video({ loudness: 23, width: 96 }))
    expect(await measureLevel((await probeOutput(job)).path, 0, 1)).toBeLessThan(-80)
  })

  it('is normalized without encoding the video again', async () => {
    const { finish } = await runJob('keyframes.mp4', video({ loudness: 20 }))
    expect(finish).toMatchObject({
      plan: { video: { action: 'copy' }, audio: { reason: 'the loudness changes' } },
    })
  })
})
