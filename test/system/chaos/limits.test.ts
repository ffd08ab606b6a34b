/** Attempts that make no progress, exceed their time, or run out of disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import type { Events } from '../fixtures/events.ts'
import { chaosTest, LONG_VIDEO } from './chaosTest.ts'
import { mountSmallDisk, unmount } from './smallDisk.ts'
import * as jobs from './jobs.ts'
import { expectNoEncodes, listFfmpegs, sendSignal } from './processes.ts'
import { expectConsistentState, expectCleanStop } from './invariants.ts'

const MEGABYTES = 4

const stateDir = mkdtempSync(join(inject('stateDirs'), 'state-'))
const scratch = join(stateDir, 'scratch')
const mountError = mountSmallDisk(scratch, MEGABYTES)

// Registered first, so that it runs last, after the system has stopped.
afterAll(() => {
  if (mountError === null) {
    unmount(scratch)
  }
})
const test = chaosTest({ stateDir, seconds: 15 })

const oneAttempt = { maxAttempts: 1 }
function create(client: Client, transformation: string, more: { stallSeconds?: number } = {}) {
  return jobs.createOne(client, LONG_VIDEO, transformation, { ...oneAttempt, ...more })
}
/** Expects that a job fails in its only attempt; returns the time at which its event arrived. */
async function expectFailure(client: Client, events: Events, jobId: string, errorCode: string) {
  const { receivedAt } = await events.ofType(jobId, 'job:error')
  await expectNoEncodes(stateDir)
  expect(await client.job(jobId)).toMatchObject({ status: 'error', errorCode, attempt: 1 })
  return receivedAt
}

test('an ffmpeg without progress for stallSeconds fails the job with stalled and is killed', async ({
  system,
  events,
}) => {
  const jobId = await create(system.client, 'f_webm,w_1000', { stallSeconds: 2 })
  await jobs.waitForEncode(events, jobId)
  const signalledAt = performance.now()
  for (const pid of listFfmpegs(stateDir)) {
    sendSignal(pid, 'SIGSTOP')
  }
  const ended = await expectFailure(system.client, events, jobId, 'stalled')
  expect(ended - signalledAt).toBeGreaterThan(2_000)
  expect(ended - signalledAt).toBeLessThan(20_000)
})

test("an attempt records its times, its runner, its outcome, and ffmpeg's command and stderr", async ({
  system,
}) => {
  const [job] = (await jobs.listAllJobs(system.client)).filter((one) => one.errorCode === 'stalled')
  const [attempt, ...others] = await jobs.listAttempts(system.client, job!.id)
  expect(others).toEqual([])
  expect(attempt).toMatchObject({ attempt: 1, outcome: 'failed', errorCode: 'stalled' })
  expect(attempt!.error).toBe(job!.error)
  expect(attempt!.runner).toMatch(/^local-1-[0-9a-f]+$/)
  expect(attempt!.startedAt).toBe(job!.startedAt)
  expect(Date.parse(attempt!.endedAt!)).toBeGreaterThan(Date.parse(attempt!.startedAt))
  expect(attempt!.command).toMatch(/^ffmpeg .*scale=1000:/)
  expect(attempt!.stderrTail).toMatch(/Stream mapping/)
  // The record must not contain folders or addresses of the runner's machine.
  expect(`${attempt!.command} ${attempt!.stderrTail}`).not.toMatch(/127\.0\.0\.1|reelqueue-/)
})

test("an attempt that exceeds the queue's timeoutSeconds fails with timeout and is killed", async ({
  system,
  events,
}) => {
  await jobs.setQueue(system.client, { timeoutSeconds: 2 })
  const jobId = await jobs.createOne(system.client, LONG_VIDEO, 'f_webm,w_1002')
  const { receivedAt } = await events.ofType(jobId, 'job:started')
  // A timeout is not retried, because another attempt would take as long.
  const ended = await expectFailure(system.client, events, jobId, 'timeout')
  expect(ended - receivedAt).toBeGreaterThan(1_900)
  expect(ended - receivedAt).toBeLessThan(20_000)
  await jobs.setQueue(system.client, { timeoutSeconds: 600 })
  await expectConsistentState(system)
})

test.skipIf(mountError)(
  `a disk that fills up during an encode fails the job with out_of_disk ${mountError ?? ''}`,
  async ({ system, events }) => {
    const jobId = await create(system.client, 'w_1278,q_100')
    await expectFailure(system.client, events, jobId, 'out_of_disk')
    expect((await system.client.job(jobId)).error).toMatch(/disk.*or request a smaller/)
  },
)

test.skipIf(mountError)(
  `a full disk fails the job with out_of_disk, and the next job completes ${mountError ?? ''}`,
  async ({ system, events }) => {
    const full = join(scratch, 'full')
    try {
      writeFileSync(full, Buffer.alloc(MEGABYTES * 1024 * 1024))
    } catch {
      // The write fails when less space is free, and the disk is then full too.
    }
    const jobId = await create(system.client, 't_true,tt_1,w_64')
    await events.ofType(jobId, 'job:error')
    rmSync(full)
    expect(await system.client.job(jobId)).toMatchObject({ errorCode: 'out_of_disk' })

    const next = await create(system.client, 't_true,tt_1,w_66')
    await events.ofType(next, 'job:completed')
  },
)

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})
