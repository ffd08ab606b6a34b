/** The Worker is killed at critical moments, and the whole machine loses power. */
import { expect, onTestFinished, vi } from 'vitest'
import { followEvents, type Events } from '../fixtures/events.ts'
import { expectNoProcesses } from '../fixtures/expectNoProcesses.ts'
import { startSystem, type System } from '../fixtures/system.ts'
import { findWorkerHost, findWorkerProcess } from '../fixtures/workerProcess.ts'
import { LONG_VIDEO, proxiedTest } from './chaosTest.ts'
import * as jobs from './jobs.ts'
import { sendSignal } from './processes.ts'
import { expectConsistentState, expectCleanStop } from './invariants.ts'

const test = proxiedTest({ seconds: 20 })

function create(system: System, transformation: string) {
  return jobs.createOne(system.client, LONG_VIDEO, transformation)
}
/** Expects that a job completes in its first attempt, after the Worker was killed. */
async function expectOneAttempt(system: System, events: Events, jobId: string) {
  await events.reconnect()
  await events.ofType(jobId, 'job:completed')
  expect(await jobs.listOutcomes(system.client, jobId)).toEqual(['completed'])
  await expectConsistentState(system)
}

test('kill -9 of the Worker during an encode does not end the attempt', async ({
  system,
  events,
}) => {
  const jobId = await create(system, 'w_1000')
  await jobs.waitForEncode(events, jobId)
  sendSignal(findWorkerProcess(system))
  await expectOneAttempt(system, events, jobId)
})

test('kill -9 of the Worker during an upload does not end the attempt', async ({
  system,
  proxy,
  events,
}) => {
  const intercepted = proxy.interceptOnce(/\/output\/1\?/, async ({ forward }) => {
    await forward(() => sendSignal(findWorkerProcess(system))).catch(() => undefined)
  })
  const jobId = await create(system, 'w_600')
  await intercepted
  await expectOneAttempt(system, events, jobId)
})

test('kill -9 of the Worker before the response to a finish does not repeat the attempt', async ({
  system,
  proxy,
  runner,
  events,
}) => {
  const intercepted = proxy.interceptOnce(/\/finish$/, async ({ forward }) => {
    expect(await forward()).toMatchObject({ status: 200 })
    sendSignal(findWorkerProcess(system))
  })
  const jobId = await create(system, 'w_602')
  await intercepted
  await expectOneAttempt(system, events, jobId)
  // The runner logs this only after a response to its finish, so it has repeated the request.
  await vi.waitFor(() => expect(runner.output()).toMatch(new RegExp(`job finished.*${jobId}`)))
})

test('kill -9 of the process that runs workerd makes npm start restart the Worker', async ({
  system,
  events,
}) => {
  const jobId = await create(system, 'w_1004')
  await jobs.waitForEncode(events, jobId)
  sendSignal(findWorkerHost(system))
  const expectRestart = () => expect(system.output()).toContain('Restarting it')
  await vi.waitFor(expectRestart, { timeout: 60_000, interval: 200 })
  await events.reconnect()
  await events.ofType(jobId, 'job:completed')
  await expectConsistentState(system)
})

test('after a power failure during an encode, the next start completes the job in a new attempt', async ({
  system,
  events,
}) => {
  await jobs.setQueue(system.client, { leaseSeconds: jobs.LEASE_SECONDS })
  const jobId = await create(system, 'w_1002')
  await jobs.waitForEncode(events, jobId)
  await system.cutPower()
  await expectNoProcesses(system.stateDir)

  const second = await startSystem({ stateDir: system.stateDir })
  onTestFinished(async () => void (await second.stop()))
  const replayed = await followEvents(second.client, '0')
  await replayed.ofType(jobId, 'job:completed')
  await replayed.close()
  expect(await jobs.listOutcomes(second.client, jobId)).toEqual(['runner_lost', 'completed'])
  await expectCleanStop(second)
})
