/**
 * Changes that make a job claimable also set a watchdog alarm, in case the wake-up of the runners
 * is lost.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it, vi } from 'vitest'
import { api, expectJson } from '../helpers/requests.ts'
import { createJobs } from '../helpers/jobs.ts'
import { startJob, type FakeRunner } from '../helpers/fakeRunner.ts'

const WITHIN_MS = 10_000
const hub = env.HUBS.getByName('default')
function readAlarm() {
  return runInDurableObject(hub, (_, state) => state.storage.getAlarm())
}
function deleteAlarm() {
  return runInDurableObject(hub, (_, state) => state.storage.deleteAlarm())
}
function run(sql: string) {
  return env.DB.prepare(sql).run()
}
function setQueue(settings: Record<string, unknown>) {
  return api('PATCH', '/queues/default', settings)
}

/** Holds a job that uses up the queue's concurrency. Another job is pending. */
let runner: FakeRunner
beforeEach(async () => {
  await run('DELETE FROM jobs')
  await run('UPDATE queues SET concurrency = 1, paused = 0')
  runner = await startJob('running.mp4')
  await createJobs('waiting.mp4', ['w_640'])
})

async function retryFailedJob() {
  await expectJson(await runner.fail('input_invalid'), 200)
  // The failure sets an alarm too. It is deleted, so that only the retry can set the next one.
  await vi.waitFor(async () => expect(await readAlarm()).not.toBeNull(), { timeout: 20_000 })
  await deleteAlarm()
  return api('POST', `/queue/jobs/${runner.jobId}/retry`)
}
const CHANGES: Record<string, () => Promise<Response>> = {
  'a higher concurrency': () => setQueue({ concurrency: 2 }),
  'resuming the queue': async () => {
    await run('UPDATE queues SET paused = 1, concurrency = 2')
    return setQueue({ paused: false })
  },
  'a retry': retryFailedJob,
  'a released job': () => runner.release(),
  'a completed job': async () => runner.complete(await runner.upload()),
  'a job that failed without a retry': () => runner.fail('input_invalid'),
  'the forced cancellation of a running job': () =>
    api('POST', `/queue/jobs/${runner.jobId}/cancel`, { force: true }),
  'the deletion of a running job': () => api('DELETE', `/queue/jobs/${runner.jobId}`),
}

it.each(Object.keys(CHANGES))('%s sets an alarm within 10 s', async (change) => {
  await deleteAlarm()
  expect((await CHANGES[change]!()).status).toBe(200)
  await vi.waitFor(async () => expect(await readAlarm()).not.toBeNull(), { timeout: 20_000 })
  expect(await readAlarm()).toBeLessThanOrEqual(Date.now() + WITHIN_MS)
})

it('pausing the queue sets no alarm, as a control', async () => {
  await deleteAlarm()
  await expectJson(await setQueue({ paused: true }), 200)
  expect(await readAlarm()).toBeNull()
})
