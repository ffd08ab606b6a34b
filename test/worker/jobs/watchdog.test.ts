/** The watchdog expires leases, releases due retries, and sets its next alarm. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import type { Assignment } from '../../../src/contract/runnerProtocol.ts'
import { reportProgress } from '../../../src/db/leases.ts'
import { listExpiredLeases } from '../../../src/db/queues.ts'
import { runRound } from '../../../src/events/watchdogAlarm.ts'
import { failAttempt } from '../../../src/services/jobs/endAttempt.ts'
import { runWatchdog, runWatchdogWithoutHub } from '../../../src/services/maintenance/watchdog.ts'
import { asRunner, expectJson } from '../helpers/requests.ts'
import { claimJob, startJob, type FakeRunner } from '../helpers/fakeRunner.ts'
import { db, openPlatform, jobRow, eventTypes } from '../helpers/database.ts'
import { WAIT } from '../helpers/wait.ts'

const REPORT = {
  progress: 2,
  stage: 'encode',
  etaSeconds: null,
  fps: null,
  speed: null,
  playable: false,
} as const

const hub = env.HUBS.getByName('default')
function alarm() {
  return runInDurableObject(hub, (_, state) => state.storage.getAlarm())
}
function run(sql: string, ...values: unknown[]) {
  return env.DB.prepare(sql)
    .bind(...values)
    .run()
}
function expireLease({ jobId }: FakeRunner) {
  return run('UPDATE jobs SET lease_expires_at = 1 WHERE id = ?', jobId)
}
async function runWatchdogOnce() {
  const { platform, settled } = openPlatform()
  const next = await runWatchdog(platform, 'default')
  await settled()
  return next
}

/** The control: a job with a live lease, which no round of the watchdog may change. */
let control: FakeRunner
beforeAll(async () => {
  await run('UPDATE queues SET concurrency = 50')
})
beforeEach(async () => {
  await run('DELETE FROM jobs')
  control = await startJob('control.mp4')
})
async function expectControl() {
  return expect(await jobRow(control.jobId)).toMatchObject({
    status: 'running',
    fence: 1,
    attempt: 1,
  })
}

describe('an expired lease', () => {
  it('ends its attempt with runner_lost at the alarm, and the job becomes pending', async () => {
    const runner = await startJob('lost.mp4')
    await vi.waitFor(async () => expect(await alarm()).not.toBeNull(), WAIT)
    await expireLease(runner)
    const before = Date.now()
    expect(await runDurableObjectAlarm(hub)).toBe(true)
    const row = (await jobRow(runner.jobId))!
    expect(row).toMatchObject({
      status: 'pending',
      error_code: 'runner_lost',
      error: 'The runner test-runner sent no report for 30 s.',
      lease_expires_at: null,
      attempt: 1,
    })
    expect(row.run_after).toBeGreaterThanOrEqual(before + 4_000)
    expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', 'job:retrying'])
    // The alarm is set for the retry, because the lease of the control expires later.
    expect(await alarm()).toBe(row.run_after)
    expect((await runner.report()).status).toBe(409)
    expect(await claimJob()).toBeNull()
    await expectControl()
  })

  it('ends the job with an error when no attempt is left', async () => {
    const runner = await startJob('last.mp4', 'w_640', { maxAttempts: 1 })
    await expireLease(runner)
    await runWatchdogOnce()
    expect(await jobRow(runner.jobId)).toMatchObject({
      status: 'error',
      error_code: 'runner_lost',
      run_after: null,
    })
    expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', 'job:error'])
    await expectControl()
  })

  it('is extended by a report that arrives before the watchdog runs', async () => {
    const runner = await startJob('in-time.mp4')
    await expireLease(runner)
    await expectJson(await runner.report(60), 200)
    await runWatchdogOnce()
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'running', progress: 60 })
  })

  it('is extended by a report that arrives between the watchdog’s read and its write', async () => {
    const runner = await startJob('just-in-time.mp4')
    await expireLease(runner)
    const now = Date.now()
    const [seen, ...others] = await listExpiredLeases(db, 'default', now)
    expect([seen?.id, others]).toEqual([runner.jobId, []])
    await expectJson(await runner.report(60), 200)
    const { platform, settled } = openPlatform()
    const cause = { errorCode: 'runner_lost', message: 'gone' } as const
    const outcome = await failAttempt(platform, seen!, cause, { leaseExpiredBy: now })
    await settled()
    expect(outcome).toMatchObject({ ok: false, code: 'lease_lost' })
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'running', error: null })
    await expectJson(await runner.report(61), 200)
  })

  it('ends its attempt once in three concurrent runs', async () => {
    const runner = await startJob('once.mp4')
    await expireLease(runner)
    await Promise.all([runWatchdogOnce(), runWatchdogOnce(), runDurableObjectAlarm(hub)])
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'pending', attempt: 1, fence: 1 })
    expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', 'job:retrying'])
  })
})

