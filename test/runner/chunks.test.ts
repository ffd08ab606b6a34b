import { describe, expect, it } from 'vitest'
import { resolveFfmpegTools } from '../../container/capabilities.ts'
import { CannotJoin } from '../../container/failures.ts'
import { measureChunk } from '../../container/ffmpeg/chunks/measureChunk.ts'
import { type ChunkCase, useChunkJobs } from './helpers/clips/chunkSources.ts'
import { encodeChunk, hashChunkFrames, hashWholeFrames, listRanges } from './helpers/splitJob.ts'

const openJob = useChunkJobs()

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
  const facts = await measureChunk({ ...options, videoCodec: 'h264' })
  expect(facts).toMatchObject({ frames: 22_000, endTicks: facts.startTicks + 22 * facts.timescale })
})

describe('a chunk is made again from an earlier second if ffmpeg has found no key frame before it', () => {
  it.each<ChunkCase>([
    ['ntsc.mkv', {}],
    ['ntsc.mkv', { frameRate: 25 }],
  ])('%s %o', async (name, fields) => {
    // Key frames are 0.67 s apart, so that there is one between 3.98 s and 4.7 s.
    const seekLate = (list: string[]) =>
      list.map((word, index) => (list[index - 1] === '-ss' && Number(word) > 2 ? '4.7' : word))
    const job = await openJob(name, { ...fields, audioCodec: 'none' })
    const { facts } = await encodeChunk(job, { index: 2, ranges: listRanges(job) }, seekLate)
    expect(facts).toMatchObject({ frames: fields.frameRate === 25 ? 50 : 60 })
  })
})
