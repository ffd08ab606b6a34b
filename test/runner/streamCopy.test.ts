import { describe, expect, it } from 'vitest'
import { clip, packetHash, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'
import { readChapterTitles, readFrameTimes, readAudioOffset } from './helpers/measureOutput.ts'

useRunnerHarness()

describe('stream copy', () => {
  it('is planned for each track of a video that matches the request', async () => {
    const { finish } = await runJob('keyframes.mp4', video())
    expect(finish).toMatchObject({
      plan: {
        mode: 'remux',
        reason: 'codec, size and bit rate match already',
        video: { action: 'copy' },
        audio: { action: 'copy', reason: 'aac matches already' },
      },
    })
  })

  it('of the video only, when the audio has another codec', async () => {
    const rendition = video({ format: 'mkv', audioCodec: 'opus' })
    const { job, finish } = await runJob('keyframes.mp4', rendition)
    expect(finish).toMatchObject({
      plan: {
        mode: 'encode',
        video: { action: 'copy' },
        audio: { action: 'encode', reason: 'aac becomes opus' },
      },
    })
    const { path, audio } = await probeOutput(job)
    expect(await packetHash(path)).toBe(await packetHash(clip('keyframes.mp4')))
    expect(audio.codec_name).toBe('opus')
  })

  it('of the audio only, when the video has another size', async () => {
    const { job, finish } = await runJob('keyframes.mp4', video({ width: 96 }))
    expect(finish).toMatchObject({
      plan: {
        reason: 'video: the size becomes 96 by 54; audio: aac matches already',
        video: { action: 'encode' },
        audio: { action: 'copy' },
      },
    })
    const { path } = await probeOutput(job)
    const hash = (file: string) => packetHash(file, 'a')
    expect(await hash(path)).toBe(await hash(clip('keyframes.mp4')))
  })

  it('with cut_fast starts at the preceding key frame', async () => {
    const rendition = video({ startSeconds: 1.5, endSeconds: 2.5, trimMode: 'fast' })
    const { job, finish } = await runJob('keyframes.mp4', rendition)
    expect(finish).toMatchObject({
      plan: {
        mode: 'remux',
        notes: ['The variant begins at the key frame before the requested start (cut_fast).'],
      },
    })
    const { path, format } = await probeOutput(job)
    expect(Number(format.duration)).toBeCloseTo(1.5, 0)
    const times = await readFrameTimes(path)
    expect(times.length).toBeGreaterThanOrEqual(15)
    expect(times.length).toBeLessThanOrEqual(17)
  })

  it('with cut_fast and no start adds no note', async () => {
    const { finish } = await runJob('keyframes.mp4', video({ endSeconds: 1, trimMode: 'fast' }))
    expect(finish).toMatchObject({ plan: { mode: 'remux', notes: [] } })
  })

  it('of one track stays in sync with the encoded track after a trim', async () => {
    const part = { format: 'mkv', startSeconds: 1.5, endSeconds: 2.5 } as const
    const fast = await runJob(
      'keyframes.mp4',
      video({ ...part, trimMode: 'fast', audioCodec: 'opus' }),
    )
    expect(fast.finish).toMatchObject({
      plan: { video: { action: 'copy' }, audio: { action: 'encode' } },
    })
    const { path } = await probeOutput(fast.job)
    // The video begins half a second earlier, at its key frame; the audio begins at the requested
    // start.
    expect(await readAudioOffset(path)).toBeCloseTo(0.5, 1)

    const exact = await runJob('keyframes.mp4', video({ ...part, width: 96, audioCodec: 'copy' }))
    expect(exact.finish).toMatchObject({
      plan: { video: { action: 'encode' }, audio: { action: 'copy' } },
    })
    const { format } = await probeOutput(exact.job)
    expect(Number(format.duration)).toBeCloseTo(1, 1)
  })

  it('is not used for a trimmed part by default, so that the trim is exact to the frame', async () => {
    const rendition = video({ startSeconds: 1.5, endSeconds: 2.5 })
    const { job, finish } = await runJob('keyframes.mp4', rendition)
    expect(finish).toMatchObject({
      plan: { mode: 'encode', video: { reason: 'a part is requested, exact to the frame' } },
    })
    expect(await readFrameTimes((await probeOutput(job)).path)).toHaveLength(10)
  })

  it('of H.265 writes the hvc1 tag', async () => {
    const { job, finish } = await runJob('hevc.mkv', video({ videoCodec: 'h265', quality: 100 }))
    expect((await probeOutput(job)).video.codec_tag_string).toBe('hvc1')
    expect(finish).toMatchObject({ plan: { mode: 'remux' } })
  })
})

it('an output that is larger than its source is noted in the plan', async () => {
  const { finish } = await runJob(
    'keyframes.mp4',
    video({ flip: 'h', quality: 100, audioKbps: 512, audioCodec: 'mp3' }),
  )
  expect(finish).toMatchObject({
    plan: {
      notes: [expect.stringMatching(/^The variant is larger than its source: \d+ kB instead of/)],
    },
  })
})

describe('metadata and chapters', () => {
  const rendition = (metadata: 'strip' | 'keep', copied: boolean) =>
    video({ metadata, ...(copied ? { quality: 100 } : { width: 96 }) })
  const PRIVATE = /holiday|2020-01-02|deu|My camera|Arrival/

  it.each([true, false])('are removed (copied: %s)', async (copied) => {
    const { job, finish } = await runJob('tagged.mp4', rendition('strip', copied))
    expect(finish).toMatchObject({ plan: { mode: copied ? 'remux' : 'encode' } })
    const { format, streams, path } = await probeOutput(job)
    expect(await readChapterTitles(path)).toEqual([])
    expect(JSON.stringify({ format, streams })).not.toMatch(PRIVATE)
  })

  it.each([true, false])('are kept with md_keep (copied: %s)', async (copied) => {
    const { job } = await runJob('tagged.mp4', rendition('keep', copied))
    const { format, audio, path } = await probeOutput(job)
    expect(format.tags).toMatchObject({
      title: 'A holiday',
      creation_time: expect.stringContaining('2020-01-02'),
    })
    expect(audio.tags.language).toBe('deu')
    expect(await readChapterTitles(path)).toEqual(['Arrival', 'Beach'])
  })
})
