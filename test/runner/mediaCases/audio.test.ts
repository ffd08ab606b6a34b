/** Audio of unusual channel layouts, and audio that begins late. */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { audio, stream, video, wave } from '../../fixtures/renditions.ts'
import { AAC, H264, lavfi, testVideo, tone } from '../helpers/clips/inputs.ts'
import { measureLevel, measureTone, readPixelsAt } from '../helpers/measureOutput.ts'
import { probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { ffmpeg } from './caseFiles.ts'

useRunnerHarness()

/** One tone per channel. */
function tones(channels: number, layout?: string) {
  const all = Array.from({ length: channels }, (_, at) => `0.2*sin(${hertz(at)}*2*PI*t)`)
  return lavfi(`aevalsrc=${all.join('|')}:d=1${layout === undefined ? '' : `:c=${layout}`}`)
}
function hertz(channel: number) {
  return 300 + channel * 200
}

beforeAll(async () => {
  const picture = testVideo('160x90', 10, 2)
  await ffmpeg(args`${picture} ${tones(8, '7.1')} -t 1 ${H264} -c:a pcm_s16le seven-one.mov`)
  await ffmpeg(args`${tones(6, '5.1')} -c:a flac five-one.mkv`)
  await ffmpeg(args`${tones(12)} -c:a pcm_s16le twelve.wav`)
  await ffmpeg(args`${picture} -itsoffset 2 ${tone(2)} -map 0 -map 1 ${H264} ${AAC} late-tone.mp4`)
})

describe('unusual channels', () => {
  it.each([
    ['seven-one.mov', 8],
    ['five-one.mkv', 6],
    ['twelve.wav', 12],
  ])('of %s are mixed down with all of them', async (name, channels) => {
    const { job, finish } = await runJob(name, audio({ format: 'wav' }))
    expect(finish).toMatchObject({ outcome: 'completed' })
    const output = await probeOutput(job)
    expect(output.audio.channels).toBe(2)
    for (let channel = 0; channel < channels; channel++) {
      expect(await measureTone(output.path, hertz(channel))).toBeGreaterThan(-55)
    }
    expect(await measureTone(output.path, 5_000)).toBeLessThan(-65)
  })

  it('are accepted in every kind of variant that uses audio', async () => {
    for (const rendition of [video({ width: 80 }), audio({ format: 'opus' }), wave()]) {
      const { finish } = await runJob('seven-one.mov', rendition)
      expect(finish).toMatchObject({ outcome: 'completed' })
    }
    expect((await runJob('seven-one.mov', stream())).finish.outcome).toBe('packaged')
  })
})

describe('audio that begins late', () => {
  it.each([
    audio(),
    audio({ format: 'mp3' }),
    audio({ format: 'wav' }),
    video({ width: 80 }),
    video({ width: 80, format: 'mkv' }),
    video({ width: 80, format: 'webm' }),
  ])('comes after silence in $format ($kind)', async (rendition) => {
    const { job, finish } = await runJob('late-tone.mp4', rendition)
    expect(finish).toMatchObject({ outcome: 'completed' })
    const { path, format } = await probeOutput(job)
    expect(Math.abs(Number(format.duration) - 4)).toBeLessThan(0.1)
    expect(await measureLevel(path, 0.1, 1.9)).toBeLessThan(-80)
    expect(await measureLevel(path, 2.1, 3.9)).toBeGreaterThan(-30)
  })

  it('comes after silence in a stream', async () => {
    const { finish } = await runJob('late-tone.mp4', stream())
    expect(finish).toMatchObject({
      outcome: 'packaged',
      output: { durationSeconds: expect.closeTo(4, 1) },
    })
  })

  it('is drawn after silence', async () => {
    const { job } = await runJob('late-tone.mp4', wave({ format: 'png', width: 100, height: 20 }))
    const { path } = await probeOutput(job)
    const [silent, audible] = await readPixelsAt(path, 0, [25, 8], [75, 8])
    expect(silent).not.toEqual(audible)
  })

  it('is not copied into a file of audio only, which cannot keep its time', async () => {
    const { finish } = await runJob('late-tone.mp4', audio({ audioCodec: 'copy' }))
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message:
        'The audio cannot be copied (ac_copy), since the audio begins 2.0 seconds late. Leave out ac.',
    })
  })
})
