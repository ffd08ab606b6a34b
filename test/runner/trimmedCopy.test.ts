/**
 * Parts of files that begin at a key frame (cut_fast): audio and subtitles are in sync with the
 * video, and video and audio end with the part, whichever of them are copied.
 */
import { writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../fixtures/args.ts'
import { video } from '../fixtures/renditions.ts'
import { AAC, lavfi, plainColor } from './helpers/clips/inputs.ts'
import {
  readPixelsAt,
  readSubtitles,
  readTimeOfSound,
  readTrackEnd,
} from './helpers/measureOutput.ts'
import { clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { ffmpeg } from './mediaCases/caseFiles.ts'

useRunnerHarness()

/** A beep, a line of subtitles and a frame begin at this second. */
const MARKED_SECOND = 5
const FRAME_RATE = 10
/** The key frame before the start of a part is at this second. */
const KEYFRAME_SECOND = 2
const PART = { startSeconds: 3.5, endSeconds: 7.5, trimMode: 'fast', quality: 100 } as const
const COPIES = [
  { format: 'mkv', audioCodec: 'opus' },
  { format: 'mkv', audioCodec: 'copy' },
  { format: 'mkv', audioCodec: 'opus', subtitles: 'marks.srt', endSeconds: null },
  { format: 'mkv', audioCodec: 'copy', subtitles: 'marks.srt' },
  { format: 'mkv', audioCodec: 'opus', subtitles: 'marks.srt', startSeconds: 0 },
] as const
const STREAM_COPIES = [
  ...COPIES,
  { format: 'mp4', audioCodec: 'opus', subtitles: 'marks.srt' },
  { format: 'mp4', audioCodec: 'aac', subtitles: 'marks.srt' },
  { format: 'mp4', audioCodec: 'aac', loudness: 20 },
] as const
const TRANSPORT_STREAMS = ['marks.ts', 'marks-later.ts']

/**
 * Makes clips of 10 seconds with a key frame every 2 seconds, in which the luma of frame n is
 * 16 + 2n. The audio is quiet, except for a fifth of a second.
 */
beforeAll(async () => {
  const volume = `if(between(t\\,${MARKED_SECOND}\\,${MARKED_SECOND}.2)\\,0.5\\,0.002)`
  await ffmpeg(
    args`${plainColor('black', '320x180', FRAME_RATE, 10)}
    ${lavfi(`aevalsrc=${volume}*sin(2*PI*880*t):d=10`)} -vf geq=lum='16+2*N':cb=128:cr=128
    -c:v libx264 -preset veryfast -pix_fmt yuv420p -qp 4 -g 20 -x264-params scenecut=0
    ${AAC} -color_range tv marks.mp4`,
  )
  for (const name of ['marks.mkv', 'marks.flv', 'marks.ts']) {
    await ffmpeg(args`-i marks.mp4 -c copy ${name}`)
  }
  await ffmpeg(args`-i marks.mp4 -c copy -output_ts_offset 20000 marks-later.ts`)
  await writeFile(clip('marks.srt'), '1\n00:00:05,000 --> 00:00:06,000\nmarked\n')
})

async function copyPart(name: string, fields: Parameters<typeof video>[0]) {
  const references = { 'marks.srt': clip('marks.srt') }
  const { job, finish } = await runJob(name, video({ ...PART, ...fields }), {}, {}, references)
  const action = TRANSPORT_STREAMS.includes(name) && fields?.subtitles ? 'encode' : 'copy'
  expect(finish).toMatchObject({ outcome: 'completed', plan: { video: { action } } })
  return { action, ...(await probeOutput(job)) }
}

async function readTimeOfLine(path: string): Promise<number> {
  const [, line = ''] = (await readSubtitles(path)).split('\n')
  return Number(/^00:00:([\d,]+) -->/.exec(line)?.[1]?.replace(',', '.'))
}

describe.each([
  ...['marks.mp4', 'marks.mkv', 'marks.flv'].flatMap((name) => COPIES.map((copy) => [name, copy])),
  ...TRANSPORT_STREAMS.flatMap((name) => STREAM_COPIES.map((copy) => [name, copy])),
] as [string, Parameters<typeof video>[0]][])('a part of %s, cut_fast, as %o', (name, fields) => {
  it('has all of its tracks in sync', async () => {
    const { path, action } = await copyPart(name, fields)
    const sound = await readTimeOfSound(path)
    const start = fields?.startSeconds ?? PART.startSeconds
    const from = action === 'encode' || start === 0 ? start : KEYFRAME_SECOND
    // A container may delay all tracks by the delay of the audio encoder.
    expect(sound).toBeGreaterThan(MARKED_SECOND - from - 0.1)
    expect(sound).toBeLessThan(MARKED_SECOND - from + 0.3)

    const [[red = 0] = []] = await readPixelsAt(path, sound - 0.5 / FRAME_RATE, [160, 90])
    const frame = Math.round((red * 219) / 255 / 2)
    expect(Math.abs(frame - MARKED_SECOND * FRAME_RATE)).toBeLessThanOrEqual(1)
    if (fields?.subtitles) {
      expect(Math.abs((await readTimeOfLine(path)) - sound)).toBeLessThan(0.1)
    }

    const end = sound + (fields?.endSeconds === null ? 10 : PART.endSeconds) - MARKED_SECOND
    expect(Math.abs((await readTrackEnd(path, 'a')) - end)).toBeLessThan(0.15)
    // Frames are not in the order of their times, so the last frames of a copy may be later.
    expect(Math.abs((await readTrackEnd(path, 'v')) - end)).toBeLessThan(0.35)
  })
})
