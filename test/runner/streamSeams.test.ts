/** A stream that is made in chunks has no seam: neither in its frames and times, nor in its quality or audio. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { args } from '../fixtures/args.ts'
import { type StreamCase, useStreamJobs } from './helpers/clips/chunkSources.ts'
import { findFlashes } from './helpers/flashes.ts'
import { countUp, readFrameNumbers } from './helpers/frameCounter.ts'
import { makeLossless } from './helpers/lossless.ts'
import { measureSeamLoss, readSimilarities } from './helpers/similarity.ts'
import { measureSine } from './helpers/sine.ts'
import {
  encodeStreamChunks,
  encodeWholeStream,
  listTracks,
  type StreamJob,
  writeTrack,
} from './helpers/splitStream.ts'

const execute = promisify(execFile)
const openJob = useStreamJobs()

/** The first chunk of a stream has two segments, which have one second each. */
const CHUNK_SECONDS = 3

/** Decodes all tracks. Returns the time and the hash of each frame of video and audio. */
async function hashTracks(job: StreamJob, name: string, files: ReadonlyMap<string, Buffer>) {
  const folder = join(job.attempt.scratch, name)
  const tracks = await Promise.all(listTracks(job).map((track) => writeTrack(folder, files, track)))
  const inputs = tracks.flatMap((file) => ['-i', file])
  const maps = tracks.flatMap((_, index) => ['-map', String(index)])
  const { stdout } = await execute(
    'ffmpeg',
    args`-v error -xerror ${inputs} ${maps} -fps_mode passthrough -f framemd5 -`,
  )
  const lines = stdout.split('\n')
  return Object.fromEntries(
    tracks.map((_, index) => [index, lines.filter((line) => line.startsWith(`${index},`))]),
  )
}

describe('joined through a lossless codec, a stream has the frames, times and audio of the whole', () => {
  it.each<StreamCase>([
    ['film.mp4', { ladder: [60, 90], fadeInSeconds: 3, fadeOutSeconds: 3, videoCodec: 'h265' }],
    ['film.mp4', { startSeconds: 0.23, endSeconds: 6.9, frameRate: 30 }],
    ['ntsc.mkv', {}],
    ['vfr.mp4', {}],
    ['fast.mp4', { frameRate: 25 }],
    ['interlaced.mp4', {}],
    ['rotated.mp4', {}],
    ['hlg.mp4', {}],
    ['open.ts', {}],
    ['fragmented.mp4', {}],
    ['edited.mp4', {}],
    ['negative.mp4', {}],
    ['short-audio.mp4', {}],
    ['long-audio.mp4', {}],
    ['short-audio.mp4', { append: ['rotated.mp4', 'long-audio.mp4'] }],
    ['ntsc.mkv', { append: ['fast.mp4'], endSeconds: 6.5, speed: 1.1 }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, { encoderSpeed: 'fast', ...fields })
    const { files, ranges } = await encodeStreamChunks(job, CHUNK_SECONDS, {
      replace: makeLossless,
    })
    expect(ranges.filter(({ kind }) => kind === 'video').length).toBeGreaterThan(1)
    const joined = await hashTracks(job, 'joined', files)
    expect(joined).toEqual(
      await hashTracks(job, 'whole', await encodeWholeStream(job, makeLossless)),
    )
    expect(joined['0']!.length).toBeGreaterThan(5.9 * 25)
  })
})

/** Saves a stream where players of HLS and DASH can open it. Returns the paths that they open. */
async function savePackage(
  { attempt: { scratch } }: StreamJob,
  files: ReadonlyMap<string, Buffer>,
): Promise<string[]> {
  const folder = join(scratch, 'package')
  await mkdir(folder)
  await Promise.all([...files].map(([name, bytes]) => writeFile(join(folder, name), bytes)))
  return ['master.m3u8', 'manifest.mpd'].map((name) => join(folder, name))
}

it('joined through a lossless codec, a player of HLS or DASH reads the frames of the whole', async () => {
  const job = await openJob('film.mp4', { encoderSpeed: 'fast', ladder: [60] })
  const options = { replace: makeLossless }
  const { files, ranges } = await encodeStreamChunks(job, CHUNK_SECONDS, options)
  expect(ranges.filter(({ kind }) => kind === 'video').length).toBeGreaterThan(1)
  const whole = await encodeWholeStream(job, makeLossless)
  const expected = await hashFrames(
    await writeTrack(join(job.attempt.scratch, 'whole'), whole, 'v60'),
  )
  expect(expected).toHaveLength(7 * 25)
  for (const manifest of await savePackage(job, files)) {
    expect(await hashFrames(manifest)).toEqual(expected)
  }
})