describe('after a time in which the watchdog could not run', () => {
  /** Runs the alarm that was due `ms` ago, as a Worker does that was frozen. */
  const alarmLateBy = (ms: number) =>
    runInDurableObject(hub, (instance) =>
      instance.alarm({ scheduledTime: Date.now() - ms, isRetry: false, retryCount: 0 }),
    )
  const expireBy = ({ jobId }: FakeRunner, ms: number) =>
    run('UPDATE jobs SET lease_expires_at = ? WHERE id = ?', Date.now() - ms, jobId)

  it.each([
    ['55 s, and the lease expired in it', 55_000, 25_000],
    ['30 s, and the lease has just expired', 30_000, 1],
    ['an hour', 3_600_000, 3_570_000],
  ])('a lease is extended to ten seconds from now (%s)', async (_, late, expiredFor) => {
    const runner = await startJob(`frozen-${late}.mp4`)
    await expireBy(runner, expiredFor)
    const before = Date.now()
    await alarmLateBy(late)
    const row = (await jobRow(runner.jobId))!
    expect(row).toMatchObject({ status: 'running', attempt: 1, fence: 1 })
    expect(row.lease_expires_at).toBeGreaterThanOrEqual(before + 10_000)
    expect(row.lease_expires_at).toBeLessThanOrEqual(Date.now() + 10_000)
    await expectJson(await runner.report(20), 200)
    await expectControl()
  })

  it('an attempt whose runner does not report then ends', async () => {
    const runner = await startJob('gone.mp4')
    await expireBy(runner, 25_000)
    await alarmLateBy(55_000)
    expect(await alarm()).toBeLessThanOrEqual(Date.now() + 10_000)
    await expireLease(runner)
    await alarmLateBy(500)
    expect(await jobRow(runner.jobId)).toMatchObject({ error_code: 'runner_lost' })
  })

  it('an attempt whose timeout is over ends at once', async () => {
    const runner = await startJob('over.mp4', 'w_640', { timeoutSeconds: 1 })
    await run('UPDATE jobs SET started_at = ? WHERE id = ?', Date.now() - 3_600_000, runner.jobId)
    await expireBy(runner, 3_000_000)
    await alarmLateBy(55_000)
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'error', error_code: 'timeout' })
  })

  it('the cron trigger extends leases if it precedes the overdue alarm', async () => {
    const runner = await startJob('by-cron.mp4')
    await expireBy(runner, 25_000)
    await runInDurableObject(hub, async (instance, state) => {
      vi.spyOn(state.storage, 'getAlarm').mockResolvedValueOnce(Date.now() - 55_000)
      await instance.runWatchdog()
    })
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'running' })
  })

  it('leases are extended once the database responds again', async () => {
    const runner = await startJob('outage.mp4')
    await expireBy(runner, 25_000)
    const now = Date.now()
    await runInDurableObject(hub, async (_, { storage }) => {
      const fails = () => Promise.reject(new Error('no database'))
      await expect(runRound(storage, now - 50_000, fails)).rejects.toThrow('no database')
      await expect(runRound(storage, now - 20_000, fails)).rejects.toThrow('no database')
    })
    await alarmLateBy(0)
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'running' })
    // The next round is on time.
    await expireLease(runner)
    await alarmLateBy(0)
    expect(await jobRow(runner.jobId)).toMatchObject({ error_code: 'runner_lost' })
  })

  it.each([
    [30, 8_000],
    [8, 5_000],
    [5, 2_000],
  ])('is noticed: with a lease of %i s, the next round is due within %i ms', async (lease, ms) => {
    await run('UPDATE queues SET lease_seconds = ?', lease)
    await alarmLateBy(0)
    expect(await alarm()).toBeLessThanOrEqual(Date.now() + ms)
    await run('DELETE FROM jobs')
    await runInDurableObject(hub, (_, { storage }) => storage.deleteAlarm())
    await startJob('first-round.mp4')
    await vi.waitFor(async () => expect(await alarm()).toBeLessThanOrEqual(Date.now() + ms), WAIT)
    await run('UPDATE queues SET lease_seconds = 30')
  })
})

