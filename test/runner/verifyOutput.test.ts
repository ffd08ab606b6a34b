import { beforeEach, describe, expect, it } from 'vitest'
import type { Expectation } from '../../container/ffmpeg/renderPlan.ts'
import { verifyOutput } from '../../container/ffmpeg/verify/verifyOutput.ts'
import { harness, clip, useRunnerHarness } from './helpers/runnerHarness.ts'

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
let verify: (more: Partial<Expectation>) => Promise<unknown>
beforeEach(() => {
  verify = (more) =>
    verifyOutput({
      ffprobe: 'ffprobe',
      file: clip('small.mp4'),
      expect: { ...EXPECTATION, ...more },
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
