import { expect, it } from 'vitest'
import { harness, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image, video } from '../fixtures/renditions.ts'

useRunnerHarness()

it.each([
  ['an empty file', 'empty.mp4', /^The file is empty/],
  ['a text file', 'text.mp4', /^The file has no audio or video that ffmpeg can read/],
  ['a file truncated before its index', 'no-moov.mp4', /the moov atom.*truncated/],
  [
    'a file truncated after its index',
    'half.mp4',
    /^The file ends early: .* seconds instead of 4\.0/,
  ],
  ['an HLS playlist', 'playlist.mp4', /"hls", which is not an accepted format|no audio or video/],
  ['a concat script', 'concat.mp4', /"concat", which is not an accepted format/],
  ['an image', 'image.png', /"png_pipe", which is not an accepted format/],
])('%s is rejected with a readable message', async (_, name, message) => {
  const { finish } = await runJob(name, video({ width: 160 }))
  expect(finish).toMatchObject({ outcome: 'failed', errorCode: 'input_invalid' })
  if (finish.outcome !== 'failed') {
    throw new Error('not failed')
  }
  expect(finish.message).toMatch(message)
  expect(finish.message + finish.stderrTail).not.toMatch(/127\.0\.0\.1|reelqueue-|passwd/)
})

it('a frame from the remaining half of a truncated file can be made', async () => {
  const { finish } = await runJob('half.mp4', image({ atSeconds: 0.5 }))
  expect(finish.outcome).toBe('completed')
})

it('a frame from the missing half of a truncated file is rejected', async () => {
  const { finish } = await runJob('half.mp4', image({ atSeconds: 3.5 }))
  expect(finish).toMatchObject({ outcome: 'failed', errorCode: 'input_invalid' })
})

it('an audio file is rejected when video is required', async () => {
  const { finish } = await runJob('audio-only.m4a', video())
  expect(finish).toMatchObject({
    errorCode: 'unsupported',
    input: { audioCodec: 'aac', videoCodec: null },
    message: expect.stringContaining('an audio stream (aac) but no video stream'),
  })
})

it('a missing original fails the job with a storage failure', async () => {
  harness.gateway.sourceFault = () => 'gone'
  const { finish } = await runJob('clip.mp4', video())
  expect(finish).toMatchObject({ outcome: 'failed', errorCode: 'storage' })
})

it('a replaced original releases the job', async () => {
  harness.gateway.sourceFault = () => 'changed'
  const { finish } = await runJob('clip.mp4', video())
  expect(finish).toMatchObject({
    outcome: 'released',
    reason: 'the original or a reference file was replaced or deleted',
  })
})
