/** The choice of the video stream and the audio track of a file. */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { audio, image, preview, sprite, stream, video, wave } from '../../fixtures/renditions.ts'
import { AAC, H264, testVideo, tone } from '../helpers/clips/inputs.ts'
import { measureTone } from '../helpers/measureOutput.ts'
import { probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { changeBytes, emptyAudioTrack, ffmpeg, renameFirstAudioCodec } from './caseFiles.ts'

useRunnerHarness()

beforeAll(async () => {
  const picture = testVideo('160x90', 10, 2)
  await ffmpeg(
    args`${picture} ${tone(2, 440)} ${tone(2, 880)} -map 0 -map 1 -map 2 ${H264} ${AAC}
    -disposition:a default two-audio.mov`,
  )
  await changeBytes('two-audio.mov', 'undecodable-first.mov', renameFirstAudioCodec)
  await ffmpeg(args`-i small.mp4 -c copy one-audio.mov`)
  await changeBytes('one-audio.mov', 'undecodable-only.mov', renameFirstAudioCodec)
  await changeBytes('small.mp4', 'no-packets.mp4', emptyAudioTrack)
  // An audio track of a known codec that never decodes: all its bytes are noise.
  await ffmpeg(
    args`${picture} ${tone(2, 440)} ${tone(2, 880)} -map 0 -map 1 -map 2 ${H264} -c:a flac
    -bsf:a:0 noise=amount=1 garbage-first.mkv`,
  )
  await ffmpeg(
    args`${picture} ${tone(0.1, 440)} ${tone(2, 880)} -map 0 -map 1 -map 2 ${H264} ${AAC}
    short-first.mkv`,
  )
  const cover = testVideo('90x90', 25, 0.04)
  for (const extension of ['mkv', 'mov', 'ts']) {
    const codec = extension === 'ts' ? 'mpeg2video' : 'mjpeg'
    await ffmpeg(
      args`${cover} ${picture} ${tone(2)} -map 0 -map 1 -map 2 -c:v:0 ${codec} -pix_fmt:v:0
      ${codec === 'mjpeg' ? 'yuvj420p' : 'yuv420p'} -c:v:1 libx264 -preset:v:1 ultrafast -pix_fmt:v:1 yuv420p ${AAC} -disposition:v:0 0
      cover-first.${extension}`,
    )
  }
})

async function makeOutput(name: string, rendition = video({ width: 80 })) {
  const { job, finish } = await runJob(name, rendition)
  return { finish, output: finish.outcome === 'completed' ? await probeOutput(job) : null }
}

describe('the audio', () => {
  it.each([
    ['undecodable-first.mov', 'Audio track 1 (apac) cannot be decoded, so track 2 (aac) is used.'],
    ['garbage-first.mkv', 'Audio track 1 (flac) cannot be decoded, so track 2 (flac) is used.'],
    [
      'short-first.mkv',
      'Audio track 1 (aac) is far shorter than another one, so track 2 (aac) is used.',
    ],
  ])('is the first track of %s that can be used, with a note', async (name, note) => {
    for (const rendition of [video({ width: 80 }), audio()]) {
      const { finish, output } = await makeOutput(name, rendition)
      expect(finish).toMatchObject({ outcome: 'completed', plan: { notes: [note] } })
      expect(await measureTone(output!.path, 880)).toBeGreaterThan(-30)
      expect(await measureTone(output!.path, 440)).toBeLessThan(-40)
    }
    for (const rendition of [stream({ ladder: [] }), wave()]) {
      const { finish } = await runJob(name, rendition)
      expect(finish).toMatchObject({ plan: { notes: [note] } })
      expect(finish.outcome).toMatch(/^(completed|packaged)$/)
    }
  })

  it('is the requested track, without a note', async () => {
    const { finish } = await makeOutput(
      'undecodable-first.mov',
      video({ width: 80, audioTrack: 2 }),
    )
    expect(finish).toMatchObject({ outcome: 'completed', plan: { notes: [] } })
  })

  it('fails with the reason when the requested track cannot be decoded', async () => {
    await changeBytes('two-audio.mov', 'undecodable-second.mov', (bytes) => {
      const second = bytes.lastIndexOf('smhd')
      return Buffer.concat([
        bytes.subarray(0, second),
        renameFirstAudioCodec(bytes.subarray(second)),
      ])
    })
    const { finish } = await runJob('undecodable-second.mov', video({ width: 80, audioTrack: 2 }))
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message:
        'Audio track 2 (apac) cannot be decoded. Use another track (at), or no audio (ac_none).',
    })
  })

  it.each([
    ['undecodable-only.mov', 'No audio track can be used: track 1 (apac) cannot be decoded.'],
    ['no-packets.mp4', 'No audio track can be used: track 1 (aac) has no data.'],
  ])('is left out if no track of %s can be used, with a note', async (name, note) => {
    for (const format of ['mp4', 'mkv', 'webm'] as const) {
      const { finish, output } = await makeOutput(name, video({ format, width: 80 }))
      expect(finish).toMatchObject({ outcome: 'completed', plan: { notes: [note] } })
      expect(output!.streams).toHaveLength(1)
    }
    const { job, finish } = await runJob(name, stream())
    expect(finish).toMatchObject({ outcome: 'packaged', plan: { notes: [note] } })
    expect([...job.files.keys()]).not.toContain('a.m3u8')
    for (const rendition of [audio(), wave()]) {
      const failed = await runJob(name, rendition)
      expect(failed.finish).toMatchObject({
        errorCode: 'unsupported',
        message: expect.stringContaining(note),
      })
    }
  })

  it('that cannot be used is not noted when no audio is requested', async () => {
    const { finish } = await makeOutput('no-packets.mp4', video({ width: 80, audioCodec: 'none' }))
    expect(finish).toMatchObject({ outcome: 'completed', plan: { notes: [] } })
  })
})

describe('the video', () => {
  it.each(['cover-first.mkv', 'cover-first.mov', 'cover-first.ts'])(
    'is not the cover of one frame that comes first in %s',
    async (name) => {
      const size = { width: 160, height: 90 }
      for (const rendition of [
        video({ width: 160 }),
        image(),
        preview({ format: 'gif', width: 160 }),
      ]) {
        const { finish } = await runJob(name, rendition)
        expect(finish).toMatchObject({ outcome: 'completed', output: size })
        expect(JSON.stringify(finish)).toContain('has far fewer frames than another one')
      }
      expect((await runJob(name, sprite())).finish.outcome).toBe('packaged')
      expect((await runJob(name, stream())).finish).toMatchObject({ output: size })
    },
  )
})
