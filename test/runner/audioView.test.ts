/** A command that reads only the audio of an MP4 file gets the same from a file without most of the frames. */
import { execFile } from 'node:child_process'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { audioUrl } from '../../container/ffmpeg/process/sourceUrl.ts'
import { startSourceServer } from '../../container/source/loopbackServer.ts'
import { args } from '../fixtures/args.ts'
import { audio, video } from '../fixtures/renditions.ts'
import { tone } from './helpers/clips/inputs.ts'
import {
  clip,
  harness,
  probeOutput,
  runUntilIdle,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'

useRunnerHarness()

const execute = promisify(execFile)

/** Adds audio to twelve seconds of uncompressed video, of 138 MB, without encoding that. Returns the path. */
async function addAudio(name: string, options: string[], input: string[] = []): Promise<string> {
  const file = join(harness.scratch, name)
  await execute('ffmpeg', [
    ...args`-v error -y ${input} -i ${clip('big.mov')} ${tone(12)} ${tone(11.5)} -map 0:v -map 1:a`,
    ...args`-c:v copy ${options} ${file}`,
  ])
  return file
}

const AAC = args`-c:a aac -b:a 64k`
const PCM = args`-c:a pcm_s16le`
const CAMERA = [...PCM, ...args`-chunk_duration 500000 -timecode 10:00:00:00`]

const FILES: [string, string, string[], string[]?][] = [
  ['with the index at the end', 'end.mov', AAC],
  ['with the index at the start', 'start.mov', args`${AAC} -movflags +faststart`],
  ['with two tracks of PCM', 'pcm.mov', args`${PCM} -map 2:a`],
  ['of a camera, with half a second in each chunk', 'camera.mov', CAMERA],
  ['with all audio after the video', 'after.mov', args`${AAC} -chunk_duration 60000000`],
  ['with audio that begins later', 'late.mov', AAC, args`-itsoffset -1.5`],
  ['of which the first seconds are not shown', 'edited.mov', args`${AAC} -ss 1.3`],
]

/** Serves a file as the runner does. */
async function serve(file: string) {
  const handle = await open(file)
  const { size } = await handle.stat()
  const source = await startSourceServer({
    sizeBytes: size,
    makesIndex: true,
    reading: 'readsOn',
    onFatal: (error) => expect.fail(String(error)),
    fetchRange: async (start, end) => {
      const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
      return [buffer]
    },
  })
  return {
    url: source.url,
    audioUrl: audioUrl({ url: source.url, probe: { isFragmented: false } }, 0),
    sizeBytes: size,
    async close() {
      await source.close()
      await handle.close()
    },
  }
}

/** Returns all packets of the audio, its samples after a seek, and what ffprobe prints of the file. */
async function readAudio(url: string) {
  const run = async (program: string, list: string[]) => {
    const { stdout } = await execute(program, ['-v', 'error', ...list], { maxBuffer: 1e8 })
    return stdout.replaceAll(url, 'file')
  }
  const packets = await run('ffmpeg', args`-i ${url} -map 0:a -c copy -f framemd5 -`)
  const samples = await run('ffmpeg', args`-ss 5.3 -i ${url} -map 0:a -f framemd5 -`)
  const streams = await run('ffprobe', args`-show_format -show_streams -show_chapters ${url}`)
  // The size, and the bit rate that ffprobe calculates from it, are those of what is served.
  const facts = streams.split('[FORMAT]').map((part, index) => {
    return index === 0 ? part : part.replaceAll(/^(size|bit_rate)=.*$/gm, '')
  })
  return { packets, samples, facts }
}

async function readSize(url: string): Promise<number> {
  const { headers } = await fetch(url, { method: 'HEAD' })
  return Number(headers.get('content-length'))
}

describe('the audio is the same', () => {
  it.each(FILES)('in a file %s', async (_name, name, options, input) => {
    const file = await addAudio(name, options, input)
    const whole = await serve(file)
    const expected = await readAudio(whole.url)
    await whole.close()
    expect(expected.packets.split('\n').length).toBeGreaterThan(20)

    const short = await serve(file)
    expect(await readAudio(short.audioUrl)).toEqual(expected)
    const size = await readSize(short.audioUrl)
    await short.close()
    // The first 8 MiB, the index and the audio.
    expect(size).toBeLessThan(short.sizeBytes / 10)
  })

  it.each([
    ['Matroska', 'other.mkv', []],
    ['fragmented MP4', 'fragmented.mp4', args`-c:v mpeg2video -movflags +frag_keyframe+empty_moov`],
    ['without video', 'audio.m4a', args`-vn`],
  ])('in a file that is served as a whole: %s', async (_name, name, options) => {
    const file = await addAudio(name, [...AAC, ...options])
    const source = await serve(file)
    expect(await readAudio(source.audioUrl)).toEqual(await readAudio(source.url))
    expect(await readSize(source.audioUrl)).toBe(source.sizeBytes)
    await source.close()
  })
})

it('a job for the audio of a film fetches what lies near the audio', async () => {
  const file = await addAudio('camera.mov', CAMERA)
  const job = await harness.gateway.offer(file, audio({ format: 'wav', audioCodec: 'pcm' }))
  await runUntilIdle()
  expect((await probeOutput(job)).audio).toMatchObject({ codec_name: 'pcm_s16le' })
  const { size } = await stat(file)
  expect(size).toBeGreaterThan(130e6)
  expect(harness.gateway.sourceBytes).toBeLessThan(size / 4)
  // The recorded command names the file.
  expect(job.finishes[0]).toMatchObject({ command: expect.stringContaining(" -i 'clip.mp4' ") })
})

it('the loudness of a film is measured without its frames', async () => {
  const file = await addAudio('camera.mov', CAMERA)
  const encode = async (fields: Parameters<typeof video>[0]) => {
    const before = harness.gateway.sourceBytes
    const job = await harness.gateway.offer(file, video({ width: 64, ...fields }))
    await runUntilIdle()
    expect((await probeOutput(job)).audio).toMatchObject({ codec_name: 'aac' })
    return harness.gateway.sourceBytes - before
  }
  const plain = await encode({})
  const measured = await encode({ loudness: 16 })
  // With the frames, 28 MB (ffmpeg 5.1, which skips most of them) or 139 MB (7.1).
  expect(measured - plain).toBeLessThan(20e6)
})
