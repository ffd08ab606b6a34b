/** The Worker is frozen for longer than a lease, as on a machine that is suspended or overloaded. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { System } from '../fixtures/system.ts'
import { findWorkerProcess } from '../fixtures/workerProcess.ts'
import { chaosTest, LONG_VIDEO } from './chaosTest.ts'
import { createOne, LEASE_SECONDS, listAttempts, listOutcomes, waitForEncode } from './jobs.ts'
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

test.for([LEASE_SECONDS + 1, LEASE_SECONDS * 2.5])(
  'a Worker that is frozen for %f s, longer than the lease, does not end an attempt',
  async (seconds, { system, events }) => {
    const jobId = await createOne(system.client, LONG_VIDEO, `w_${1000 + seconds * 4}`)
    await waitForEncode(events, jobId)
    const before = await listAttempts(system.client, jobId)
    await freezeWorker(system, seconds)
    await events.ofType(jobId, 'job:completed')
    // Every claim increases the fence and inserts an attempt, so one attempt means one claim.
    const after = await listAttempts(system.client, jobId)
    expect(after).toHaveLength(1)
    expect(after[0]).toMatchObject({ runner: before[0]!.runner, outcome: 'completed' })
    expect(system.output()).not.toContain('Restarting')
    await expectConsistentState(system)
  },
)

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
