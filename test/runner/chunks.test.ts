import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { args } from '../fixtures/args.ts'
import { video } from '../fixtures/renditions.ts'
import { clip } from './helpers/runnerHarness.ts'
import { AAC, H264, testVideo, tone } from './helpers/clips/inputs.ts'
import {
  encodeChunks,
  encodeWhole,
  hashChunkFrames,
  hashWholeFrames,
  openSplitJob,
} from './helpers/splitJob.ts'

const execute = promisify(execFile)

let folder = ''
const made = new Map<string, Promise<string>>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chunks-'))
})
afterAll(() => (process.env['KEEP'] ? undefined : rm(folder, { recursive: true })))

/** Makes a clip with ffmpeg when it is first used. */
function source(name: string, ...commands: string[][]): Promise<string> {
  const file = join(folder, name)
  const make = async () => {
    for (const command of commands) {
      await execute('ffmpeg', args`-v error -nostdin -y ${command}`, { cwd: folder })
    }
    return file
  }
  const found = made.get(name) ?? make()
  made.set(name, found)
  return found
}

/** References across key frames, so that the frames before a key frame cannot be decoded after a seek. */
const OPEN_GOP = args`-c:v libx264 -preset veryfast -x264-params open-gop=1:keyint=20:bframes=3:b-adapt=0
  -pix_fmt yuv420p`
const FILM = args`-f lavfi -i testsrc2=s=160x90:r=25:d=7 ${tone(7)}`

const SOURCES: Record<string, string[][]> = {
  'film.mp4': [args`${FILM} ${H264} -g 250 ${AAC} film.mp4`],
  'ntsc.mkv': [
    args`${testVideo('160x90', 30_000 / 1001, 7)} ${tone(7)} ${OPEN_GOP} ${AAC} ntsc.mkv`,
  ],
  'fast.mp4': [args`${testVideo('160x90', 50, 7)} ${H264} -bf 2 fast.mp4`],
  'open.ts': [args`${FILM} ${OPEN_GOP} ${AAC} open.ts`],
  'fragmented.mp4': [
    args`${FILM} ${OPEN_GOP} ${AAC} -movflags frag_keyframe+empty_moov fragmented.mp4`,
  ],
  'vfr.mp4': [
    args`${testVideo('160x90', 30, 8)} ${tone(8)} -vf
      select='not(mod(n\,7))+not(mod(n\,11))+between(t\,3\,4)-between(t\,4.5\,6.1)' -fps_mode vfr
      ${H264} -bf 2 -g 30 ${AAC} vfr.mp4`,
  ],
  'interlaced.mp4': [
    args`${testVideo('160x96', 50, 7)} -vf tinterlace=interleave_top,fieldorder=tff ${H264}
      -flags +ildct+ilme -x264-params tff=1 interlaced.mp4`,
  ],
  'hlg.mp4': [
    args`${testVideo('160x90', 25, 6)} -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params
      log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc -color_primaries bt2020
      -color_trc arib-std-b67 -colorspace bt2020nc hlg.mp4`,
  ],
  'edited.mp4': [
    args`${FILM} ${OPEN_GOP} ${AAC} unedited.mp4`,
    args`-ss 0.5 -i unedited.mp4 -c copy edited.mp4`,
  ],
  'negative.mp4': [
    args`${FILM} ${OPEN_GOP} ${AAC} -output_ts_offset -0.48 -avoid_negative_ts disabled negative.mp4`,
  ],
}

async function openJob(
  name: string,
  fields: Partial<RenditionOf<'video'>>,
  references: Record<string, string> = {},
) {
  const scratch = await mkdtemp(join(folder, 'job-'))
  const file = await source(name, ...(SOURCES[name] ?? []))
  const rendition = video({ quality: 90, ...fields }) as RenditionOf<'video'>
  return openSplitJob({ file, rendition, scratch, references })
}

