import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { resolveFfmpegTools } from '../../container/capabilities.ts'
import { CannotJoin } from '../../container/failures.ts'
import { measureChunk } from '../../container/ffmpeg/chunks/measureChunk.ts'
import { readVideoTrack } from '../../container/ffmpeg/mp4/videoTrack.ts'
import type { VideoCodec } from '../../src/contract/codecs.ts'
import { args } from '../fixtures/args.ts'
import { type ChunkCase, useChunkJobs } from './helpers/clips/chunkSources.ts'
import {
  encodeChunk,
  encodeChunks,
  hashChunkFrames,
  hashWholeFrames,
  joinChunks,
  listRanges,
} from './helpers/splitJob.ts'

const execute = promisify(execFile)

const openJob = useChunkJobs()

const CODECS: ChunkCase[] = [
  ['film.mp4', {}],
  ['film.mp4', { videoCodec: 'h265', format: 'mkv' }],
  ['film.mp4', { videoCodec: 'vp9', format: 'webm', encoderSpeed: 'fast' }],
  ['film.mp4', { videoCodec: 'av1', encoderSpeed: 'fast' }],
]

const FADES = { fadeInSeconds: 3, fadeOutSeconds: 3 }
const OVERLAYS = { watermark: 'logo.png', subtitles: 'lines.srt', subtitleMode: 'burn' } as const

describe('the frames of all chunks are those of the whole before they are encoded', () => {
  it.each<ChunkCase>([
    ['film.mp4', { startSeconds: 0.53, endSeconds: 6.51, speed: 0.75, ...FADES }],
    ['ntsc.mkv', {}],
    ['ntsc.mkv', { frameRate: 12.5, speed: 1.5, width: 64, height: 64, resizeMode: 'crop' }],
    ['fast.mp4', { frameRate: 25, ...OVERLAYS }],
    ['open.ts', {}],
    ['fragmented.mp4', {}],
    ['vfr.mp4', {}],
    ['vfr.mp4', { frameRate: 25 }],
    ['live.mkv', {}],
    ['sparse.ts', {}],
    ['interlaced.mp4', {}],
    ['hlg.mp4', {}],
    ['edited.mp4', { rotate: 90 }],
    ['rotated.mp4', { frameRate: 30 }],
    ['negative.mp4', {}],
    ['fast.mp4', { append: ['film.mp4', 'vfr.mp4'], frameRate: 25, ...OVERLAYS }],
    ['edited.mp4', { append: ['rotated.mp4', 'negative.mp4', 'edited.mp4'], rotate: 90 }],
    ['film.mp4', { append: ['interlaced.mp4', 'open.ts'], startSeconds: 2.31, speed: 1.7 }],
    ['open.ts', { append: ['fragmented.mp4'], startSeconds: 1.3, endSeconds: 5.57 }],
    ['vfr.mp4', { append: ['vfr.mp4', 'ntsc.mkv'], endSeconds: 7.1, ...FADES }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, fields)
    const chunks = await hashChunkFrames(job)
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks.flat()).toEqual(await hashWholeFrames(job))
  })
})

it('a chunk without a frame cannot be joined, so that the video is encoded as a whole', async () => {
  const job = await openJob('still.mkv', {})
  const made = encodeChunk(job, { index: 1, ranges: listRanges(job) })
  await expect(made).rejects.toThrow(CannotJoin)
})

it('a chunk of minutes is measured, however many frames it has', async () => {
  const { attempt, sourceFile: file } = await openJob('many-frames.mp4', {})
  const { scratch: cwd, signal, settings } = attempt
  const range = { kind: 'video', startSeconds: 0, endSeconds: null, frames: 22_000 } as const
  const options = { ...resolveFfmpegTools(settings), cwd, signal, file, range }
  const facts = await measureChunk(options)
  expect(facts).toMatchObject({ frames: 22_000, endTicks: facts.startTicks + 22 * facts.timescale })
})

