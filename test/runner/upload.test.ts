import { expect, it } from 'vitest'
import {
  harness,
  probeOutput,
  runJob,
  runUntilIdle,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'

useRunnerHarness()

it('an output is uploaded in parts of the size that the gateway returns', async () => {
  harness.gateway.partSizeBytes = 20_000
  const { job, finish } = await runJob('clip.mp4', video({ width: 320 }))
  if (finish.outcome !== 'completed') {
    throw new Error('not completed')
  }
  expect(job.sizeBytes).toBe(finish.output.sizeBytes)
  expect(finish.parts.length).toBeGreaterThan(2)
  expect(finish.parts.map((part) => part.partNumber)).toEqual(finish.parts.map((_, at) => at + 1))
  // Several are sent at once, so they arrive in any order.
  const lengths = finish.parts.map(({ partNumber }) => job.parts.get(partNumber)!.length)
  expect(lengths.slice(0, -1).every((length) => length === 20_000)).toBe(true)
  expect((await probeOutput(job)).video).toMatchObject({ width: 320, nb_frames: '100' })
})

it('a failed part is sent again', async () => {
  harness.gateway.partSizeBytes = 20_000
  harness.gateway.failures.part = 2
  const { job } = await runJob('clip.mp4', video({ width: 320 }))
  expect((await probeOutput(job)).video).toMatchObject({ width: 320, nb_frames: '100' })
})

it('the finish request is sent again after an error response', async () => {
  harness.gateway.failures.finish = 1
  const { job } = await runJob('clip.mp4', video({ width: 320 }))
  expect(job.finishes).toHaveLength(1)
})

it('the claim loop ends when the gateway rejects the token of the runner', async () => {
  harness.gateway.token = 'token-of-the-runner'
  const run = runUntilIdle()
  harness.gateway.token = 'token-of-the-gateway'
  expect(await run).toBe('rejected')
})
