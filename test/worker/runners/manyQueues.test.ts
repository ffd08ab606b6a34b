/** More queues than the ten that a claim can name. */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, beforeEach, expect, it, vi } from 'vitest'
import {
  type Assignment,
  MAX_CLAIM_QUEUES,
  PROTOCOL_VERSION,
  RUNNER_SECRET_HEADER,
} from '../../../src/contract/runnerProtocol.ts'
import { listQueues } from '../../../src/db/queues.ts'
import { createSlots } from '../../../src/platform/slots.ts'
import { selectQueues } from '../../../src/services/queues/runnerQueues.ts'
import { wakeRunners } from '../../../src/services/queues/wakeRunners.ts'
import { addQueue, db, openPlatform } from '../helpers/database.ts'
import { hub, socketCount } from '../helpers/eventStream.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { insertJob } from '../helpers/jobStore.ts'
import { asRunner, expectJson, RUNNER_SECRET } from '../helpers/requests.ts'

const QUEUES = Array.from({ length: 14 }, (_, n) => `queue-${n}`)
const FIRST_TEN = QUEUES.slice(0, MAX_CLAIM_QUEUES)

beforeAll(async () => {
  for (const name of QUEUES) {
    await addQueue(name)
  }
})
beforeEach(async () => {
  await env.DB.prepare('DELETE FROM jobs').run()
})

/** Adds a job without a ticket, which would wake waiting runners. */
async function insert(queue: string, filePath: string, priority = 2) {
  await putOriginal(filePath)
  return insertJob({ queue, filePath, priority })
}

/** Claims as the runner of a container that names the first ten queues. */
async function claimInSlot(runner: string): Promise<Assignment | null> {
  const response = await exports
    .RunnerGateway({ props: { runner } })
    .fetch('http://gateway.reelqueue/runner/claim', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', [RUNNER_SECRET_HEADER]: RUNNER_SECRET },
      body: JSON.stringify({
        protocol: PROTOCOL_VERSION,
        runner: { id: runner },
        queues: FIRST_TEN,
        waitSeconds: 0,
      }),
    })
  return response.status === 204 ? null : expectJson<Assignment>(response, 200)
}

it.each(QUEUES)('the runner of a slot takes a job of %s', async (queue) => {
  const job = await insert(queue, `${queue}.mp4`)
  expect(await claimInSlot('slot-0-0123abcd')).toMatchObject({ jobId: job.id, queue })
})

it('the runner of a slot takes a job of a queue that was added after its start', async () => {
  await addQueue('added-later')
  const job = await insert('added-later', 'added-later.mp4')
  expect(await claimInSlot('slot-0-0123abcd')).toMatchObject({ jobId: job.id })
})

it('the runner of a slot first takes the jobs of the queue for which it was started', async () => {
  await insert('queue-13', 'last.mp4', 0)
  const job = await insert('queue-0', 'first.mp4')
  expect(await claimInSlot('slot-0-0123abcd')).toMatchObject({ jobId: job.id })
  expect(await claimInSlot('slot-1-0123abcd')).toMatchObject({ filePath: 'last.mp4' })
  expect(await claimInSlot('slot-2-0123abcd')).toBeNull()
})

it('queues with jobs come before others, and 300 claims select each of them', async () => {
  const rows = (await listQueues(db)).map((row) => ({ ...row, running: 0, pending: 0 }))
  const idle = rows.map((row) => (row.name === 'queue-13' ? { ...row, pending: 1 } : row))
  const busy = rows.map((row) => ({ ...row, pending: 1 }))
  const seen = new Set<string>()
  for (let n = 0; n < 300; n++) {
    expect(selectQueues(idle, 'queue-5').slice(0, 2)).toEqual(['queue-5', 'queue-13'])
    const selected = selectQueues(busy, 'queue-5')
    expect(new Set(selected).size).toBe(MAX_CLAIM_QUEUES)
    selected.forEach((name) => seen.add(name))
  }
  expect(seen).toEqual(new Set(rows.map(({ name }) => name)))
})

it('jobs of ten queues wake the runner that waits in them, and a slot starts for another', async () => {
  const started: string[][] = []
  const namespace = {
    getByName: () => ({ wake: async (queues: string[]) => (started.push(queues), 'started') }),
  } as unknown as Env['SLOTS']
  const slots = createSlots(namespace, () => ({ count: 1, diskBytes: 10e9 }))
  const platform = { ...openPlatform().platform, slots }
  const claim = {
    protocol: PROTOCOL_VERSION,
    runner: { id: 'idle' },
    queues: FIRST_TEN,
    waitSeconds: 20,
  }
  for (const queue of [FIRST_TEN[0]!, FIRST_TEN[4]!, FIRST_TEN[9]!]) {
    const waiting = asRunner('POST', '/runner/claim', claim)
    await vi.waitFor(async () => expect(await socketCount(queue)).toBe(1), 5_000)
    await insert('queue-12', `hidden-by-${queue}.mp4`)
    await wakeRunners(platform, 'queue-12', 1)
    expect(started.pop()).toEqual(expect.arrayContaining(['queue-12']))

    await insert(queue, `found-in-${queue}.mp4`)
    await wakeRunners(platform, queue, 1)
    expect((await waiting).status).toBe(204)
    expect(started).toEqual([])
    const claimed = await asRunner('POST', '/runner/claim', { ...claim, waitSeconds: 0 })
    expect(await expectJson<Assignment>(claimed, 200)).toMatchObject({ queue })
    await vi.waitFor(async () => expect(await socketCount(queue)).toBe(0), 5_000)
  }
  await hub('queue-12').wake(9)
})