describe('a chunk has the frames, times and key frames that ffprobe finds', () => {
  it.each<ChunkCase>([
    ...CODECS,
    ['ntsc.mkv', {}],
    ['vfr.mp4', {}],
    ['hlg.mp4', { videoCodec: 'h265' }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, { ...fields, audioCodec: 'none' })
    for (const index of [0, 1]) {
      const { file, facts } = await encodeChunk(job, { index, ranges: listRanges(job) })
      const { packets, stream, lastTicks } = await listPackets(file)
      const track = await readVideoTrack(file)
      expect(track?.frames).toEqual(packets)
      expect(facts).toMatchObject({
        frames: packets.length,
        timescale: Number(stream.time_base.split('/')[1]),
        startTicks: stream.start_pts,
        // With uneven frames, the file declares a duration that ends before the last one.
        ...(name !== 'vfr.mp4' && { lastFrameTicks: lastTicks }),
      })
    }
  })
})

async function listPackets(file: string) {
  const list = args`-v error -of json -show_entries
    stream=time_base,start_pts,duration_ts:packet=pts,dts,flags ${file}`
  const { packets, streams } = JSON.parse((await execute('ffprobe', list)).stdout)
  const [stream] = streams
  return {
    stream,
    packets: packets.map(({ pts, flags }: { pts: number; flags: string }) => ({
      ticks: pts,
      isKeyframe: flags.startsWith('K'),
    })),
    lastTicks: stream.duration_ts - (packets.at(-1).dts - packets[0].dts),
  }
}

describe('a joined file is rejected if a chunk in it cannot be decoded by itself', () => {
  it.each<ChunkCase>(CODECS)('%s %o', async (name, fields) => {
    const job = await openJob(name, fields)
    const { chunks } = await encodeChunks(job)
    const second = chunks.findIndex(({ range }) => range.startSeconds > 0)
    const { file, facts, range } = chunks[second]!
    await damageFirstFrame(file, job.rendition.videoCodec)
    // Its frames are still all there, at their times.
    const cwd = job.attempt.scratch
    const options = { ...resolveFfmpegTools(job.attempt.settings), cwd, signal: job.attempt.signal }
    expect(await measureChunk({ ...options, file, range })).toEqual(facts)
    await expect(joinChunks(job, chunks)).rejects.toThrow(
      /^The joined file cannot be decoded from second [12]\.\d on, where a chunk begins\.$/,
    )
  })
})

/** Overwrites the type of the first frame, which is at the start of the box `mdat`. */
async function damageFirstFrame(file: string, codec: VideoCodec): Promise<void> {
  const handle = await open(file, 'r+')
  const { buffer } = await handle.read(Buffer.alloc(4_096), 0, 4_096, 0)
  const start = buffer.indexOf('mdat') + 4
  // x264 writes its name before the frame, in a unit of its own with its length in front.
  const nameBytes = codec === 'h264' ? 4 + buffer.readUInt32BE(start) : 0
  await handle.write(Buffer.of(0xff), 0, 1, start + nameBytes + 4)
  await handle.close()
}

describe('a chunk is made again from an earlier second if ffmpeg has found no key frame before it', () => {
  it.each<ChunkCase>([
    ['ntsc.mkv', {}],
    ['ntsc.mkv', { frameRate: 25 }],
  ])('%s %o', async (name, fields) => {
    const job = await openJob(name, { ...fields, audioCodec: 'none' })
    const ranges = listRanges(job)
    const { startSeconds, endSeconds } = ranges[2]!
    // Key frames are 0.67 s apart, so that there is one after the start of the chunk.
    const late = String(startSeconds + 0.72)
    const seekLate = (list: string[]) =>
      list.map((word, index) => (list[index - 1] === '-ss' && Number(word) > 2 ? late : word))
    const { facts } = await encodeChunk(job, { index: 2, ranges }, seekLate)
    const frames = (endSeconds! - startSeconds) * (fields.frameRate ?? 30_000 / 1001)
    expect(facts.frames).toBe(Math.round(frames))
    expect(frames).toBeGreaterThan(30)
  })
})