describe('the frames of all chunks are those of the whole', () => {
  it.each([
    [
      'film.mp4',
      { startSeconds: 0.53, endSeconds: 6.51, speed: 0.75, fadeInSeconds: 3, fadeOutSeconds: 3 },
    ],
    ['ntsc.mkv', {}],
    ['ntsc.mkv', { frameRate: 12.5, speed: 1.5, width: 64, height: 64, resizeMode: 'crop' }],
    ['fast.mp4', { frameRate: 25 }],
    ['open.ts', {}],
    ['open.ts', { startSeconds: 1, frameRate: 30 }],
    ['fragmented.mp4', {}],
    ['vfr.mp4', {}],
    ['vfr.mp4', { frameRate: 25 }],
    ['interlaced.mp4', {}],
    ['hlg.mp4', {}],
    ['edited.mp4', { rotate: 90 }],
    ['negative.mp4', {}],
  ] as [string, Partial<RenditionOf<'video'>>][])('%s %o', async (name, fields) => {
    const job = await openJob(name, fields)
    const chunks = await hashChunkFrames(job)
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks.flat()).toEqual(await hashWholeFrames(job))
    await job.close()
  })
})

/** Reads the tracks of a file, the times of its frames in order, and its packets of audio. */
async function describeFile(file: string) {
  const list = args`-v error -of json -show_chapters -show_entries
    stream=codec_name,codec_tag_string,time_base,start_pts,duration_ts,sample_aspect_ratio,color_range,color_space,color_transfer,color_primaries,avg_frame_rate,nb_frames:stream_tags:stream_disposition=default,forced:format_tags:packet=codec_type,pts,dts,duration,size ${file}`
  const { stdout } = await execute('ffprobe', list, { maxBuffer: 1e8 })
  const { packets, ...rest } = JSON.parse(stdout)
  const video = packets.filter((each: { codec_type: string }) => each.codec_type === 'video')
  const decodingTimes = video.map(({ dts }: { dts: number }) => dts)
  for (const stream of rest.streams) {
    const { tags } = stream
    const [frames, seconds] = stream.avg_frame_rate.split('/').map(Number)
    stream.avg_frame_rate = Math.round((100 * frames) / seconds)
    delete tags?.encoder
    delete tags?.ENCODER
    delete tags?.DURATION
  }
  const others = packets.filter((each: { codec_type: string }) => each.codec_type !== 'video')
  return {
    ...rest,
    frameTimes: video
      .map(({ pts }: { pts: number }) => pts)
      .toSorted((a: number, b: number) => a - b)
      .join(),
    others: others.map(({ size }: { size: string }) => size).join(),
    otherTimes: [others[0], others.at(-1)],
    hasIncreasingTimes: decodingTimes.every(
      (time: number, at: number) => at === 0 || time > decodingTimes[at - 1],
    ),
  }
}

describe('joined chunks have the tracks and times of the whole', () => {
  it.each([
    ['film.mp4', {}],
    [
      'film.mp4',
      { metadata: 'keep', subtitles: 'lines.srt', subtitleMode: 'track', speed: 0.8, loudness: 16 },
    ],
    ['ntsc.mkv', { format: 'mkv', videoCodec: 'h265', audioCodec: 'copy', metadata: 'keep' }],
    ['film.mp4', { format: 'mov', videoCodec: 'h265' }],
    ['ntsc.mkv', { format: 'webm' }],
    ['open.ts', { startSeconds: 1.5, format: 'mkv', audioCodec: 'aac' }],
    ['film.mp4', { startSeconds: 1.5, endSeconds: 6.1, fadeInSeconds: 1 }],
    ['open.ts', { videoCodec: 'av1', frameRate: 30 }],
    ['vfr.mp4', {}],
  ] as [string, Partial<RenditionOf<'video'>>][])('%s %o', async (name, fields) => {
    const references = { 'lines.srt': clip('lines.srt') }
    const job = await openJob(name, fields, fields.subtitles ? references : {})
    const { output } = await encodeChunks(job)
    const whole = await encodeWhole(job)
    const joined = await describeFile(output)
    expect(joined).toEqual(await describeFile(whole))
    expect(joined.hasIncreasingTimes || fields.format === 'mkv').toBe(true)
    await job.close()
  })
})
