/** Many jobs on three runners, while processes are killed at random (reproducible by SEED). */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import * as jobs from './jobs.ts'
import { listFfmpegs, listRunners, sendSignal } from './processes.ts'
import { chooseSeed, createRandom } from './random.ts'
import { expectCleanStop } from './invariants.ts'

const FILES = 4
const FRAMES_EACH = 40
const VIDEOS_EACH = 10
const KILLS = 12

const test = systemTest({ runners: 3 })
test.beforeAll(async ({ system }) => {
  await jobs.setQueue(system.client, { leaseSeconds: jobs.LEASE_SECONDS, maxAttempts: 20 })
  const bytes = makeClip({ size: '320x180', seconds: 2 })
  for (let file = 0; file < FILES; file++) {
    await system.client.put(`storm/${file}.mp4`, bytes)
  }
})

const transformations = [
  ...Array.from({ length: FRAMES_EACH }, (_, i) => `t_true,tt_1,w_${64 + i}`),
  ...Array.from({ length: VIDEOS_EACH }, (_, i) => `w_${100 + i * 2}`),
]

test('200 jobs on 3 runners all complete despite random kills', async ({ system, events }) => {
  const random = createRandom(chooseSeed())
  const created = await Promise.all(
    Array.from({ length: FILES }, (_, file) =>
      jobs.createJobs(system.client, { filePath: `storm/${file}.mp4`, transformations }),
    ),
  )
  const ids = created.flat().map(({ id }) => id)
  expect(ids).toHaveLength(FILES * transformations.length)

  const done = waitForEnds(events, ids)
  let kills = 0
  while (kills < KILLS) {
    const victims = random.next() < 0.5 ? listRunners(system.stateDir) : []
    const pids = victims.length > 0 ? victims.map(({ pid }) => pid) : listFfmpegs(system.stateDir)
    if (pids.length > 0) {
      try {
        sendSignal(random.one(pids), random.next() < 0.8 ? 'SIGKILL' : 'SIGTERM')
        kills += 1
      } catch {
        // The process ended before it received the signal.
      }
    }
    const over = await Promise.race([done.then(() => true), delay(500 + random.below(1_500))])
    if (over === true) {
      break
    }
  }
  // Every job must end with `job:completed`. Other final events are printed with their error.
  const others = (await done).filter(({ type }) => type !== 'job:completed')
  expect(others.map(({ type, data }) => ({ type, ...data }))).toEqual([])
  expect(kills).toBeGreaterThan(KILLS / 2)
  const attempts = (await jobs.listAllJobs(system.client)).reduce(
    (sum, { attempt }) => sum + attempt,
    0,
  )
  console.log(`${ids.length} jobs in ${attempts} counted attempts after ${kills} kills`)
}, 240_000)

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})