describe('a lease', () => {
  it('is not extended once the job’s timeout is over, and the job fails with timeout', async () => {
    const runner = await startJob('endless.mp4', 'w_640', { timeoutSeconds: 1 })
    await run('UPDATE jobs SET started_at = ? WHERE id = ?', Date.now() - 3_600_000, runner.jobId)
    await expectJson(await runner.report(50), 200)
    await runWatchdogOnce()
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'error', error_code: 'timeout' })
    expect((await runner.report()).status).toBe(409)
    await expectControl()
  })
})

describe('a lease that the hub holds', () => {
  const watchAt = (ms: number) => {
    vi.setSystemTime(ms)
    return runInDurableObject(hub, async (instance, { storage }) => {
      await storage.deleteAlarm()
      await instance.alarm({ scheduledTime: ms, isRetry: false, retryCount: 0 })
    })
  }
  const statusOf = async ({ jobId }: FakeRunner) => (await jobRow(jobId))!.status
  let startedAt: number
  let runner: FakeRunner
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    startedAt = Date.now()
    runner = await startJob('held-by-hub.mp4')
    await expectJson(await runner.report(1), 200)
    await run('DELETE FROM jobs WHERE id = ?', control.jobId)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is extended by each report, and expires 30 s after the last one', async () => {
    for (const second of [20, 40, 60]) {
      await watchAt(startedAt + second * 1_000)
      await expectJson(await runner.report(second), 200)
    }
    await watchAt(startedAt + 89_000)
    expect(await statusOf(runner)).toBe('running')
    expect(await alarm()).toBe(startedAt + 90_000)
    await watchAt(startedAt + 90_000)
    expect(await jobRow(runner.jobId)).toMatchObject({
      status: 'pending',
      error_code: 'runner_lost',
    })
    expect((await runner.report(61)).status).toBe(409)
  })

  it('begins anew after a restart of the hub', async () => {
    await watchAt(startedAt + 20_000)
    await expectJson(await runner.report(20), 200)
    await evictDurableObject(hub)
    await watchAt(startedAt + 45_000)
    await watchAt(startedAt + 74_000)
    expect(await statusOf(runner)).toBe('running')
    await watchAt(startedAt + 75_000)
    expect(await jobRow(runner.jobId)).toMatchObject({ error_code: 'runner_lost' })
  })

  it('is extended after a time in which the watchdog could not run', async () => {
    vi.setSystemTime(startedAt + 55_000)
    await runInDurableObject(hub, (instance) =>
      instance.alarm({ scheduledTime: startedAt + 8_000, isRetry: false, retryCount: 0 }),
    )
    await watchAt(startedAt + 64_000)
    expect(await statusOf(runner)).toBe('running')
    await watchAt(startedAt + 65_000)
    expect(await jobRow(runner.jobId)).toMatchObject({ error_code: 'runner_lost' })
  })

  it('never outlasts the timeout of the job by more than 10 s', async () => {
    await run('UPDATE jobs SET timeout_seconds = 20 WHERE id = ?', runner.jobId)
    await expectJson(await runner.report(5, { stage: 'verify' }), 200)
    await watchAt(startedAt + 29_000)
    await expectJson(await runner.report(50, { stage: 'verify' }), 200)
    await watchAt(startedAt + 31_000)
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'error', error_code: 'timeout' })
  })

  it('ends in a watchdog without the hub, unless a report is stored', async () => {
    const alive = await startJob('alive.mp4')
    await expectJson(await alive.report(1), 200)
    const { platform, settled } = openPlatform()
    await runWatchdogWithoutHub(platform, 'default')
    vi.setSystemTime(startedAt + 20_000)
    await reportProgress(db, alive, REPORT, Date.now(), false)
    vi.setSystemTime(startedAt + 40_000)
    await runWatchdogWithoutHub(platform, 'default')
    await settled()
    expect([await statusOf(runner), await statusOf(alive)]).toEqual(['pending', 'running'])
  })
})

