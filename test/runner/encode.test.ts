import { describe, expect, it } from 'vitest'
import { clip, packetHash, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image, video } from '../fixtures/renditions.ts'

useRunnerHarness()

describe('a video', () => {
  it('is encoded to H.264 at the requested width, as reported to the gateway', async () => {
    const { job, finish } = await runJob('clip.mp4', video({ width: 320 }), {}, { CPUS: '1' })
    const output = await probeOutput(job)
    expect(output.video).toMatchObject({
      codec_name: 'h264',
      width: 320,
      height: 180,
      pix_fmt: 'yuv420p',
    })
    expect(output.audio).toMatchObject({ codec_name: 'aac' })
    expect(Number(output.format.duration)).toBeCloseTo(4, 0)
    expect(finish).toMatchObject({
      outcome: 'completed',
      output: { videoCodec: 'h264', audioCodec: 'aac', width: 320, height: 180, frameRate: 25 },
      command: expect.stringMatching(/-threads 1 -i clip.mp4 .*-threads 1 -c:v libx264 /),
      timings: {
        probe: expect.any(Number),
        encode: expect.any(Number),
        verify: expect.any(Number),
        upload: expect.any(Number),
      },
    })
  })

  it('has the facts of its source and its plan reported', async () => {
    const { job, finish } = await runJob('clip.mp4', video({ width: 320, quality: 100 }))
    expect(finish).toMatchObject({ input: { width: 640 }, plan: { mode: 'encode' } })
    // Not always the last one: a report that was sent before can arrive after it.
    expect(job.reports.find(({ stage }) => stage === 'upload')).toMatchObject({
      plan: { mode: 'encode' },
    })
    expect(job.reports[0]).toMatchObject({ stage: 'probe', progress: 0 })
  })

  it('has no addresses or folders in its recorded command and stderr', async () => {
    const { finish } = await runJob('clip.mp4', video({ width: 320 }))
    if (finish.outcome !== 'completed') {
      throw new Error('not completed')
    }
    expect(finish.command).toMatch(/^ffmpeg .* -i clip\.mp4 .* output\.mp4$/)
    expect(finish.stderrTail).toContain("from 'clip.mp4'")
    expect(finish.command + finish.stderrTail).not.toMatch(/127\.0\.0\.1|reelqueue-/)
  })

  it('is encoded to WebM with VP9 and Opus', async () => {
    const { job } = await runJob('clip.mp4', video({ format: 'webm', width: 160, endSeconds: 1 }))
    const output = await probeOutput(job)
    expect([output.video.codec_name, output.audio.codec_name]).toEqual(['vp9', 'opus'])
    expect([output.video.width, output.video.height]).toEqual([160, 90])
  })

  it.each(['mov', 'mkv'] as const)('is encoded to %s', async (format) => {
    const { job } = await runJob('clip.mp4', video({ format, width: 160 }))
    const output = await probeOutput(job)
    expect(output.format.format_name).toContain(format === 'mov' ? 'mov' : 'matroska')
  })

  it('above 720p is scaled to 720p when no size is given', async () => {
    const { job } = await runJob('fullhd.mp4', video())
    const { video: stream, audio } = await probeOutput(job)
    expect([stream.width, stream.height, audio]).toEqual([1280, 720, undefined])
  })

  it('has exactly the requested size with the resize mode pad', async () => {
    const { job } = await runJob('clip.mp4', video({ width: 300, height: 300, resizeMode: 'pad' }))
    const { video: stream } = await probeOutput(job)
    expect([stream.width, stream.height]).toEqual([300, 300])
  })

  it('has exactly the requested size with the resize mode fill', async () => {
    const rendition = video({ width: 200, height: 300, resizeMode: 'fill', gravity: 'south_east' })
    const { video: stream } = await probeOutput((await runJob('clip.mp4', rendition)).job)
    expect([stream.width, stream.height]).toEqual([200, 300])
  })

  it('is trimmed with frame accuracy', async () => {
    const { job } = await runJob('clip.mp4', video({ startSeconds: 1.2, endSeconds: 2.6 }))
    const { video: stream } = await probeOutput(job)
    expect(Number(stream.nb_frames)).toBe(35)
    expect(Number(stream.duration)).toBeCloseTo(1.4, 2)
  })

  it('stored on its side becomes upright', async () => {
    const { job, finish } = await runJob('rotated.mp4', video({ height: 320 }))
    const { video: stream } = await probeOutput(job)
    expect([stream.width, stream.height, stream.side_data_list]).toEqual([180, 320, undefined])
    expect(finish).toMatchObject({ output: { width: 180, height: 320 } })
  })

  it('with non-square pixels gets square pixels', async () => {
    const { job } = await runJob('anamorphic.mp4', video())
    const { video: stream } = await probeOutput(job)
    expect([stream.width, stream.height, stream.sample_aspect_ratio]).toEqual([1024, 576, '1:1'])
  })

  it('with an odd size gets the even size below', async () => {
    const { job } = await runJob('odd.mkv', video())
    const { video: stream } = await probeOutput(job)
    expect([stream.width, stream.height]).toEqual([640, 360])
  })

  it('with six audio channels gets stereo', async () => {
    const { job } = await runJob('surround.mkv', video())
    expect((await probeOutput(job)).audio).toMatchObject({ codec_name: 'aac', channels: 2 })
  })

  it('in HDR becomes SDR with eight bits', async () => {
    const { job } = await runJob('hlg.mp4', video())
    const { video: stream } = await probeOutput(job)
    expect(stream).toMatchObject({ color_transfer: 'bt709', pix_fmt: 'yuv420p' })
  })

  it('from an MPEG transport stream keeps its duration', async () => {
    const { job } = await runJob('clip.ts', video({ width: 160 }))
    expect(Number((await probeOutput(job)).format.duration)).toBeCloseTo(4, 0)
  })

  it('that matches the request is stream-copied, with the same packets', async () => {
    const { job, finish } = await runJob('low-bit-rate.mp4', video())
    if (finish.outcome !== 'completed') {
      throw new Error('not completed')
    }
    expect(finish.command).toContain('-c:v copy')
    const { path } = await probeOutput(job)
    expect(await packetHash(path)).toBe(await packetHash(clip('low-bit-rate.mp4')))
  })
})

