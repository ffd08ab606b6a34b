/** Jobs for the files of test/fixtures/hostile, all run by the same runner process. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { image, video } from '../fixtures/renditions.ts'
import { startHostileBench, type HostileBench } from './helpers/hostileHarness.ts'

const execute = promisify(execFile)
const small = video({ width: 32 })

let hostile: HostileBench
beforeAll(async () => {
  hostile = await startHostileBench()
})
afterAll(() => hostile.close())

describe('a file that is not media', () => {
  it.each([
    // Since version 7, ffmpeg recognises a playlist only by its file extension, so it finds no
    // audio or video in this file.
    ['an HLS playlist', 'hls.mp4', /"hls"|no audio or video/],
    ['an ffconcat script', 'ffconcat.mp4', /"concat"/],
    ['a DASH manifest with an external entity', 'dash.mp4', /"dash"|no audio or video/],
    ['an SVG that shows other files', 'picture.svg', /"svg_pipe"|no audio or video/],
    ['an SDP file, which opens ports', 'session.mp4', /"sdp"/],
    ['a subtitle index, which names another file', 'vobsub.mp4', /"vobsub"/],
    ['subtitles that name a font', 'subtitles.mp4', /"ass"/],
    ['an ffmetadata file', 'metadata.mp4', /"ffmetadata"/],
    ['a PNG with a declared size of 100,000 by 100,000', 'picture.mp4', /"png_pipe"/],
    ['a web page', 'page.mp4', /no audio or video/],
    ['prose', 'prose.mp4', /no audio or video/],
    ['a megabyte of zeros', 'zeros.mp4', /no audio or video/],
    ['nothing', 'nothing.mp4', /^The file is empty/],
  ])('%s is rejected with a readable message', async (_, name, message) => {
    const { finish } = await hostile.run(name, small)
    expect(finish).toMatchObject({
      outcome: 'failed',
      errorCode: 'input_invalid',
      message: expect.stringMatching(message),
    })
  })

  it('a file name with an image pattern names one file, which is rejected', async () => {
    const { finish } = await hostile.run('pattern.mp4', small, { filePath: 'frames/%03d.jpg' })
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching('The file is a still image.'),
    })
  })
})

describe('a file with false metadata', () => {
  it.each([
    ['has no index', 'no-index.mp4', 'input_invalid', /moov atom/],
    ['has a broken index', 'broken-index.mp4', 'input_invalid', /damaged/],
    ['has boxes 100,000 deep', 'nested.mp4', 'input_invalid', /damaged/],
    ['has tags 100,000 deep', 'nested.mkv', 'input_invalid', /no audio or video/],
    [
      'has its samples in another file',
      'reference.mov',
      'input_invalid',
      /nothing of the requested part/,
    ],
    ['omits all of its frames', 'skipped.mp4', 'input_invalid', /nothing of the requested part/],
    [
      'has frames before time zero',
      'negative.mp4',
      'input_invalid',
      /nothing of the requested part/,
    ],
    [
      'declares 80 million frames in a fragment',
      'fragment.mp4',
      'input_invalid',
      /more than 1 GiB/,
    ],
    [
      'shows each frame for two days',
      'days.mp4',
      'input_invalid',
      /timestamps are invalid|ends early/,
    ],
    ['lasts a century', 'century.mp4', 'unsupported', /876,000 hours.*at most 24/],
    ['has 200 streams', 'streams.mp4', 'unsupported', /more than 64 streams/],
    ['declares 80 million frames', 'million-pictures.mp4', 'unsupported', /80,000,000 frames/],
    ['declares a billion frames', 'billion-pictures.mp4', 'unsupported', /1,000,000,000 frames/],
    ['declares a billion frames in an AVI', 'billion.avi', 'unsupported', /1,000,000,000 frames/],
  ])('that %s is rejected with a readable message', async (_, name, errorCode, message) => {
    const { finish } = await hostile.run(name, small)
    expect(finish).toMatchObject({ errorCode, message: expect.stringMatching(message) })
  })
})

describe('a frame that is too large', () => {
  const sizeError = (size: string) => new RegExp(`size is ${size}; at most 67,108,864 pixels`)

  it.each([
    ['in a PNG', 'png.avi', sizeError('100000 by 100000')],
    ['that ffmpeg would decode', 'ten-thousand.avi', sizeError('10000 by 10000')],
    ['in a JPEG', 'mjpeg.avi', sizeError('65500 by 65500')],
    ['in H.264', 'h264.avi', sizeError('100000 by 100000')],
    ['in H.264, as the container states', 'honest.avi', sizeError('100000 by 100000')],
    // The larger number is from ffmpeg 7, which does not reduce the pixel aspect ratio.
    ['by its pixel aspect ratio', 'oblong.mp4', sizeError('(2097088|137438953408) by 64')],
  ])('%s is rejected with its size', async (_, name, message) => {
    const { finish } = await hostile.run(name, image())
    expect(finish).toMatchObject({
      outcome: 'failed',
      errorCode: 'unsupported',
      message: expect.stringMatching(message),
    })
  })
})

describe('a file without an end', () => {
  it.each([
    ['of empty Matroska', 'endless.mkv', 'input_invalid', /no audio and no video/],
    ['of empty MP4', 'endless.mp4', 'input_invalid', /moov atom/],
    [
      'of stuffing',
      'endless.ts',
      'input_invalid',
      /Reading the file's streams takes more than 128 MiB/,
    ],
    ['of empty chunks', 'endless.avi', 'timeout', /longer than 3 seconds/],
    ['of frames', 'pictures.mov', 'timeout', /longer than 3 seconds/],
  ])('%s is rejected or aborted within seconds', async (_, name, errorCode, message) => {
    const limits = errorCode === 'timeout' ? { timeoutSeconds: 3 } : {}
    const { finish } = await hostile.run(name, small, limits)
    expect(finish).toMatchObject({ errorCode, message: expect.stringMatching(message) })
  })
})

describe('a job for an unusual but valid file completes', () => {
  it.each([
    ['Matroska named .mp4', 'extension.mp4', 1],
    ['an MP4 followed by a web page', 'polyglot.mp4', 1],
    ['an MP4 preceded by a web page', 'page-first.mp4', 1],
    ['a video that starts at 31 years', 'huge-times.mkv', 1],
    ['a video that starts two hours before zero', 'below-zero.ts', 1],
    ['a video that starts with a gap of 24 days', 'late.mp4', 0.8],
  ])('%s', async (_, name, seconds) => {
    const { finish } = await hostile.run(name, small)
    expect(finish).toMatchObject({
      outcome: 'completed',
      command: expect.stringMatching(
        /-protocol_whitelist http,tcp -format_whitelist mov,\S+ .* -i /,
      ),
      output: { width: 32, height: 24, durationSeconds: seconds },
    })
  })

  it('a frame of a file that lasts 11 hours', async () => {
    const { finish } = await hostile.run('pictures.mov', image())
    expect(finish.outcome).toBe('completed')
  })
})

describe('the canaries, as a control,', () => {
  afterEach(() => {
    hostile.canaryRequests.length = 0
  })

  it('would be requested by an ffmpeg without restrictions', async () => {
    const limits = ['-protocol_whitelist', 'file,http,tcp', '-f', 'concat', '-safe', '0']
    const script = join(hostile.folder, 'ffconcat.mp4')
    const list = ['-v', 'error', ...limits, '-i', script, '-f', 'null', '-']
    await execute('ffmpeg', list).catch(() => {})
    expect(hostile.canaryRequests).not.toEqual([])
  })

  it('would be read by an ffmpeg that follows references', async () => {
    const limits = ['-enable_drefs', '1', '-use_absolute_path', '1']
    const reference = join(hostile.folder, 'reference.mov')
    const list = ['-v', 'error', ...limits, '-i', reference, '-f', 'rawvideo', '-']
    expect((await execute('ffmpeg', list)).stdout).toContain('the canary sings')
  })
})

it('the same runner completes an ordinary job after all of these', async () => {
  const { finish, output } = await hostile.run('good.mp4', small)
  expect(finish.outcome).toBe('completed')
  await writeFile(join(hostile.folder, 'saved.mp4'), output)
  const list = ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames']
  const { stdout } = await execute('ffprobe', [...list, join(hostile.folder, 'saved.mp4')])
  expect(stdout).toContain('nb_read_frames=10')
})
