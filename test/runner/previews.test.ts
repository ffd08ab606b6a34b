import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { preview } from '../fixtures/renditions.ts'
import { readPixels } from './helpers/pixels.ts'

const execute = promisify(execFile)

useRunnerHarness()

describe('a preview', () => {
  it('as WebP has three seconds of small frames, ten a second', async () => {
    const { job, finish } = await runJob('clip.mp4', preview())
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: {
        format: 'webp',
        width: 427,
        height: 240,
        frameRate: 10,
        durationSeconds: 3,
        videoCodec: 'webp',
        audioCodec: null,
      },
      plan: { mode: 'encode', audio: { action: 'drop' } },
    })
    const bytes = Buffer.concat([...job.parts.values()])
    expect(bytes.toString('latin1', 8, 16)).toBe('WEBPVP8X')
    // The loop count. Zero means endless.
    expect(bytes.readUInt16LE(bytes.indexOf('ANIM') + 12)).toBe(0)
  })

  it('as GIF is animated, and has the requested size and duration', async () => {
    const rendition = preview({ format: 'gif', width: 120, startSeconds: 1, endSeconds: 2 })
    const { path, video, format } = await probeOutput((await runJob('clip.mp4', rendition)).job)
    expect(video).toMatchObject({ codec_name: 'gif', width: 120, height: 68, nb_frames: '10' })
    expect(Number(format.duration)).toBeCloseTo(1, 1)
    const list = ['-v', 'error', '-i', path, '-vf', 'palettegen', '-f', 'rawvideo', '-']
    await expect(execute('ffmpeg', list, { encoding: 'buffer' })).resolves.toBeDefined()
    const { bytes } = await readPixels(path, 40, 22)
    expect(new Set(bytes).size).toBeGreaterThan(16)
  })

  it('as MP4 has H.264 in 4:2:0, its index before its frames, and no audio', async () => {
    const { path, video, audio } = await probeOutput(
      (await runJob('clip.mp4', preview({ format: 'mp4' }))).job,
    )
    expect(audio).toBeUndefined()
    expect(video).toMatchObject({
      codec_name: 'h264',
      pix_fmt: 'yuv420p',
      width: 426,
      height: 240,
      avg_frame_rate: '24/1',
    })
    expect(Number(video.duration)).toBeCloseTo(3, 1)
    const { stdout } = await execute('ffprobe', ['-v', 'trace', path, '-show_format'], {
      maxBuffer: 2 ** 26,
    }).then(({ stderr }) => ({ stdout: stderr }))
    expect(stdout.indexOf("type:'moov'")).toBeLessThan(stdout.indexOf("type:'mdat'"))
  })

  it('applies trim, speed, frame rate, size and padding', async () => {
    const rendition = preview({
      format: 'mp4',
      startSeconds: 2,
      endSeconds: 10,
      speed: 4,
      frameRate: 5,
      width: 100,
      height: 100,
      resizeMode: 'pad',
      background: 'ff0000',
      rotate: 90,
    })
    const { job, finish } = await runJob('clock.mp4', rendition)
    const { path, video } = await probeOutput(job)
    expect(video).toMatchObject({ width: 100, height: 100, avg_frame_rate: '5/1' })
    expect(Number(video.duration)).toBeCloseTo(2, 1)
    const { at } = await readPixels(path, 100, 100)
    expect(at(5, 50)[0]).toBeGreaterThan(200)
    // The frame at second 2 of the clip has luma 60: (60 − 16) × 255 / 219 = 51 in RGB.
    expect(at(50, 50)[0]).toBeCloseTo(51, -1)
    expect(finish).toMatchObject({ plan: { reason: '2 seconds from second 2, without audio' } })
  })

  it('can be made of a very short video, and of one with one frame a second', async () => {
    const { finish } = await runJob('short.mp4', preview())
    expect(finish).toMatchObject({ outcome: 'completed' })
    const one = await runJob('one-fps.mp4', preview({ format: 'gif' }))
    expect(one.finish).toMatchObject({ outcome: 'completed', output: { frameRate: 1 } })
  })

  it('can be made of a video with one frame', async () => {
    const { finish } = await runJob('one-frame.mp4', preview({ format: 'mp4' }))
    expect(finish).toMatchObject({ outcome: 'completed' })
  })

  it.each(['webp', 'gif', 'mp4'] as const)(
    'as %s is rejected where the source has only audio left',
    async (format) => {
      const { finish } = await runJob('short-video.flv', preview({ format, startSeconds: 2 }))
      expect(finish).toMatchObject({
        errorCode: 'input_invalid',
        message: expect.stringMatching(/nothing|no frame/),
      })
    },
  )

  it.each([
    ['clip.mp4', preview({ endSeconds: 40 }), 'the maximum is 30'],
    ['clip.mp4', preview({ startSeconds: 9 }), 'is 4 seconds long'],
    ['audio-only.m4a', preview(), 'no video stream'],
    ['clip.mp4', preview({ format: 'gif', width: 7680, resizeMode: 'scale' }), 'too large'],
  ])('of %s is rejected with a readable message', async (name, rendition, message) => {
    const { finish } = await runJob(name, rendition)
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringContaining(message),
    })
  })
})

it('the first frame of the clock clip has the luma of second 0, as a control', async () => {
  const { at } = await readPixels(clip('clock.mp4'), 32, 18)
  expect(at(16, 9)[0]).toBeCloseTo(5, -1)
})
