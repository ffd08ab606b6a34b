/** Runners and their ffmpegs that die or hang while others live. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { follow, type Events } from '../fixtures/events.ts'
import { clip } from '../fixtures/media.ts'
import { startSystem, type System } from '../fixtures/system.ts'
import {
  attemptsOf,
  createOne,
  event,
  historyOf,
  inMidEncode,
  LEASE_SECONDS,
  setQueue,
} from './jobs.ts'
import { ffmpegsOf, runnerCalled, runnersOf, strike, WITHIN_3_S } from './processes.ts'
import { expectSettled, settleAndStop } from './invariants.ts'

const PATH = 'videos/long.mp4'

let system: System
let events: Events
beforeAll(async () => {
  system = await startSystem({ runners: 2 })
  events = await follow(system.client)
  await setQueue(system.client, { leaseSeconds: LEASE_SECONDS })
  // Small, so that ffmpeg has all of it at once and could go on without its runner.
  await system.client.put(PATH, clip({ size: '1280x720', seconds: 15, crf: 51 }))
})
afterAll(async () => {
  await events?.close()
  await system?.stop()
})

/** Begins a job and gives the runner that has it, once its encode is under way. */
async function begin(transformation: string) {
  const jobId = await createOne(system.client, PATH, transformation)
  await inMidEncode(events, jobId)
  const [attempt] = await attemptsOf(system.client, jobId)
  const runner = runnerCalled(system.stateDir, attempt!.runner!)
  return { jobId, runner, ffmpeg: ffmpegsOf(system.stateDir, runner)[0]! }
}
function history(jobId: string) {
  return historyOf(system.client, jobId)
}

test('kill -9 of a runner in mid-encode: noticed within 5 s of the lease, and done by another', async () => {
  const { jobId, runner } = await begin('w_1000')
  const struck = performance.now()
  strike(runner)
  // At once: an encode that nobody waits for is not finished first.
  await vi.waitFor(() => expect(ffmpegsOf(system.stateDir, runner)).toEqual([]), { timeout: 1_000 })

  const missed = await event(events, jobId, 'job:retrying')
  expect(missed.receivedAt - struck).toBeLessThan((LEASE_SECONDS + 5) * 1_000)
  expect(missed.data.error).toMatch(/not heard of for 5 s/)
  await event(events, jobId, 'job:completed')
  expect(await history(jobId)).toEqual(['runner_lost', 'completed'])
  await expectSettled(system)
})

test('kill -9 of ffmpeg alone: the attempt says what would help, and the next completes', async () => {
  const { jobId, ffmpeg } = await begin('w_1002')
  strike(ffmpeg)
  const { data } = await event(events, jobId, 'job:retrying')
  expect(data.error).toMatch(/too little memory.*(give|smaller|more)/i)
  await event(events, jobId, 'job:completed')
  expect(await history(jobId)).toEqual(['out_of_memory', 'completed'])
  const [, first] = await attemptsOf(system.client, jobId)
  expect(first).toMatchObject({ attempt: 1, outcome: 'failed', errorCode: 'out_of_memory' })
  expect(first!.command).toMatch(/^ffmpeg .*scale=1002:/)
  await expectSettled(system)
})

test('SIGSTOP of a runner: another completes its job, and it drops the work when it goes on', async () => {
  const { jobId, runner } = await begin('w_1004')
  strike(runner, 'SIGSTOP')
  try {
    await event(events, jobId, 'job:completed')
  } finally {
    strike(runner, 'SIGCONT')
  }
  await vi.waitFor(() => expect(ffmpegsOf(system.stateDir, runner)).toEqual([]), WITHIN_3_S)
  expect(await history(jobId)).toEqual(['runner_lost', 'completed'])
  await expectSettled(system)
})

test('a wake-up that goes to a hung runner: the job is found by the other within 10 s', async () => {
  await vi.waitFor(() => expect(runnersOf(system.stateDir)).toHaveLength(2), { timeout: 10_000 })
  for (const [index, { pid }] of runnersOf(system.stateDir).entries()) {
    strike(pid, 'SIGSTOP')
    const began = performance.now()
    try {
      const jobId = await createOne(system.client, PATH, `t_true,tt_1,w_${64 + index}`)
      const { receivedAt } = await event(events, jobId, 'job:started')
      expect(receivedAt - began).toBeLessThan(10_000)
      await event(events, jobId, 'job:completed')
    } finally {
      strike(pid, 'SIGCONT')
    }
  }
})

test('after all of it nothing is left', async () => {
  await settleAndStop(system)
})
