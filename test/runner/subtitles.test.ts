import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clip, harness, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'
import { readSubtitles, readPixelsAt } from './helpers/measureOutput.ts'

useRunnerHarness()

const CUE = '1\n00:00:00,500 --> 00:00:01,000\n'

function subtitleFiles() {
  return { 's/lines.srt': clip('lines.srt'), 's/lines.vtt': clip('lines.vtt') }
}
async function makeOutput(name: string, rendition: Parameters<typeof video>[0]) {
  return probeOutput((await runJob(name, video(rendition), {}, {}, subtitleFiles())).job)
}

describe('subtitles as a track', () => {
  it.each([
    ['mp4', 's/lines.srt', 'mov_text'],
    ['mov', 's/lines.vtt', 'mov_text'],
    ['mkv', 's/lines.srt', 'subrip'],
    ['mkv', 's/lines.vtt', 'subrip'],
    ['webm', 's/lines.vtt', 'webvtt'],
  ] as const)('are written to %s from %s as %s', async (format, subtitles, codec) => {
    const { path, streams } = await makeOutput('keyframes.mp4', { format, subtitles, width: 96 })
    const track = streams.find((each: { codec_type: string }) => each.codec_type === 'subtitle')
    expect(track.codec_name).toBe(codec)
    const text = await readSubtitles(path)
    // A container may shift all tracks by the delay of the audio encoder.
    expect(text).toMatch(/00:00:00,5\d\d --> 00:00:01,0\d\d\nfirst/)
    expect(text).toMatch(/00:00:01,2\d\d --> 00:00:01,8\d\d\n.*second/)
    expect(text).not.toContain('too late')
  })

  it('do not prevent a copy of the video', async () => {
    const rendition = video({ subtitles: 's/lines.srt' })
    const { finish } = await runJob('keyframes.mp4', rendition, {}, {}, subtitleFiles())
    expect(finish).toMatchObject({ outcome: 'completed', plan: { mode: 'remux' } })
  })

  it('are shifted by trim and scaled by speed', async () => {
    const { path } = await makeOutput('keyframes.mp4', {
      subtitles: 's/lines.srt',
      startSeconds: 0.8,
      endSeconds: 2.8,
      speed: 0.5,
      width: 96,
    })
    const text = await readSubtitles(path)
    expect(text).toContain('00:00:00,000 --> 00:00:00,400\nfirst')
    expect(text).toMatch(/00:00:00,800 --> 00:00:02,000/)
  })

  it('are omitted when no cue is left', async () => {
    const rendition = { subtitles: 's/lines.srt', startSeconds: 2.5, width: 96 }
    const { streams } = await makeOutput('keyframes.mp4', rendition)
    expect(streams.map((each: { codec_type: string }) => each.codec_type)).not.toContain('subtitle')
  })
})

// The service rejects such a file when it is uploaded, but it can be put into the bucket directly.
it.each(['track', 'burn'] as const)(
  'subtitles with a cue that is not UTF-8 are rejected, for the mode %s',
  async (subtitleMode) => {
    const file = join(harness.scratch, 'latin1.srt')
    await writeFile(file, Buffer.from(`${CUE}one\n\n${CUE}tw\xf6\n\n${CUE}three\n`, 'latin1'))
    const rendition = video({ subtitles: 's/latin1.srt', subtitleMode, width: 96 })
    const { finish } = await runJob('keyframes.mp4', rendition, {}, {}, { 's/latin1.srt': file })
    expect(finish).toMatchObject({
      errorCode: 'input_invalid',
      message: 'The subtitles cannot be used: the text is not UTF-8. Save it as UTF-8.',
    })
  },
)

describe('burned-in subtitles', () => {
  it('are visible during their cues only', async () => {
    const { path, streams } = await makeOutput('keyframes.mp4', {
      subtitles: 's/lines.vtt',
      subtitleMode: 'burn',
      quality: 90,
      startSeconds: 0.25,
      width: 320,
      height: 180,
      resizeMode: 'scale',
    })
    expect(streams).toHaveLength(2)
    const countBrightPixels = async (seconds: number) => {
      const positions = Array.from({ length: 320 * 60 }, (_, index) => [
        index % 320,
        120 + Math.floor(index / 320),
      ])
      const pixels = await readPixelsAt(path, seconds, ...(positions as [number, number][]))
      return pixels.filter(([red = 0]) => red > 170).length
    }
    expect(await countBrightPixels(0)).toBe(0)
    expect(await countBrightPixels(0.5)).toBeGreaterThan(5)
    expect(await countBrightPixels(2)).toBe(0)
  })
})
