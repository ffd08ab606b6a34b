/** The Worker is frozen for longer than a lease, as on a machine that is suspended or overloaded. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { System } from '../fixtures/system.ts'
import { findWorkerProcess } from '../fixtures/workerProcess.ts'
import { chaosTest, LONG_VIDEO } from './chaosTest.ts'
import {
  addQueue,
  cancel,
  claimAsRunner,
  createOne,
  LEASE_SECONDS,
  listAttempts,
  listOutcomes,
  requestAsRunner,
  waitForEncode,
} from './jobs.ts'
import { expectCleanStop, expectConsistentState } from './invariants.ts'
import { findRunnerProcess, sendSignal } from './processes.ts'

const test = chaosTest({ runners: 2, seconds: 15, leaseSeconds: LEASE_SECONDS })

/** Freezes the process of the Worker for this time; `meanwhile` runs while it is frozen. */
async function freezeWorker(system: System, seconds: number, meanwhile = () => {}) {
  const worker = findWorkerProcess(system)
  sendSignal(worker, 'SIGSTOP')
  try {
    meanwhile()
    await delay(seconds * 1_000)
  } finally {
    sendSignal(worker, 'SIGCONT')
  }
}

test('a Worker that is frozen for much longer than the lease does not end an attempt', async ({
  system,
  events,
}) => {
  const jobId = await createOne(system.client, LONG_VIDEO, 'w_1050')
  await waitForEncode(events, jobId)
  const before = await listAttempts(system.client, jobId)
  await freezeWorker(system, LEASE_SECONDS * 2.5)
  await events.ofType(jobId, 'job:completed')
  // Every claim increases the fence and inserts an attempt, so one attempt means one claim.
  const after = await listAttempts(system.client, jobId)
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({ runner: before[0]!.runner, outcome: 'completed' })
  expect(system.output()).not.toContain('Restarting')
  await expectConsistentState(system)
})

/** The attempt is one of the test, so that its reports are sent at known times. */
test('a Worker that is frozen for hardly longer than the lease, just after a round of the watchdog, does not end an attempt', async ({
  system,
}) => {
  const { client } = system
  await addQueue(client, 'frozen', { leaseSeconds: LEASE_SECONDS })
  const jobId = await createOne(client, LONG_VIDEO, 'w_1060', { queue: 'frozen' })
  const claimed = await claimAsRunner(system, 'frozen')
  const { fence } = (await claimed.json()) as { fence: number }
  const report = async () => {
    const body = { fence, progress: 1, stage: 'encode', etaSeconds: null }
    return (await requestAsRunner(system, `jobs/${jobId}/report`, body)).status
  }
  // A round is due when the lease of the claim would have expired, at the latest.
  await delay((LEASE_SECONDS - 0.5) * 1_000)
  expect(await report()).toBe(200)
  await delay(700)
  await freezeWorker(system, LEASE_SECONDS + 0.5)
  // The next round comes before the next report, and both are less than two seconds late.
  await delay(800)
  expect(await report()).toBe(200)
  expect(await listAttempts(client, jobId)).toHaveLength(1)
  await cancel(client, jobId)
  await expectConsistentState(system)
})

test('a runner that died while the Worker was frozen is noticed, and another completes its job', async ({
  system,
  events,
}) => {
  const jobId = await createOne(system.client, LONG_VIDEO, 'w_1100')
  await waitForEncode(events, jobId)
  const [attempt] = await listAttempts(system.client, jobId)
  const runner = findRunnerProcess(system.stateDir, attempt!.runner!)
  await freezeWorker(system, LEASE_SECONDS * 2.5, () => sendSignal(runner))
  const thawedAt = performance.now()
  const retrying = await events.ofType(jobId, 'job:retrying')
  // After the freeze the watchdog extends expired leases to 10 s from then, once. LEASE_SECONDS more
  // are a margin.
  expect(retrying.receivedAt - thawedAt).toBeLessThan((10 + LEASE_SECONDS) * 1_000)
  await events.ofType(jobId, 'job:completed')
  expect(await listOutcomes(system.client, jobId)).toEqual(['runner_lost', 'completed'])
  await expectConsistentState(system)
})

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})
