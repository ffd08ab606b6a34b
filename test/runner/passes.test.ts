import { expect, it } from 'vitest'
import type { Report } from '../../src/contract/runnerProtocol.ts'
import { harness, clip, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'

useRunnerHarness()

function expectRising(reports: Report[]) {
  const progress = reports.map((each) => each.progress)
  expect(progress).toEqual(progress.toSorted((one, other) => one - other))
  return progress
}

it('progress rises through both passes, and speed is reported in the second only', async () => {
  // Reports are sent once a second, so each pass must last a few seconds.
  const append = ['more/1.mp4', 'more/2.mp4', 'more/3.mp4']
  const references = Object.fromEntries(append.map((path) => [path, clip('fullhd.mp4')]))
  const rendition = video({ sizeKilobytes: 6_000, encoderSpeed: 'small', height: 1080, append })
  const { job, finish } = await runJob('fullhd.mp4', rendition, {}, {}, references)
  expect(finish).toMatchObject({
    outcome: 'completed',
    timings: { analyse: expect.any(Number), encode: expect.any(Number) },
  })
  expectRising(job.reports)
  const passes = job.reports.filter(({ stage }) => stage === 'analyse' || stage === 'encode')
  const first = passes.filter(({ stage }) => stage === 'analyse')
  const second = passes.filter(({ stage }) => stage === 'encode')
  expect(first.length).toBeGreaterThan(0)
  expect(second.length).toBeGreaterThan(1)
  // Each pass has its own share of the progress. These bounds are loose.
  expect(first.at(-1)!.progress).toBeLessThan(60)
  expect(second[0]!.progress).toBeLessThan(75)
  expect(first.every(({ fps, speed }) => fps === null && speed === null)).toBe(true)
  expect(second.at(-1)).toMatchObject({ fps: expect.any(Number), speed: expect.any(Number) })
  expect(second.at(-1)!.etaSeconds).not.toBeNull()
  expect(harness.gateway.violations).toEqual([])
})