describe('a frame', () => {
  it.each([
    ['jpg', 'mjpeg'],
    ['png', 'png'],
    ['webp', 'webp'],
  ] as const)('is encoded to %s', async (format, codec) => {
    const rendition = image({ format, atSeconds: 1, width: 320 })
    const { job, finish } = await runJob('clip.mp4', rendition)
    const { video: stream } = await probeOutput(job)
    expect([stream.codec_name, stream.width, stream.height]).toEqual([codec, 320, 180])
    expect(finish).toMatchObject({ output: { durationSeconds: null, width: 320 } })
  })

  it('can have odd sides', async () => {
    const rendition = image({ format: 'png', width: 201, height: 301, resizeMode: 'fill' })
    const { video: stream } = await probeOutput((await runJob('clip.mp4', rendition)).job)
    expect([stream.width, stream.height]).toEqual([201, 301])
  })

  it('can be made one millisecond before the end of the video', async () => {
    const { finish } = await runJob('clip.mp4', image({ atSeconds: 3.999 }))
    expect(finish.outcome).toBe('completed')
  })

  it('can be made at a time when the video has ended and the audio continues', async () => {
    const { job } = await runJob('short-video.flv', image({ format: 'webp', atSeconds: 3 }))
    expect((await probeOutput(job)).video).toMatchObject({ width: 320, height: 180 })
  })

  it('after the end is rejected with the duration of the video', async () => {
    const { finish } = await runJob('clip.mp4', image({ atSeconds: 9 }))
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: 'The video is 4 seconds long, so it has no frame at second 9.',
    })
  })
})