/** Returns the hash of each frame of the first track of video, in their order. */
async function hashFrames(file: string): Promise<string[]> {
  const { stdout } = await execute(
    'ffmpeg',
    args`-v error -xerror -i ${file} -map 0:v:0 -fps_mode passthrough -f framemd5 -`,
  )
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('0,'))
    .map((line) => line.split(',').at(-1)!.trim())
}

function countBytes(files: ReadonlyMap<string, Buffer>): number {
  return [...files].reduce((sum, [name, { length }]) => sum + (/^v\d+_/.test(name) ? length : 0), 0)
}

/**
 * Number of encodes of which the sizes are summed. A stream of these tests always reaches its maximum bit
 * rate. SVT-AV1 then makes a different number of bytes in each encode of the same frames, by up to 2 %.
 */
const ENCODES = { h264: 1, h265: 1, vp9: 1, av1: 4 }

/** Encodes a stream several times, in chunks and as a whole. Returns the sums of the sizes, in bytes. */
async function measureSizes(name: string, rendition: StreamCase[1], encodes: number) {
  const bytes = { joined: 0, whole: 0 }
  for (let encode = 0; encode < encodes; encode += 1) {
    const job = await openJob(name, rendition)
    bytes.joined += countBytes((await encodeStreamChunks(job, CHUNK_SECONDS)).files)
    bytes.whole += countBytes(await encodeWholeStream(job))
  }
  return bytes
}

describe('a joined stream has the quality, size and audio of the whole, and each frame once', () => {
  it.each<StreamCase>([
    ['film.mp4', { videoCodec: 'h264' }],
    ['film.mp4', { videoCodec: 'h265' }],
    ['film.mp4', { videoCodec: 'av1' }],
    // Below the maximum bit rate.
    ['film.mp4', { videoCodec: 'av1', quality: 50 }],
  ])('%s %o', async (name, fields) => {
    const rendition = { quality: 75, ...fields }
    const job = await openJob(name, rendition)
    const { files, ranges } = await encodeStreamChunks(job, CHUNK_SECONDS)
    const whole = await encodeWholeStream(job)
    const wholeFile = await writeTrack(join(job.attempt.scratch, 'whole'), whole, 'v90')
    const [hls = '', dash = ''] = await savePackage(job, files)

    const joined = await readSimilarities(hls, job.sourceFile)
    const expected = await readSimilarities(wholeFile, job.sourceFile)
    const seams = ranges
      .filter(({ kind, startSeconds }) => kind === 'video' && startSeconds > 0)
      .map(({ startSeconds }) => Math.ceil(startSeconds * 25))
    const loss = measureSeamLoss({ joined, expected, seams })
    expect(loss.ofLowest).toBeLessThan(joined.maxLoss)
    expect(loss.meanBefore).toBeLessThan(joined.maxLoss / 3)
    expect(loss.meanAfter).toBeLessThan(joined.maxLoss / 3)

    const more = await measureSizes(name, rendition, ENCODES[job.rendition.videoCodec] - 1)
    const [joinedBytes, wholeBytes] = [
      countBytes(files) + more.joined,
      countBytes(whole) + more.whole,
    ]
    expect(Math.abs(joinedBytes / wholeBytes - 1)).toBeLessThan(0.03)

    const all = countUp(7 * 25)
    expect(await readFrameNumbers(hls)).toEqual(all)
    expect(await readFrameNumbers(dash)).toEqual(all)

    const sine = await measureSine(hls, {
      startSeconds: 0.1,
      endSeconds: 6.9,
      cutsLead: true,
    })
    expect(sine.samples).toBeGreaterThanOrEqual(7 * 44_100)
    expect(sine.samples).toBeLessThan(7 * 44_100 + 1_024)
    expect(Math.abs(sine.delay)).toBeLessThan(2)
    expect(sine.phaseError).toBeLessThan(0.8)
  })
})

it('flashes and beeps at the boundaries of chunks stay together', async () => {
  const job = await openJob('flashes.mp4', { ladder: [60] })
  const { files, ranges } = await encodeStreamChunks(job, 2)
  const boundaries = ranges.map(({ startSeconds }) => Math.ceil(startSeconds * 25) / 25)
  const [hls = ''] = await savePackage(job, files)
  const { flashes, beeps } = await findFlashes(hls)
  expect(boundaries).toEqual(expect.arrayContaining([2, 4, 6]))
  expect(flashes).toEqual([2, 4, 6])
  expect(beeps).toHaveLength(3)
  for (const [index, beep] of beeps.entries()) {
    expect(Math.abs(beep - flashes[index]!)).toBeLessThan(0.04)
  }
})
