/** What people do to jobs and to the queue while encodes are under way. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { follow, type Events } from '../fixtures/events.ts'
import { clip } from '../fixtures/media.ts'
import { startSystem, type System } from '../fixtures/system.ts'
import * as jobs from './jobs.ts'
import { expectNoWork, runnerCalled, strike } from './processes.ts'
import { expectSettled, settleAndStop } from './invariants.ts'

const PATH = 'videos/long.mp4'

let system: System
let events: Events
beforeAll(async () => {
  system = await startSystem({ runners: 2 })
  events = await follow(system.client)
  await system.client.put(PATH, clip({ size: '1280x720', seconds: 12, crf: 51 }))
})
afterAll(async () => {
  await events?.close()
  await system?.stop()
})

function create(transformation: string) {
  return jobs.createOne(system.client, PATH, transformation)
}
async function begin(transformation: string): Promise<string> {
  const jobId = await create(transformation)
  await jobs.inMidEncode(events, jobId)
  return jobId
}
async function statusOf(jobId: string) {
  return (await system.client.job(jobId)).status
}
/** Sends both at once, and gives both statuses, the lower first. */
async function race(...requests: Promise<Response>[]) {
  return (await Promise.all(requests.map(jobs.statusOf))).toSorted((a, b) => a - b)
}

test('two racing cancels in mid-encode: one 200, one 400, and ffmpeg is gone within 3 s', async () => {
  const jobId = await begin('f_webm,w_1000')
  const cancel = () => jobs.cancel(system.client, jobId)
  expect(await race(cancel(), cancel())).toEqual([200, 400])
  await expectNoWork(system.stateDir)
  expect(await system.client.job(jobId)).toMatchObject({ status: 'cancelled', attempt: 1 })
  expect(await jobs.historyOf(system.client, jobId)).toEqual(['cancelled'])
  await expectSettled(system)
})

test('two racing deletes in mid-encode: one 200, one 400, and ffmpeg is gone within 3 s', async () => {
  const jobId = await begin('f_webm,w_1002')
  const remove = () => jobs.remove(system.client, jobId)
  expect(await race(remove(), remove())).toEqual([200, 400])
  await expectNoWork(system.stateDir)
  expect(await jobs.statusOf(system.client.request(`/queue/jobs/${jobId}`))).toBe(404)
  await expectSettled(system)
})

test('two racing retries of a failed job: one 200, one 400, and it runs once more', async () => {
  const limits = { maxAttempts: 1, timeoutSeconds: 1 }
  const jobId = await jobs.createOne(system.client, PATH, 'f_webm,w_1004', limits)
  await jobs.event(events, jobId, 'job:error')
  const retry = () => jobs.retry(system.client, jobId)
  expect(await race(retry(), retry())).toEqual([200, 400])
  await expect.poll(() => statusOf(jobId), { timeout: 10_000 }).toBe('error')
  expect(await jobs.historyOf(system.client, jobId)).toEqual(['timeout', 'timeout'])
  expect(await system.client.job(jobId)).toMatchObject({ attempt: 1 })
  await jobs.remove(system.client, jobId)
})

test('SIGTERM of a runner in mid-encode: the attempt is not counted, and another goes on', async () => {
  const jobId = await begin('w_1006')
  const [attempt] = await jobs.attemptsOf(system.client, jobId)
  strike(runnerCalled(system.stateDir, attempt!.runner!), 'SIGTERM')
  await jobs.event(events, jobId, 'job:completed')
  expect(await jobs.historyOf(system.client, jobId)).toEqual(['released', 'completed'])
  expect(await system.client.job(jobId)).toMatchObject({ attempt: 1 })
  await expectSettled(system)
})

test('a paused queue ends what runs and starts nothing; a draining one does what it has', async () => {
  await jobs.setQueue(system.client, { concurrency: 1 })
  const first = await begin('w_1008')
  const second = await create('w_300')
  await jobs.setQueue(system.client, { paused: true })
  // Its runner asks for the next job at once, and the other one may too.
  const { id } = await jobs.event(events, first, 'job:completed')
  await delay(1_000)
  expect(await statusOf(second)).toBe('pending')

  await jobs.setQueue(system.client, { paused: false, draining: true })
  expect(await jobs.statusOf(jobs.requestJobs(system.client, { filePath: PATH }))).toBe(409)
  const started = await jobs.event(events, second, 'job:started')
  expect(Number(started.id)).toBeGreaterThan(Number(id))
  await jobs.event(events, second, 'job:completed')
  await jobs.setQueue(system.client, { draining: false, concurrency: 4 })
})

test('after all of it nothing is left', async () => {
  await settleAndStop(system)
})
