import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Expectation } from '../../container/ffmpeg/renderPlan.ts'
import { verifyOutput } from '../../container/ffmpeg/verify/verifyOutput.ts'
import { harness, clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useRunnerHarness()

const GIB = 1024 ** 3
/** An expectation that small.mp4 meets. */
const EXPECTATION: Expectation = {
  size: { width: 160, height: 90 },
  hasAudio: true,
  seconds: 1,
  hasRequestedEnd: true,
  isImage: false,
  videoCodec: 'h264',
  audioCodec: 'aac',
  maxBytes: 1_000_000,
}
/** What the plan of an image expects. */
const IMAGE: Expectation = {
  size: { width: 64, height: 36 },
  hasAudio: false,
  seconds: null,
  hasRequestedEnd: false,
  isImage: true,
}
let verifyFile: (file: string, expect: Expectation) => Promise<unknown>
function verify(more: Partial<Expectation>) {
  return verifyFile(clip('small.mp4'), { ...EXPECTATION, ...more })
}
beforeEach(() => {
  verifyFile = (file, expected) =>
    verifyOutput({
      ffprobe: 'ffprobe',
      file,
      expect: expected,
      stderr: '',
      hasFallback: false,
      cwd: harness.scratch,
      signal: new AbortController().signal,
      limits: { memoryBytes: 2 * GIB, fileBytes: GIB, cpuSeconds: null },
    })
})

describe('an output', () => {
  it('is accepted when it matches the plan', async () => {
    await expect(verify({})).resolves.toMatchObject({
      facts: { videoCodec: 'h264', width: 160 },
    })
  })

  it.each([
    [
      'has another video codec',
      { videoCodec: 'hevc' },
      'The video codec of the output is h264 instead of hevc.',
    ],
    [
      'has another audio codec',
      { audioCodec: 'opus' },
      'The audio codec of the output is aac instead of opus.',
    ],
    [
      'has unexpected audio',
      { hasAudio: false },
      'The output has audio, but no audio was planned.',
    ],
    [
      'has another size',
      { size: { width: 90, height: 160 } },
      'The frame size of the output is 160 by 90 instead of 90 by 160.',
    ],
    ['is too short', { seconds: 3 }, 'The duration of the output is 1.0 seconds instead of 3.0.'],
    ['is too long', { seconds: 0.2 }, 'The duration of the output is 1.0 seconds instead of 0.2.'],
    [
      'has video that begins late',
      { trackStarts: { video: -1, audio: null } },
      'The video of the output begins at second 0.0 instead of -1.0.',
    ],
    [
      'has audio that begins late',
      { trackStarts: { video: null, audio: -1 } },
      'The audio of the output begins at second 0.0 instead of -1.0.',
    ],
    [
      'is too large',
      { maxBytes: 1_000 },
      /^The size of the output is \d+ kB; at most 1 kB are allowed/,
    ],
  ])('is rejected when it %s', async (_, more, message) => {
    await expect(verify(more)).rejects.toMatchObject({
      code: 'output_invalid',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  it('can be longer than planned if the plan allows it', async () => {
    await expect(verify({ seconds: 0.2, mayBeLonger: true })).resolves.toBeDefined()
  })
})

describe('an image', () => {
  // Verified without ffprobe, which would accept most of these files: it reads only the header.
  it.each(['jpg', 'png', 'webp'] as const)('in %s is accepted only as a whole', async (format) => {
    const { job, finish } = await runJob('tail.mp4', image({ format, width: 64 }))
    const { path, format: read, video } = await probeOutput(job)
    expect(finish).toMatchObject({
      output: { format: read.format_name, videoCodec: video.codec_name, width: 64, height: 36 },
    })
    const bytes = await readFile(path)
    const file = join(harness.scratch, `image.${format}`)
    const verifyBytes = async (written: Uint8Array, width = 64) => {
      await writeFile(file, written)
      return verifyFile(file, { ...IMAGE, size: { width, height: 36 } })
    }
    await expect(verifyBytes(bytes)).resolves.toMatchObject({
      facts: { durationSeconds: null, frameRate: null, audioCodec: null, width: 64 },
    })
    await expect(verifyBytes(bytes, 65)).rejects.toMatchObject({
      message: 'The frame size of the output is 64 by 36 instead of 65 by 36.',
    })
    const invalid = [
      bytes.subarray(0, -2),
      bytes.subarray(0, bytes.length / 2),
      bytes.subarray(0, 1),
      bytes.subarray(1),
      Buffer.alloc(bytes.length),
      Buffer.from('no image'),
    ]
    for (const each of invalid) {
      await expect(verifyBytes(each)).rejects.toMatchObject({
        code: 'output_invalid',
        message: 'ffmpeg produced no readable output.',
      })
    }
  })

  it('in PNG with a wrong byte is rejected', async () => {
    const file = join(harness.scratch, 'image.png')
    const bytes = await readFile(clip('image.png'))
    bytes[bytes.length - 100]! ^= 1
    await writeFile(file, bytes)
    const size = { width: 640, height: 360 }
    await expect(verifyFile(clip('image.png'), { ...IMAGE, size })).resolves.toBeDefined()
    await expect(verifyFile(file, { ...IMAGE, size })).rejects.toMatchObject({
      code: 'output_invalid',
    })
  })
})
