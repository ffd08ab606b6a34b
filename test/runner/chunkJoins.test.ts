import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { args } from '../fixtures/args.ts'
import { findFlashes } from './helpers/flashes.ts'
import { countUp, readFrameNumbers } from './helpers/frameCounter.ts'
import { makeLossless } from './helpers/lossless.ts'
import { measureSine } from './helpers/sine.ts'
import { measureSeamLoss, readSimilarities } from './helpers/similarity.ts'
import { type ChunkCase, useChunkJobs } from './helpers/clips/chunkSources.ts'
import { encodeChunks, encodeWhole, joinChunks } from './helpers/splitJob.ts'

const execute = promisify(execFile)
const openJob = useChunkJobs()

/** Key frames of the whole at the boundaries of chunks of 2 seconds. */
const SEAM_SECONDS = [2, 4, 6]

/** Reads the tracks of a file, the times of its frames in order, and its packets of audio. */
async function describeFile(file: string) {
  const list = args`-v error -of json -show_chapters -show_entries
    stream=codec_name,codec_tag_string,time_base,start_pts,duration_ts,sample_aspect_ratio,color_range,color_space,color_transfer,color_primaries,avg_frame_rate,nb_frames:stream_tags:stream_disposition=default,forced:format_tags:packet=codec_type,pts,dts,duration,size ${file}`
  const { stdout } = await execute('ffprobe', list, { maxBuffer: 1e8 })
  const { packets, ...rest } = JSON.parse(stdout)
  const video = packets.filter((each: { codec_type: string }) => each.codec_type === 'video')
  const decodingTimes = video.map(({ dts }: { dts: number }) => dts)
  const others = packets.filter((each: { codec_type: string }) => each.codec_type !== 'video')
  // In MKV, the delay of an encoder of audio is either before the start, or it moves all tracks.
  const origin = file.endsWith('.mkv') ? Math.min(video[0].pts, others[0].pts) : 0
  for (const stream of rest.streams) {
    const { tags } = stream
    stream.start_pts -= origin
    const [frames, seconds] = stream.avg_frame_rate.split('/').map(Number)
    stream.avg_frame_rate = Math.round((100 * frames) / seconds)
    delete tags?.encoder
    delete tags?.ENCODER
    delete tags?.DURATION
  }
  return {
    ...rest,
    frameTimes: video
      .map(({ pts }: { pts: number }) => pts - origin)
      .toSorted((a: number, b: number) => a - b)
      .join(),
    others: others.map(({ size }: { size: string }) => size).join(),
    otherTimes: [others[0]?.pts - origin, others.at(-1)?.pts - origin],
    // In units of 960 bytes, 10 ms: the end of Opus is rounded to a millisecond in WebM.
    audioUnits: others.length === 0 ? 0 : Math.round((await decodeAudio(file)).length / 960),
    hasIncreasingTimes: decodingTimes.every(
      (time: number, at: number) => at === 0 || time > decodingTimes[at - 1],
    ),
  }
}

async function decodeAudio(file: string): Promise<Buffer> {
  const list = args`-v error -i ${file} -map 0:a -ac 1 -f s16le -`
  return (await execute('ffmpeg', list, { encoding: 'buffer', maxBuffer: 1e8 })).stdout
}

/** Encodes the whole with key frames where the chunks have them. */
function forceKeyframes(list: string[]): string[] {
  const at = list.indexOf('-c:v')
  const encoder = list[at + 1] ?? ''
  const options =
    encoder === 'libsvtav1'
      ? ['-g', '50']
      : [
          '-force_key_frames',
          SEAM_SECONDS.join(','),
          ...(encoder.startsWith('libx26') ? ['-forced-idr', '1'] : []),
        ]
  return [...list.slice(0, at + 2), ...options, ...list.slice(at + 2)]
}

describe('joined chunks have the tracks and times of the whole', () => {
  it.each<ChunkCase>([
    [
      'film.mp4',
      { metadata: 'keep', subtitles: 'lines.srt', subtitleMode: 'track', speed: 0.8, loudness: 16 },
    ],
    ['ntsc.mkv', { format: 'mkv', videoCodec: 'h265', audioCodec: 'copy', metadata: 'keep' }],
    ['open.ts', { startSeconds: 1.5, format: 'mkv', audioCodec: 'aac' }],
    ['open.ts', { frameRate: 30 }],
    ['short-audio.mp4', { startSeconds: 0.5, endSeconds: 5.6, fadeInSeconds: 1 }],
    ['long-audio.mp4', { audioCodec: 'mp3' }],
    ['vfr.mp4', {}],
    // Without audio.
    ['fast.mp4', { frameRate: 25 }],
    ['short-audio.mp4', { append: ['rotated.mp4', 'long-audio.mp4', 'fast.mp4'], speed: 1.1 }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, fields)
    const { output } = await encodeChunks(job)
    const joined = await describeFile(output)
    expect(joined).toEqual(await describeFile(await encodeWhole(job)))
    expect(joined.hasIncreasingTimes || fields.format === 'mkv').toBe(true)
  })
})

