import { describe, expect, it } from 'vitest'
import { createShutdown } from '../../container/shutdown.ts'
import { video } from '../fixtures/renditions.ts'
import {
  clip,
  harness,
  ffmpegProcesses,
  runUntilIdle,
  offerHeldJob,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'
import type { OfferedJob } from './helpers/offeredJob.ts'

useRunnerHarness()

/** Starts an encode that stays active until the test or one of its limits ends it. */
async function startHeldEncode(more: Parameters<typeof offerHeldJob>[0] = {}) {
  const { job, reached } = await offerHeldJob(more)
  const ended = runUntilIdle()
  await Promise.race([reached, ended])
  return { job, ended }
}

/** Keeps the long commands out of the message of a failed test. */
function hideCommands(job: OfferedJob) {
  return job.finishes.map((finish) => ({ ...finish, command: '' }))
}

describe('an active encode', () => {
  it('is aborted when the lease is lost, and the runner claims again', async () => {
    const { job, ended } = await startHeldEncode()
    const [pid] = await ffmpegProcesses()
    expect(pid).toBeDefined()
    const claims = harness.gateway.claims
    const claimed = harness.gateway.next('claim')
    job.isLeaseLost = true
    await claimed
    expect(await ffmpegProcesses()).toEqual([])
    expect(await ended).toBe('idle')
    expect(job.finishes).toEqual([])
    expect(harness.gateway.claims).toBe(claims + 1)
  })

  it('is aborted when no report succeeds for the duration of the lease', async () => {
    const { job, ended } = await startHeldEncode({ leaseSeconds: 2 })
    harness.gateway.failures.report = Infinity
    await ended
    expect(job.finishes).toEqual([])
    expect(harness.logs.join('')).toContain('lease lost')
  })

  it.each([
    ['its lease', { leaseSeconds: 1 }],
    ['the time after which an encode counts as stalled', { leaseSeconds: 2, stallSeconds: 2 }],
  ])('continues when the gateway does not answer for longer than %s', async (_, limits) => {
    const { job, ended } = await startHeldEncode(limits)
    const { gateway } = harness
    const thawed = Promise.withResolvers<void>()
    // The lease begins again with a report.
    await gateway.next('report')
    gateway.frozen = thawed.promise
    // A report times out after half a lease. The next one follows a second after it was sent, or at
    // once if that time is over. So six reports take longer than the lease.
    for (let reports = 0; reports < 6;) {
      reports += String(await gateway.next('frozen')).endsWith('/report') ? 1 : 0
    }
    gateway.frozen = null
    thawed.resolve()
    await gateway.next('report')
    await gateway.next('report')
    expect(job.finishes).toEqual([])
    expect(harness.logs.join('')).not.toContain('lease lost')
    job.isLeaseLost = true
    await ended
  })

  it('continues when some reports fail', async () => {
    const { job, ended } = await startHeldEncode()
    harness.gateway.failures.report = 2
    await harness.gateway.next('report')
    job.isLeaseLost = true
    await ended
    expect(harness.gateway.failures.report).toBe(0)
  })

  it('fails as stalled when ffmpeg makes no progress, even if SIGTERM has no effect', async () => {
    const { job, ended } = await startHeldEncode({ stallSeconds: 1 })
    for (const pid of await ffmpegProcesses()) {
      process.kill(pid, 'SIGSTOP')
    }
    await ended
    expect(hideCommands(job)).toMatchObject([{ outcome: 'failed', errorCode: 'stalled' }])
  })

  it('fails with timeout when the attempt exceeds its time limit', async () => {
    const { job, ended } = await startHeldEncode({ timeoutSeconds: 3 })
    await ended
    expect(hideCommands(job)).toMatchObject([
      { errorCode: 'timeout', message: 'The attempt took longer than 3 seconds.' },
    ])
  })

  it('fails with out_of_memory when another process kills ffmpeg', async () => {
    const { job, ended } = await startHeldEncode()
    for (const pid of await ffmpegProcesses()) {
      process.kill(pid, 'SIGKILL')
    }
    await ended
    expect(hideCommands(job)).toMatchObject([{ outcome: 'failed', errorCode: 'out_of_memory' }])
  })

  it('reports the facts of its source only once, and progress that never decreases', async () => {
    const { job, ended } = await startHeldEncode()
    await harness.gateway.next('report')
    await harness.gateway.next('report')
    job.isLeaseLost = true
    await ended
    const progress = job.reports.map((report) => report.progress)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))
    expect(job.reports.filter((report) => report.input !== undefined)).toHaveLength(1)
    expect(job.reports.find((report) => report.plan !== undefined)).toMatchObject({
      input: { width: 640, height: 360, videoCodec: 'rawvideo', durationSeconds: 12 },
      plan: { mode: 'encode' },
    })
  })
})

describe('a shutdown', () => {
  it('lets the job at hand end in its time, and claims no other', async () => {
    const { gateway } = harness
    const first = await gateway.offer(clip('clip.mp4'), video({ width: 100 }))
    const second = await gateway.offer(clip('clip.mp4'), video({ width: 102 }))
    const shutdown = createShutdown(60_000)
    const reading = gateway.next('source')
    const ended = runUntilIdle({}, shutdown)
    await reading
    shutdown.begin()
    expect(await ended).toBe('shutdown')
    expect(hideCommands(first)).toMatchObject([{ outcome: 'completed' }])
    expect(second.finishes).toEqual([])
  })

  it('releases the job at hand when its time is over', async () => {
    const { job, reached } = await offerHeldJob()
    const shutdown = createShutdown(500)
    const ended = runUntilIdle({}, shutdown)
    await reached
    shutdown.begin()
    expect(await ended).toBe('shutdown')
    expect(job.finishes).toMatchObject([{ outcome: 'released' }])
    expect(await ffmpegProcesses()).toEqual([])
  })
})
