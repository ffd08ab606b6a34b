/** Jobs for images: the processes that each starts, and the overlap of one with the next. */
import { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Finish } from '../../src/contract/runnerProtocol.ts'
import type { StoredProbe } from '../../src/contract/storedProbe.ts'
import { clip, harness, runJob, runUntilIdle, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useRunnerHarness()

let children: ChildProcess[] = []
function addChild(message: unknown) {
  children.push((message as { process: ChildProcess }).process)
}
beforeEach(() => {
  children = []
  subscribe('child_process', addChild)
})
afterEach(() => unsubscribe('child_process', addChild))

/** The programs that were started. `sh` runs them under limits. */
function listPrograms() {
  return children.map(({ spawnargs }) => spawnargs[3])
}

function readProbe(finish: Finish): StoredProbe {
  return (finish.outcome === 'completed' && finish.probe) || { version: '', results: {} }
}

describe('a frame of a file', () => {
  // The frames of the first file are compared to find out whether it is interlaced.
  it.each([
    ['clip.mp4', ['ffprobe', 'ffprobe', 'ffmpeg', 'ffmpeg']],
    ['tail.mp4', ['ffprobe', 'ffprobe', 'ffmpeg']],
  ])('%s that is known takes one process', async (name, whenUnknown) => {
    const first = await runJob(name, image({ atSeconds: 1 }))
    expect(listPrograms().filter((each) => each !== 'guard')).toEqual(whenUnknown)
    const probe = readProbe(first.finish)
    children = []
    const { finish } = await runJob(name, image({ atSeconds: 2 }), { probe })
    expect(listPrograms()).toEqual(['ffmpeg'])
    const { input, plan } = first.finish as Extract<Finish, { outcome: 'completed' }>
    expect(finish).toMatchObject({ outcome: 'completed', input, plan: { mode: plan?.mode } })
    // The gateway has all that is known.
    expect(finish).not.toHaveProperty('probe')
  })

  it('is probed again after a failed attempt, or with another version of ffmpeg', async () => {
    const { finish } = await runJob('tail.mp4', image())
    const probe = readProbe(finish)
    for (const more of [
      { probe, attempt: 2 },
      { probe: { ...probe, version: '1-ffffffffffffffff' } },
    ]) {
      children = []
      await runJob('tail.mp4', image(), more)
      expect(listPrograms()).toEqual(['ffprobe', 'ffprobe', 'ffmpeg'])
    }
  })

  it('takes one process for all but the first job of a runner', async () => {
    for (const atSeconds of [0, 1, 2]) {
      await harness.gateway.offer(clip('clip.mp4'), image({ atSeconds }))
    }
    await runUntilIdle()
    expect(listPrograms().filter((each) => each === 'ffprobe')).toHaveLength(2)
  })
})

describe('the next job', () => {
  it('runs besides a small one, if it is small too', async () => {
    const { gateway } = harness
    gateway.sourceFault = (start) => (start > 45e6 && start < 130e6 ? 'hold' : null)
    const first = await gateway.offer(clip('big.mov'), image({ atSeconds: 6 }))
    const second = await gateway.offer(clip('tail.mp4'), image())
    const secondEnds = gateway.next('finish')
    const run = runUntilIdle({ SMALL_JOBS: '2' })
    await secondEnds
    expect(second.finishes).toMatchObject([{ outcome: 'completed' }])
    expect(first.finishes).toEqual([])
    first.isLeaseLost = true
    await run
    expect(first.finishes).toEqual([])
    // A claim without disk space gets only jobs with a small output.
    expect(gateway.disks[0]).toBeGreaterThan(0)
    expect(gateway.disks[1]).toBe(0)
  })

  it('runs while the output of the last one is uploaded', async () => {
    const { gateway } = harness
    const [first, second] = [
      await gateway.offer(clip('clip.mp4'), image({ atSeconds: 1 })),
      await gateway.offer(clip('clip.mp4'), image({ atSeconds: 2 })),
    ]
    const held = Promise.withResolvers<void>()
    gateway.heldParts = held.promise
    const uploaded = gateway.next('report', () => second.reports.length > 0)
    const run = runUntilIdle()
    await uploaded
    expect(first.finishes).toEqual([])
    held.resolve()
    expect(await run).toBe('idle')
    expect([first, second].map(({ finishes }) => finishes.length)).toEqual([1, 1])
  })
})
