/**
 * Long files that four runners encode in chunks, while runners and their ffmpegs are killed at random
 * (reproducible by SEED). STORM_FILES=10 STORM_KILLS=30 makes it larger.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { expectCleanStop } from './invariants.ts'
import * as jobs from './jobs.ts'
import { listFfmpegs, listRunners, sendSignal } from './processes.ts'
import { chooseSeed, createRandom } from './random.ts'
import { hashFrames, listChunks } from './splitJobs.ts'

const FILES = Number(process.env['STORM_FILES'] ?? 3)
const KILLS = Number(process.env['STORM_KILLS'] ?? 4)
const RUNNERS = 4
const SECONDS = 8
const SPLIT = { chunkSeconds: 2 }
const TRANSFORMATION = 'w_1000'

const test = systemTest({ runners: RUNNERS })
test.beforeAll(async ({ system: { client } }) => {
  await jobs.setQueue(client, { leaseSeconds: jobs.LEASE_SECONDS, maxAttempts: 20 })
  const clip = makeClip({ size: '640x360', seconds: SECONDS })
  for (let file = 0; file <= FILES; file++) {
    await client.put(`storm/${file}.mp4`, clip)
  }
})

test(`${FILES} long files on ${RUNNERS} runners have all frames despite random kills`, async ({
  system: { client, stateDir },
  events,
}) => {
  const random = createRandom(chooseSeed())
  const create = (file: number) =>
    jobs.createOne(client, `storm/${file}.mp4`, TRANSFORMATION, SPLIT)
  const undisturbed = await create(FILES)
  await events.ofType(undisturbed, 'job:completed')
  const expected = await hashFrames(client, undisturbed)

  const began = performance.now()
  const ids = await Promise.all(Array.from({ length: FILES }, (_, file) => create(file)))
  const done = waitForEnds(events, ids)
  let kills = 0
  while (kills < KILLS) {
    const over = await Promise.race([done.then(() => true), delay(300 + random.below(1_000))])
    if (over === true) {
      break
    }
    const victims = random.next() < 0.5 ? listRunners(stateDir) : []
    const pids = victims.length > 0 ? victims.map(({ pid }) => pid) : listFfmpegs(stateDir)
    if (pids.length > 0) {
      try {
        sendSignal(random.one(pids), random.next() < 0.8 ? 'SIGKILL' : 'SIGTERM')
        kills += 1
      } catch {
        // The process ended before it received the signal.
      }
    }
  }
  const others = (await done).filter(({ type }) => type !== 'job:completed')
  expect(others.map(({ type, data }) => ({ type, ...data }))).toEqual([])
  const seconds = (performance.now() - began) / 1_000
  const chunks = (await Promise.all(ids.map((id) => listChunks(client, id)))).flat()
  const attempts = chunks.reduce((sum, { attempt }) => sum + attempt, 0)
  console.log(
    `${FILES} files, ${chunks.length} chunks in ${attempts} counted attempts after ${kills} kills, ${seconds.toFixed(1)} s`,
  )
  expect(kills).toBeGreaterThan(KILLS / 2)
  for (const id of ids) {
    const { plan } = await client.job(id)
    expect(await hashFrames(client, id), `${id}: ${plan?.notes.join(' ')}`).toEqual(expected)
  }
}, 600_000)

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})
