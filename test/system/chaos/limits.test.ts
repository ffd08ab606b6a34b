/** Attempts that stand still, take too long, or run out of disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { follow, type Events } from '../fixtures/events.ts'
import { clip } from '../fixtures/media.ts'
import { startSystem, type System } from '../fixtures/system.ts'
import { mountSmallDisk, unmount } from './smallDisk.ts'
import * as jobs from './jobs.ts'
import { expectNoWork, ffmpegsOf, strike } from './processes.ts'
import { expectSettled, settleAndStop } from './invariants.ts'

const PATH = 'videos/long.mp4'
const MEGABYTES = 4

const stateDir = mkdtempSync(join(inject('stateDirs'), 'state-'))
const scratch = join(stateDir, 'scratch')
const refusal = mountSmallDisk(scratch, MEGABYTES)

let system: System
let events: Events
beforeAll(async () => {
  system = await startSystem({ stateDir })
  events = await follow(system.client)
  await system.client.put(PATH, clip({ size: '1280x720', seconds: 15, crf: 51 }))
})
afterAll(async () => {
  await events?.close()
  await system?.stop()
  if (refusal === null) {
    unmount(scratch)
  }
})

const once = { maxAttempts: 1 }
function create(transformation: string, more: { stallSeconds?: number } = {}) {
  return jobs.createOne(system.client, PATH, transformation, { ...once, ...more })
}
async function expectFailure(jobId: string, errorCode: string) {
  const { receivedAt } = await jobs.event(events, jobId, 'job:error')
  await expectNoWork(stateDir)
  expect(await system.client.job(jobId)).toMatchObject({ status: 'error', errorCode, attempt: 1 })
  return receivedAt
}

test('ffmpeg that stands still for the stallSeconds of its job is stalled, and killed', async () => {
  const jobId = await create('f_webm,w_1000', { stallSeconds: 2 })
  await jobs.inMidEncode(events, jobId)
  const struck = performance.now()
  for (const pid of ffmpegsOf(stateDir)) {
    strike(pid, 'SIGSTOP')
  }
  const ended = await expectFailure(jobId, 'stalled')
  expect(ended - struck).toBeGreaterThan(2_000)
  expect(ended - struck).toBeLessThan(7_000)
})

test('the record of an attempt says when, who, how it ended, and what ffmpeg did and said', async () => {
  const [job] = (await jobs.allJobs(system.client)).filter((one) => one.errorCode === 'stalled')
  const [attempt, ...others] = await jobs.attemptsOf(system.client, job!.id)
  expect(others).toEqual([])
  expect(attempt).toMatchObject({ attempt: 1, outcome: 'failed', errorCode: 'stalled' })
  expect(attempt!.error).toBe(job!.error)
  expect(attempt!.runner).toMatch(/^local-1-[0-9a-f]+$/)
  expect(attempt!.startedAt).toBe(job!.startedAt)
  expect(Date.parse(attempt!.endedAt!)).toBeGreaterThan(Date.parse(attempt!.startedAt))
  expect(attempt!.command).toMatch(/^ffmpeg .*scale=1000:/)
  expect(attempt!.stderrTail).toMatch(/Stream mapping/)
  // Neither folders of this machine nor addresses inside of it.
  expect(`${attempt!.command} ${attempt!.stderrTail}`).not.toMatch(/127\.0\.0\.1|reelqueue-/)
})

test('an attempt past the timeoutSeconds of its queue is a timeout, and killed', async () => {
  await jobs.setQueue(system.client, { timeoutSeconds: 2 })
  const jobId = await jobs.createOne(system.client, PATH, 'f_webm,w_1002')
  const { receivedAt } = await jobs.event(events, jobId, 'job:started')
  // Another try would take as long, so there is none.
  const ended = await expectFailure(jobId, 'timeout')
  expect(ended - receivedAt).toBeGreaterThan(1_900)
  expect(ended - receivedAt).toBeLessThan(6_000)
  await jobs.setQueue(system.client, { timeoutSeconds: 600 })
  await expectSettled(system)
})

test.skipIf(refusal)(`a disk that fills up in mid-encode ${refusal ?? ''}`, async () => {
  const jobId = await create('w_1278,q_100')
  await expectFailure(jobId, 'out_of_disk')
  expect((await system.client.job(jobId)).error).toMatch(/disk.*or ask for a smaller/)
})

test.skipIf(refusal)(`a disk that is full from the start ${refusal ?? ''}`, async () => {
  const full = join(scratch, 'full')
  try {
    writeFileSync(full, Buffer.alloc(MEGABYTES * 1024 * 1024))
  } catch {
    // It had less than that left, and is full all the same.
  }
  const jobId = await create('t_true,tt_1,w_64')
  await jobs.event(events, jobId, 'job:error')
  rmSync(full)
  expect(await system.client.job(jobId)).toMatchObject({ errorCode: 'out_of_disk' })

  const next = await create('t_true,tt_1,w_66')
  await jobs.event(events, next, 'job:completed')
})

test('after all of it nothing is left', async () => {
  await settleAndStop(system)
})
