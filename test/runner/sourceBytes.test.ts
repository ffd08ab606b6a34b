import { stat } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { harness, clip, probeOutput, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useRunnerHarness()

it.each(['big.mov', 'big.mkv'])('a frame of %s reads a small part of the file', async (name) => {
  const { size } = await stat(clip(name))
  const { job } = await runJob(name, image({ atSeconds: 10 }))
  expect((await probeOutput(job)).video.codec_name).toBe('mjpeg')
  expect(size).toBeGreaterThan(100e6)
  // The second lies at 83 % of the file. The limit is generous: the start and some frames are also
  // decoded to choose the streams and to find fields, and the read-ahead of each ffmpeg varies with
  // the load of the machine.
  expect(harness.gateway.sourceBytes).toBeLessThan(size / 2)
})
