/** A stream that is made in chunks: it is the same stream as one that is made at once. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'mpd-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayRejection } from '../../container/failures.ts'
import { readSegment } from '../../container/ffmpeg/streaming/mp4Boxes.ts'
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { args } from '../fixtures/args.ts'
import { stream } from '../fixtures/renditions.ts'
import { AAC, H264, testVideo, tone } from './helpers/clips/inputs.ts'
import { encodeStreamChunks, openSplitStream, planSplit } from './helpers/splitStream.ts'
import { parsePlaylist } from './helpers/streamReader.ts'

const execute = promisify(execFile)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stream-chunks-'))
})
afterAll(() => rm(folder, { recursive: true }))

const SOURCES: Record<string, string[]> = {
  'film.mp4': args`${testVideo('320x180', 25, 9)} ${tone(9)} ${H264} -bf 2 -g 60 ${AAC}`,
  'ntsc.mkv': args`${testVideo('160x90', 30_000 / 1001, 9)} ${H264} -g 250`,
}

async function openJob(name: string, fields: Partial<RenditionOf<'stream'>> = {}) {
  const file = join(folder, name)
  await execute('ffmpeg', ['-v', 'error', '-nostdin', '-n', ...SOURCES[name]!, file]).catch(
    () => null,
  )
  const scratch = await mkdtemp(join(folder, 'job-'))
  const rendition = stream({ segmentSeconds: 2, ...fields }) as RenditionOf<'stream'>
  return openSplitStream({ file, rendition, scratch })
}

describe('a stream of chunks', () => {
  it('has segments that follow one another, for players of HLS and DASH', async () => {
    const job = await openJob('film.mp4', { ladder: [144, 180] })
    const output = await encodeStreamChunks(job, 4, {
      order: [0, 2, 1],
    })
    const { files, ranges } = output
    expect(ranges.map(({ kind, frames }) => [kind, frames])).toEqual([
      ['video', 100],
      ['audio', null],
      ['video', null],
      ['join', null],
    ])
    await writePackage(job.attempt.scratch, files)
    for (const name of ['v144', 'v180', 'a']) {
      const list = parsePlaylist(files.get(`${name}.m3u8`))
      expect(list).toMatchObject({ playlistType: 'VOD', endList: true, targetDuration: 2 })
      expect(list.segments.map(({ uri }) => uri)).toEqual(
        [1, 2, 3, 4, 5].map((number) => `${name}_0000${number}.m4s`),
      )
      const segments = list.segments.map(({ uri }) => readSegment(files.get(uri)!))
      for (const [index, { start, duration }] of segments.entries()) {
        expect(segments[index + 1]?.start ?? start + duration).toBe(start + duration)
      }
    }
    const mpd = parse(String(files.get('manifest.mpd')), { manifestUri: 'http://x/manifest.mpd' })
    expect(mpd.duration).toBeCloseTo(9, 1)
    expect(mpd.playlists.map(({ segments }) => segments.length)).toEqual([5, 5])
    // Every frame is decoded, without an error, and the audio has no gap.
    const hash = (name: string, ...options: string[]) =>
      execute('ffmpeg', ['-v', 'error', '-xerror', '-i', `${name}.m3u8`, ...options, '-'], {
        cwd: join(job.attempt.scratch, 'package'),
      })
    const video = await hash('v144', '-f', 'framemd5')
    expect(video.stderr).toBe('')
    const times = video.stdout.split('\n').filter((line) => line.startsWith('0,'))
    expect(times).toHaveLength(225)
    expect(files.has('i144.m3u8')).toBe(true)
    expect(output.finish).toMatchObject({
      files: files.size,
      sizeBytes: [...files.values()].reduce((sum, { length }) => sum + length, 0),
      output: { format: 'hls', videoCodec: 'h264', audioCodec: 'aac', width: 320, height: 180 },
    })
    await job.close()
  })

  it.each(['h265', 'av1'] as const)(
    'in %s has one init segment and all frames',
    async (videoCodec) => {
      const job = await openJob('ntsc.mkv', { videoCodec, encoderSpeed: 'fast' })
      const { files, facts } = await encodeStreamChunks(job, 4)
      expect(new Set(facts.map(({ decoderConfig }) => decoderConfig)).size).toBe(1)
      const list = parsePlaylist(files.get('v90.m3u8'))
      const seconds = list.segments.reduce((sum, { duration }) => sum + duration, 0)
      expect(seconds).toBeCloseTo(9, 1)
      await job.close()
    },
  )

  it('has chunks that are encoded once, however much ffmpeg writes about them', async () => {
    const job = await openJob('film.mp4', { ladder: [144, 180] })
    const commands: string[][] = []
    await encodeStreamChunks(job, 4, {
      replace: (list) => {
        commands.push(list)
        return ['-v', 'debug', ...list]
      },
    })
    // Two chunks of video, of which the second one has no planned number of frames, and the audio.
    expect(commands).toHaveLength(3)
  })

  it('is not joined if files of its chunks are missing or damaged, which are named', async () => {
    const job = await openJob('film.mp4', { ladder: [144] })
    const joined = encodeStreamChunks(job, 4, {
      tellsRunners: false,
      beforeJoin(chunkFiles) {
        chunkFiles[1] = undefined
        chunkFiles[2] = Buffer.from(String(chunkFiles[2]).replace('1', '2'))
      },
    })
    await expect(joined).rejects.toMatchObject({ code: 'storage', indexes: [1, 2] })
    await job.close()
  })

  it('is not joined if stored segments are missing or others, and their chunks are named', async () => {
    const job = await openJob('film.mp4', { ladder: [144] })
    const joined = encodeStreamChunks(job, 4, {
      tellsRunners: false,
      beforeJoin(_, files) {
        files.delete('v144_00003.m4s')
        files.set(
          'a_init.mp4',
          Buffer.from(String(files.get('a_init.mp4')).replace('isom', 'mosi')),
        )
      },
    })
    await expect(joined).rejects.toMatchObject({ code: 'storage', indexes: [1, 2] })
    await job.close()
  })

  it('is playable from the start on, as far as its chunks are finished without a gap', async () => {
    const job = await openJob('film.mp4', { ladder: [144], segmentSeconds: 2 })
    const listed: (number | null)[] = []
    await encodeStreamChunks(job, 2, {
      order: [1, 0, 3, 2, 5, 4],
      onChunk(files) {
        const list = files.get('v144.m3u8')
        const hasMaster = files.has('master.m3u8')
        listed.push(hasMaster && list ? parsePlaylist(list).segments.length : null)
        expect(list?.includes('EXT-X-ENDLIST') ?? false).toBe(false)
      },
    })
    expect(listed).toEqual([null, null, null, null, 3, 3])
    await job.close()
  })

  it('is playable before its audio ends', async () => {
    const job = await openJob('film.mp4', { ladder: [144] })
    const hasStart = Promise.withResolvers<void>()
    let listed = 0
    await encodeStreamChunks(job, 4, {
      tellsRunners: false,
      async beforePut(name, files) {
        if (name === 'master.m3u8') {
          listed ||= parsePlaylist(files.get('a.m3u8')).segments.length
          hasStart.resolve()
        }
        if (name === 'a_00005.m4s') {
          await hasStart.promise
        }
      },
    })
    // The audio is not listed beyond the end of the first chunk of video.
    expect(listed).toBe(2)
    await job.close()
  })
})

describe('a stream of which another variant has some tracks', () => {
  it('copies them, and encodes the others and what cannot be read', async () => {
    // The last segment of video and of audio is short, and merged.
    const end = { endSeconds: 8.12 }
    const small = await openJob('film.mp4', { ladder: [144], ...end })
    const { files } = await encodeStreamChunks(small, 4)
    const large = await openJob('film.mp4', { ladder: [144, 180], ...end })
    const keys = planSplit(small, 4).trackKeys
    expect(planSplit(large, 4).trackKeys).toEqual({ ...keys, v180: expect.any(String) })
    const better = await openJob('film.mp4', { ladder: [144], quality: 90, ...end })
    expect(planSplit(better, 4).trackKeys).toMatchObject({ a: keys!['a'] })
    expect(planSplit(better, 4).trackKeys).not.toMatchObject({ v144: keys!['v144'] })

    const commands: string[] = []
    const output = await encodeStreamChunks(large, 4, {
      reusable: ['v144', 'a'],
      async readReused(name) {
        if (name === 'v144_00002.m4s') {
          throw new GatewayRejection(400, 'It was deleted.')
        }
        return files.get(name)!
      },
      onChunk: () => commands.push(large.attempt.record.command),
    })
    expect(output.facts.map(({ reusedTracks }) => reusedTracks)).toEqual([[], ['a'], ['v144']])
    expect(commands.map((command) => command.includes('v144_init'))).toEqual([true, true, false])
    expect(commands[1]).toBe(commands[0])
    for (const name of ['v144', 'v180', 'a']) {
      expect(parsePlaylist(output.files.get(`${name}.m3u8`)).segments).toHaveLength(4)
    }
    for (const name of ['v144_00004.m4s', 'a_00004.m4s']) {
      expect(output.files.get(name)).toEqual(files.get(name))
    }
    await Promise.all([small, large, better].map((job) => job.close()))
  })
})

async function writePackage(scratch: string, files: ReadonlyMap<string, Buffer>) {
  await mkdir(join(scratch, 'package'))
  for (const [name, bytes] of files) {
    await writeFile(join(scratch, 'package', name), bytes)
  }
}
