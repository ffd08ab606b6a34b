import { describe, expect, it } from 'vitest'
import { probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { audio, video } from '../fixtures/renditions.ts'
import { measureTone } from './helpers/measureOutput.ts'

useRunnerHarness()

const short = { width: 96, height: 64, resizeMode: 'scale', endSeconds: 0.3 } as const

describe('a video', () => {
  it.each([
    ['mp4', 'h264', 'aac', 'h264', 'avc1', 'aac'],
    ['mp4', 'h265', 'mp3', 'hevc', 'hvc1', 'mp3'],
    ['mp4', 'vp9', 'opus', 'vp9', 'vp09', 'opus'],
    ['mp4', 'av1', 'aac', 'av1', 'av01', 'aac'],
    ['mov', 'h264', 'pcm', 'h264', 'avc1', 'pcm_s16le'],
    ['mov', 'h265', 'aac', 'hevc', 'hvc1', 'aac'],
    ['mkv', 'h265', 'opus', 'hevc', null, 'opus'],
    ['mkv', 'av1', 'pcm', 'av1', null, 'pcm_s16le'],
    ['webm', 'vp9', 'opus', 'vp9', null, 'opus'],
    ['webm', 'av1', 'opus', 'av1', null, 'opus'],
  ] as const)(
    'is encoded to %s with %s and %s',
    async (format, videoCodec, audioCodec, ...found) => {
      const rendition = video({ ...short, format, videoCodec, audioCodec, encoderSpeed: 'fast' })
      const { job } = await runJob('small.mp4', rendition)
      const output = await probeOutput(job)
      const [codec, tag, audioName] = found
      expect(output.video).toMatchObject({ codec_name: codec, pix_fmt: 'yuv420p', width: 96 })
      expect(output.audio).toMatchObject({ codec_name: audioName })
      if (tag !== null) {
        expect(output.video.codec_tag_string).toBe(tag)
      }
    },
  )

  it('has no audio when ac_none is given', async () => {
    const { job, finish } = await runJob('small.mp4', video({ ...short, audioCodec: 'none' }))
    expect((await probeOutput(job)).audio).toBeUndefined()
    expect(finish).toMatchObject({ plan: { audio: { action: 'drop' } } })
  })

  it('has no audio when the source has none', async () => {
    const { job, finish } = await runJob('silent.mp4', video(short))
    expect((await probeOutput(job)).audio).toBeUndefined()
    expect(finish).toMatchObject({ outcome: 'completed', plan: { audio: null } })
  })

  it('copies the audio when ac_copy is given', async () => {
    const rendition = video({ format: 'mov', width: 96, audioCodec: 'copy' })
    const { job, finish } = await runJob('blue.mkv', rendition)
    expect((await probeOutput(job)).audio).toMatchObject({ codec_name: 'mp3' })
    expect(finish).toMatchObject({ plan: { audio: { action: 'copy' } } })
  })

  it('is rejected for ac_copy when the container does not accept the audio codec', async () => {
    const rendition = video({ format: 'webm', width: 96, audioCodec: 'copy' })
    const { finish } = await runJob('small.mp4', rendition)
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching(/audio is aac, which cannot be copied .* webm.*opus, vorbis/),
    })
  })

  it('has the selected audio track', async () => {
    const { job } = await runJob('tracks.mkv', video({ width: 96, audioTrack: 2 }))
    const { path } = await probeOutput(job)
    expect((await measureTone(path, 880)) - (await measureTone(path, 440))).toBeGreaterThan(20)
  })

  it.each([
    ['tracks.mkv', 3, 'The file has 2 audio tracks, so there is no track 3 (at).'],
    ['silent.mp4', 2, 'The file has no audio tracks, so there is no track 2 (at).'],
  ])('from %s is rejected when track %d does not exist', async (name, audioTrack, message) => {
    const { finish } = await runJob(name, video({ audioTrack }))
    expect(finish).toMatchObject({ errorCode: 'unsupported', message })
  })

  it('is rejected below the minimum size of the encoder', async () => {
    const { finish } = await runJob('small.mp4', video({ width: 32, videoCodec: 'av1' }))
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching(/32 by 18; av1 needs at least 64 by 64/),
    })
  })
})

describe('audio output', () => {
  it.each([
    ['m4a', 'aac', 'aac'],
    ['mp3', 'mp3', 'mp3'],
    ['opus', 'opus', 'opus'],
    ['wav', 'pcm', 'pcm_s16le'],
  ] as const)('is encoded to %s', async (format, audioCodec, codec) => {
    const { job, finish } = await runJob('blue.mkv', audio({ format, audioCodec }))
    const output = await probeOutput(job)
    expect([output.audio.codec_name, output.video]).toEqual([codec, undefined])
    expect(Number(output.format.duration)).toBeCloseTo(1, 0)
    expect(finish).toMatchObject({ output: { videoCodec: null, width: null } })
  })

  it('is made from a file without video', async () => {
    const { job } = await runJob('tone.wav', audio({ format: 'mp3', startSeconds: 0.5 }))
    const { format } = await probeOutput(job)
    expect(Number(format.duration)).toBeCloseTo(0.5, 1)
  })

  it('is copied when it already has the requested codec', async () => {
    const { finish } = await runJob('small.mp4', audio())
    expect(finish).toMatchObject({
      plan: { mode: 'remux', audio: { action: 'copy' }, video: { action: 'drop' } },
    })
  })

  it('is rejected for a file without audio', async () => {
    const { finish } = await runJob('silent.mp4', audio())
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message:
        'The file has a video stream (h264) but no audio stream. So no m4a file can be made from it.',
    })
  })

  it('with six channels is mixed down to stereo', async () => {
    const { job } = await runJob('surround.mkv', audio({ format: 'opus', endSeconds: 0.5 }))
    expect((await probeOutput(job)).audio).toMatchObject({ channels: 2, sample_rate: '48000' })
  })
})
