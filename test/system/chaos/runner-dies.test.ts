/** Runners and ffmpeg processes that die or hang while others continue. */
import { expect, vi } from 'vitest'
import type { Events } from '../fixtures/events.ts'
import type { System } from '../fixtures/system.ts'
import { chaosTest, LONG_VIDEO } from './chaosTest.ts'
import { attemptsOf, createOne, historyOf, inMidEncode, LEASE_SECONDS } from './jobs.ts'
import { ffmpegsOf, runnerCalled, runnersOf, strike, WITHIN_3_S } from './processes.ts'
import { expectSettled, settleAndStop } from './invariants.ts'

const test = chaosTest({ runners: 2, seconds: 15, leaseSeconds: LEASE_SECONDS })

/** Creates a job; returns the processes that encode it, once the encode is under way. */
async function startEncode(system: System, events: Events, transformation: string) {
  const jobId = await createOne(system.client, LONG_VIDEO, transformation)
  await inMidEncode(events, jobId)
  const [attempt] = await attemptsOf(system.client, jobId)
  const runner = runnerCalled(system.stateDir, attempt!.runner!)
  return { jobId, runner, ffmpeg: ffmpegsOf(system.stateDir, runner)[0]! }
}

test('kill -9 of a runner during an encode is detected within 5 s of the lease, and another runner completes the job', async ({
  system,
  events,
}) => {
  const { jobId, runner } = await startEncode(system, events, 'w_1000')
  const struck = performance.now()
  strike(runner)
  // At once: an encode that nobody waits for is not finished first.
  await vi.waitFor(() => expect(ffmpegsOf(system.stateDir, runner)).toEqual([]), { timeout: 1_000 })

  const missed = await events.ofType(jobId, 'job:retrying')
  expect(missed.receivedAt - struck).toBeLessThan((LEASE_SECONDS + 5) * 1_000)
  expect(missed.data.error).toMatch(/sent no report for 5 s/)
  await events.ofType(jobId, 'job:completed')
  expect(await historyOf(system.client, jobId)).toEqual(['runner_lost', 'completed'])
  await expectSettled(system)
})

test('kill -9 of ffmpeg fails the attempt with advice, and the next attempt completes', async ({
  system,
  events,
}) => {
  const { jobId, ffmpeg } = await startEncode(system, events, 'w_1002')
  strike(ffmpeg)
  const { data } = await events.ofType(jobId, 'job:retrying')
  expect(data.error).toMatch(/too little memory.*(give|smaller|more)/i)
  await events.ofType(jobId, 'job:completed')
  expect(await historyOf(system.client, jobId)).toEqual(['out_of_memory', 'completed'])
  const [, first] = await attemptsOf(system.client, jobId)
  expect(first).toMatchObject({ attempt: 1, outcome: 'failed', errorCode: 'out_of_memory' })
  expect(first!.command).toMatch(/^ffmpeg .*scale=1002:/)
  await expectSettled(system)
})

test('SIGSTOP of a runner lets another complete its job, and the first aborts its encode on SIGCONT', async ({
  system,
  events,
}) => {
  const { jobId, runner } = await startEncode(system, events, 'w_1004')
  strike(runner, 'SIGSTOP')
  try {
    await events.ofType(jobId, 'job:completed')
  } finally {
    strike(runner, 'SIGCONT')
  }
  await vi.waitFor(() => expect(ffmpegsOf(system.stateDir, runner)).toEqual([]), WITHIN_3_S)
  expect(await historyOf(system.client, jobId)).toEqual(['runner_lost', 'completed'])
  await expectSettled(system)
})

test('a job whose wake-up goes to a hung runner is claimed by the other within 10 s', async ({
  system,
  events,
}) => {
  await vi.waitFor(() => expect(runnersOf(system.stateDir)).toHaveLength(2), { timeout: 10_000 })
  for (const [index, { pid }] of runnersOf(system.stateDir).entries()) {
    strike(pid, 'SIGSTOP')
    const began = performance.now()
    try {
      const jobId = await createOne(system.client, LONG_VIDEO, `t_true,tt_1,w_${64 + index}`)
      const { receivedAt } = await events.ofType(jobId, 'job:started')
      expect(receivedAt - began).toBeLessThan(10_000)
      await events.ofType(jobId, 'job:completed')
    } finally {
      strike(pid, 'SIGCONT')
    }
  }
})

test('nothing remains after the system stops', async ({ system }) => {
  await settleAndStop(system)
})
