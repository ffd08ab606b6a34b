/** Runners and ffmpeg processes that die or hang while others continue. */
import { expect, vi } from 'vitest'
import type { Events } from '../fixtures/events.ts'
import type { System } from '../fixtures/system.ts'
import { chaosTest, LONG_VIDEO } from './chaosTest.ts'
import { listAttempts, createOne, listOutcomes, waitForEncode, LEASE_SECONDS } from './jobs.ts'
import { listFfmpegs, findRunnerProcess, listRunners, sendSignal, WITHIN_3_S } from './processes.ts'
import { expectConsistentState, expectCleanStop } from './invariants.ts'

const test = chaosTest({ runners: 2, seconds: 15, leaseSeconds: LEASE_SECONDS })

/** Creates a job; returns the processes that encode it, once the encode is under way. */
async function startEncode(system: System, events: Events, transformation: string) {
  const jobId = await createOne(system.client, LONG_VIDEO, transformation)
  await waitForEncode(events, jobId)
  const [attempt] = await listAttempts(system.client, jobId)
  const runner = findRunnerProcess(system.stateDir, attempt!.runner!)
  return { jobId, runner, ffmpeg: listFfmpegs(system.stateDir, runner)[0]! }
}

test('kill -9 of a runner fails its attempt within 5 s after the lease, and the next one completes', async ({
  system,
  events,
}) => {
  const { jobId, runner } = await startEncode(system, events, 'w_1000')
  const signalledAt = performance.now()
  sendSignal(runner)
  // ffmpeg exits at once instead of finishing an encode whose output is lost.
  await vi.waitFor(() => expect(listFfmpegs(system.stateDir, runner)).toEqual([]), {
    timeout: 1_000,
  })

  const retrying = await events.ofType(jobId, 'job:retrying')
  expect(retrying.receivedAt - signalledAt).toBeLessThan((LEASE_SECONDS + 5) * 1_000)
  expect(retrying.data.error).toMatch(/sent no report for 5 s/)
  await events.ofType(jobId, 'job:completed')
  expect(await listOutcomes(system.client, jobId)).toEqual(['runner_lost', 'completed'])
  await expectConsistentState(system)
})

test('kill -9 of ffmpeg fails its attempt with out_of_memory, and the next one completes', async ({
  system,
  events,
}) => {
  const { jobId, ffmpeg } = await startEncode(system, events, 'w_1002')
  sendSignal(ffmpeg)
  const { data } = await events.ofType(jobId, 'job:retrying')
  expect(data.error).toMatch(/too little memory.*(give|smaller|more)/i)
  await events.ofType(jobId, 'job:completed')
  expect(await listOutcomes(system.client, jobId)).toEqual(['out_of_memory', 'completed'])
  const [, first] = await listAttempts(system.client, jobId)
  expect(first).toMatchObject({ attempt: 1, outcome: 'failed', errorCode: 'out_of_memory' })
  expect(first!.command).toMatch(/^ffmpeg .*scale=1002:/)
  await expectConsistentState(system)
})

test('SIGSTOP of a runner lets another complete its job; on SIGCONT the first ends its encode', async ({
  system,
  events,
}) => {
  const { jobId, runner } = await startEncode(system, events, 'w_1004')
  sendSignal(runner, 'SIGSTOP')
  try {
    await events.ofType(jobId, 'job:completed')
  } finally {
    sendSignal(runner, 'SIGCONT')
  }
  await vi.waitFor(() => expect(listFfmpegs(system.stateDir, runner)).toEqual([]), WITHIN_3_S)
  expect(await listOutcomes(system.client, jobId)).toEqual(['runner_lost', 'completed'])
  await expectConsistentState(system)
})

test('a job is claimed within 10 s although one of two runners hangs', async ({
  system,
  events,
}) => {
  await vi.waitFor(() => expect(listRunners(system.stateDir)).toHaveLength(2), { timeout: 30_000 })
  for (const [index, { pid }] of listRunners(system.stateDir).entries()) {
    sendSignal(pid, 'SIGSTOP')
    const began = performance.now()
    try {
      const jobId = await createOne(system.client, LONG_VIDEO, `t_true,tt_1,w_${64 + index}`)
      const { receivedAt } = await events.ofType(jobId, 'job:started')
      expect(receivedAt - began).toBeLessThan(10_000)
      await events.ofType(jobId, 'job:completed')
    } finally {
      sendSignal(pid, 'SIGCONT')
    }
  }
})

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})
