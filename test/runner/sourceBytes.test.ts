import { stat } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { bench, clip, probeOutput, runJob, useBench } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useBench()

it.each(['big.mov', 'big.mkv'])('a frame of %s reads a small part of the file', async (name) => {
  const { size } = await stat(clip(name))
  const { job } = await runJob(name, image({ atSeconds: 5 }))
  expect((await probeOutput(job)).video.codec_name).toBe('mjpeg')
  expect(size).toBeGreaterThan(100e6)
  // The limit is generous: the read-ahead varies with the time that ffmpeg takes to decode.
  expect(bench.gateway.sourceBytes).toBeLessThan(size / 6)
})
