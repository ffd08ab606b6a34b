/** Actions of users on jobs and queues during active encodes. */
import { expect } from 'vitest'
import type { Client } from '../../../scripts/client.ts'
import type { Events } from '../fixtures/events.ts'
import { chaosTest, LONG_VIDEO } from './chaosTest.ts'
import * as jobs from './jobs.ts'
import { expectNoEncodes, findRunnerProcess, sendSignal } from './processes.ts'
import { expectConsistentState, expectCleanStop } from './invariants.ts'

const test = chaosTest({ runners: 2, seconds: 12 })

/** Creates a job and waits until its encode is under way. */
async function startEncode(client: Client, events: Events, transformation: string) {
  const jobId = await jobs.createOne(client, LONG_VIDEO, transformation)
  await jobs.waitForEncode(events, jobId)
  return jobId
}
async function readJobStatus(client: Client, jobId: string) {
  return (await client.job(jobId)).status
}
/** Sends all requests at once; returns the statuses of their responses, the lowest first. */
async function race(...requests: Promise<Response>[]) {
  return (await Promise.all(requests.map(jobs.readResponseStatus))).toSorted((a, b) => a - b)
}

test('of two concurrent cancels during an encode one succeeds, and ffmpeg ends within 3 s', async ({
  system,
  events,
}) => {
  const jobId = await startEncode(system.client, events, 'f_webm,w_1000')
  const cancel = () => jobs.cancel(system.client, jobId)
  expect(await race(cancel(), cancel())).toEqual([200, 400])
  await expectNoEncodes(system.stateDir)
  expect(await system.client.job(jobId)).toMatchObject({ status: 'cancelled', attempt: 1 })
  expect(await jobs.listOutcomes(system.client, jobId)).toEqual(['cancelled'])
  await expectConsistentState(system)
})

test('of two concurrent deletes during an encode one succeeds, and ffmpeg ends within 3 s', async ({
  system,
  events,
}) => {
  const jobId = await startEncode(system.client, events, 'f_webm,w_1002')
  const remove = () => jobs.remove(system.client, jobId)
  expect(await race(remove(), remove())).toEqual([200, 400])
  await expectNoEncodes(system.stateDir)
  expect(await jobs.readResponseStatus(system.client.request(`/queue/jobs/${jobId}`))).toBe(404)
  await expectConsistentState(system)
})

test('of two concurrent retries of a failed job one succeeds, and the job runs once more', async ({
  system,
  events,
}) => {
  const limits = { maxAttempts: 1, timeoutSeconds: 1 }
  const jobId = await jobs.createOne(system.client, LONG_VIDEO, 'f_webm,w_1004', limits)
  await events.ofType(jobId, 'job:error')
  const retry = () => jobs.retry(system.client, jobId)
  expect(await race(retry(), retry())).toEqual([200, 400])
  await expect.poll(() => readJobStatus(system.client, jobId), { timeout: 30_000 }).toBe('error')
  expect(await jobs.listOutcomes(system.client, jobId)).toEqual(['timeout', 'timeout'])
  expect(await system.client.job(jobId)).toMatchObject({ attempt: 1 })
  await jobs.remove(system.client, jobId)
})

test('SIGTERM of a runner releases its job without counting the attempt, and the next one completes it', async ({
  system,
  events,
}) => {
  const jobId = await startEncode(system.client, events, 'w_1006')
  const [attempt] = await jobs.listAttempts(system.client, jobId)
  sendSignal(findRunnerProcess(system.stateDir, attempt!.runner!), 'SIGTERM')
  await events.ofType(jobId, 'job:completed')
  expect(await jobs.listOutcomes(system.client, jobId)).toEqual(['released', 'completed'])
  expect(await system.client.job(jobId)).toMatchObject({ attempt: 1 })
  await expectConsistentState(system)
})

test('a paused queue completes running jobs but starts none; a draining one accepts none', async ({
  system,
  events,
}) => {
  await jobs.setQueue(system.client, { concurrency: 1 })
  const first = await startEncode(system.client, events, 'w_1008')
  const second = await jobs.createOne(system.client, LONG_VIDEO, 'w_300')
  await jobs.setQueue(system.client, { paused: true })
  const { id } = await events.ofType(first, 'job:completed')
  expect(await jobs.claimStatus(system)).toBe(204)
  expect(await readJobStatus(system.client, second)).toBe('pending')

  await jobs.setQueue(system.client, { paused: false, draining: true })
  expect(
    await jobs.readResponseStatus(jobs.requestJobs(system.client, { filePath: LONG_VIDEO })),
  ).toBe(409)
  const started = await events.ofType(second, 'job:started')
  expect(Number(started.id)).toBeGreaterThan(Number(id))
  await events.ofType(second, 'job:completed')
  await jobs.setQueue(system.client, { draining: false, concurrency: 4 })
})

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})