describe('a due retry', () => {
  it('can be claimed after the run, and one that is not due cannot', async () => {
    const due = await startJob('due.mp4')
    const later = await startJob('later.mp4')
    for (const runner of [due, later]) {
      await expectJson(await runner.fail('stalled'), 200)
    }
    await run('UPDATE jobs SET run_after = 1 WHERE id = ?', due.jobId)
    const next = await runWatchdogOnce()
    expect(await jobRow(due.jobId)).toMatchObject({ run_after: null, status: 'pending' })
    const retryAt = (await jobRow(later.jobId))!.run_after!
    expect(next).toBeLessThanOrEqual(retryAt)
    expect(await claimJob()).toMatchObject({ jobId: due.jobId, attempt: 2 })
    expect(await claimJob()).toBeNull()
  })

  it('wakes a waiting runner', async () => {
    const runner = await startJob('wakes.mp4')
    await expectJson(await runner.fail('stalled'), 200)
    const waiters = () =>
      runInDurableObject(hub, (_, state) => state.getWebSockets('runner').length)
    const request = {
      protocol: PROTOCOL_VERSION,
      runner: { id: 'waits' },
      queues: ['default'],
      waitSeconds: 20,
    }
    /** Claims as a runner does: a response without a job is followed by the next claim. */
    const claimUntilFound = async (): Promise<Assignment> => {
      const response = await asRunner('POST', '/runner/claim', request)
      return response.status === 204 ? claimUntilFound() : expectJson<Assignment>(response, 200)
    }
    const claimed = claimUntilFound()
    await vi.waitFor(async () => expect(await waiters()).toBeGreaterThan(0), { timeout: 20_000 })
    await run('UPDATE jobs SET run_after = 1 WHERE id = ?', runner.jobId)
    const woken = Date.now()
    await runWatchdogOnce()
    expect(await claimed).toMatchObject({ jobId: runner.jobId, attempt: 2 })
    expect(Date.now() - woken).toBeLessThan(10_000)
  })
})

it('a queue without jobs needs no further run', async () => {
  await run('DELETE FROM jobs')
  expect(await runWatchdogOnce()).toBeNull()
})

it('the next run is due at the earliest lease expiry or retry', async () => {
  const lease = (await jobRow(control.jobId))!.lease_expires_at!
  expect(await runWatchdogOnce()).toBe(lease)
  const runner = await startJob('earlier.mp4')
  await expectJson(await runner.fail('stalled'), 200)
  const { run_after: retryAt } = (await jobRow(runner.jobId))!
  expect(retryAt).toBeLessThan(lease)
  expect(await runWatchdogOnce()).toBe(retryAt)
})
