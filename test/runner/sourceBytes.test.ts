import { stat } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { harness, clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useRunnerHarness()

it.each(['big.mov', 'big.mkv'])('a frame of %s reads a small part of the file', async (name) => {
  const { size } = await stat(clip(name))
  const { job } = await runJob(name, image({ atSeconds: 5 }))
  expect((await probeOutput(job)).video.codec_name).toBe('mjpeg')
  expect(size).toBeGreaterThan(100e6)
  // The limit is generous: the start is also decoded to choose the streams, and the read-ahead varies
  // with the time that ffmpeg takes to decode.
  expect(harness.gateway.sourceBytes).toBeLessThan(size / 5)
})