it('the last frame lasts as long if the runner of its chunk has not stated its duration', async () => {
  const job = await openJob('vfr.mp4', {})
  const { output, chunks } = await encodeChunks(job)
  const joined = await describeFile(output)
  const older = chunks.map((chunk) => {
    const { lastFrameTicks: _, ...facts } = chunk.facts
    return { ...chunk, facts }
  })
  expect(older).not.toEqual(chunks)
  expect(await describeFile((await joinChunks(job, older)).output)).toEqual(joined)
})

async function hashFrames(file: string): Promise<string[]> {
  const { stdout } = await execute('ffmpeg', args`-v error -i ${file} -map 0:v -f framemd5 -`)
  return stdout.split('\n').filter((line) => line.startsWith('0,'))
}

describe('joined through a lossless codec, chunks have the frames and times of the whole', () => {
  it.each<ChunkCase>([
    ['film.mp4', { startSeconds: 0.53, fadeOutSeconds: 3 }],
    ['open.ts', { format: 'mov', videoCodec: 'h265' }],
    ['ntsc.mkv', { format: 'mkv', audioCodec: 'none' }],
    ['film.mp4', { format: 'webm', videoCodec: 'vp9' }],
    ['film.mp4', { append: ['long-audio.mp4', 'short-audio.mp4'], startSeconds: 2.77 }],
    [
      'interlaced.mp4',
      { append: ['vfr.mp4', 'hlg.mp4', 'rotated.mp4'], fadeInSeconds: 8, fadeOutSeconds: 9 },
    ],
    ['fast.mp4', { append: ['film.mp4', 'fast.mp4'], frameRate: 29.97, speed: 0.8 }],
    // The second chunk begins with the last frame of the first file.
    ['film.mp4', { append: ['short-audio.mp4'], endSeconds: 2.04 }],
    // The first chunk has frames of three files, and the last one of two.
    ['film.mp4', { append: ['blink.mp4', 'film.mp4', 'blink.mp4', 'blink.mp4'], endSeconds: 0.6 }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, { ...fields, encoderSpeed: 'fast' })
    const { output, chunks } = await encodeChunks(job, makeLossless)
    expect(chunks.length).toBeGreaterThan(2)
    const joined = await hashFrames(output)
    expect(joined).toEqual(await hashFrames(await encodeWhole(job, makeLossless)))
    expect(joined.length).toBeGreaterThan(6 * 25)
  })
})

describe('joined chunks have the quality and size of the whole with the same key frames', () => {
  it.each<ChunkCase>([
    ['film.mp4', { quality: 75 }],
    ['film.mp4', { videoKbps: 145 }],
    ['film.mp4', { quality: 75, format: 'mov', videoCodec: 'h265' }],
    ['film.mp4', { format: 'webm', videoCodec: 'vp9' }],
    ['film.mp4', { videoCodec: 'av1' }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, fields)
    const { output, chunks } = await encodeChunks(job)
    const whole = await encodeWhole(job, forceKeyframes)
    expect(await describeFile(output)).toEqual(await describeFile(whole))
    const source = job.sourceFile
    const joined = await readSimilarities(output, source)
    const expected = await readSimilarities(whole, source)
    const seams = SEAM_SECONDS.map((second) => second * 25)
    const loss = measureSeamLoss({ joined, expected, seams })
    // With a maximum bit rate, the rate control of each chunk begins anew.
    const maxLoss = joined.maxLoss * (fields.videoKbps === undefined ? 1 : 2)
    expect(loss.ofLowest).toBeLessThan(maxLoss)
    expect(loss.meanBefore).toBeLessThan(maxLoss / 3)
    expect(loss.meanAfter).toBeLessThan(maxLoss / 3)
    expect(await readFrameNumbers(output)).toEqual(countUp(7 * 25))
    const sine = await measureSine(output, { startSeconds: 0.1, endSeconds: 6.9 })
    // The last frame of audio is not shortened.
    expect(sine.samples).toBeGreaterThanOrEqual(7 * 44_100)
    expect(sine.samples).toBeLessThan(7 * 44_100 + 1_024)
    expect(Math.abs(sine.delay)).toBeLessThan(2)
    expect(sine.phaseError).toBeLessThan(0.8)
    const bytes = await Promise.all([output, whole].map(countVideoBytes))
    expect(Math.abs(bytes[0]! / bytes[1]! - 1)).toBeLessThan(0.03)
    expect(chunks).toHaveLength(5)
  })
})

async function countVideoBytes(file: string): Promise<number> {
  const list = args`-v error -select_streams v:0 -show_entries packet=size -of csv=p=0`
  const { stdout } = await execute('ffprobe', args`${list} ${file}`)
  return stdout.split('\n').reduce((sum, size) => sum + Number.parseInt(size || '0', 10), 0)
}

it('flashes and beeps at the boundaries of chunks stay together', async () => {
  const job = await openJob('flashes.mp4', { width: 80 })
  const { output } = await encodeChunks(job)
  const { flashes, beeps } = await findFlashes(output)
  expect(flashes).toEqual(SEAM_SECONDS)
  for (const [index, beep] of beeps.entries()) {
    expect(Math.abs(beep - (SEAM_SECONDS[index] ?? 0))).toBeLessThan(0.04)
  }
  expect(beeps).toHaveLength(3)
})
