/** The waiting runners that a wake-up wakes, and the slots that it calls. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { countClaimableJobs, listReadyJobs, nextClaimableJob } from '../../../src/db/claimQuery.ts'
import { canRun, findSizeClass } from '../../../src/domain/runnerRequirements.ts'
import { wakeRunners } from '../../../src/services/queues/wakeRunners.ts'
import { failJobsOfRunner, isBusy } from '../../../src/services/queues/wakeRunners.ts'
import { createSlots, type WakeResult } from '../../../src/platform/slots.ts'
import { beginExport } from '../helpers/exports.ts'
import { createJobs } from '../helpers/jobs.ts'
import { claimJob } from '../helpers/fakeRunner.ts'
import { hub, socketCount } from '../helpers/eventStream.ts'
import { insertJob } from '../helpers/jobStore.ts'
import { asRunner } from '../helpers/requests.ts'
import { addQueue, db, jobRow, openPlatform } from '../helpers/database.ts'

/**
 * Simulated slots. Each returns its entry of `results`; after "started" it returns "starting".
 */
function fakeSlots(results: WakeResult[]) {
  const calls: { name: string; queues: string[] }[] = []
  const contacts: string[] = []
  const namespace = {
    getByName: (name: string) => ({
      wake: async (queues: string[]) => {
        calls.push({ name, queues })
        const n = Number(name.slice(5))
        const result = results[n]!
        results[n] = result === 'started' ? 'starting' : result
        return result
      },
      recordContact: async (runner: string) => void contacts.push(`${name} ${runner}`),
    }),
  } as unknown as Env['SLOTS']
  const slots = createSlots(namespace, () => ({ count: results.length, diskBytes: 10e9 }))
  const { platform } = openPlatform()
  return { platform: { ...platform, slots }, calls, contacts, slots }
}
function names(calls: { name: string }[]) {
  return calls.map(({ name }) => name)
}
describe('a wake-up', () => {
  it('starts a slot for each claimable job, and duplicate tickets start no more', async () => {
    await addQueue('two')
    await createJobs('two.mp4', ['w_100', 'w_102'], { queue: 'two' })
    const { platform, calls } = fakeSlots(['started', 'started', 'started'])
    await wakeRunners(platform, 'two', 2)
    await wakeRunners(platform, 'two', 2)
    expect(names(calls)).toEqual(['slot-0', 'slot-1', 'slot-0', 'slot-1'])
    expect(calls[0]!.queues[0]).toBe('two')
  })

  it('calls the next slots while some are busy, cooling down or failing', async () => {
    await addQueue('one')
    await createJobs('one.mp4', ['w_100'], { queue: 'one' })
    const { platform, calls } = fakeSlots(['busy', 'cooling_down', 'failed', 'started', 'started'])
    await wakeRunners(platform, 'one', 1)
    expect(names(calls)).toEqual(['slot-0', 'slot-1', 'slot-2', 'slot-3'])
  })

  it('does not exceed the concurrency, and starts none for an empty or unknown queue', async () => {
    await addQueue('narrow', 1)
    await addQueue('empty')
    await createJobs('narrow.mp4', ['w_100', 'w_102', 'w_104'], { queue: 'narrow' })
    const { platform, calls } = fakeSlots(['started', 'started', 'started'])
    await wakeRunners(platform, 'narrow', 3)
    await wakeRunners(platform, 'empty', 3)
    await wakeRunners(platform, 'unknown', 3)
    expect(names(calls)).toEqual(['slot-0'])
  })

  it('starts none for a job that no slot can process', async () => {
    await addQueue('huge')
    await createJobs('huge.mp4', ['w_100'], { queue: 'huge' })
    await env.DB.prepare(
      "UPDATE jobs SET source_bytes = 2e10, size_class = 6 WHERE queue = 'huge'",
    ).run()
    const { platform, calls } = fakeSlots(['started'])
    await wakeRunners(platform, 'huge', 1)
    expect(calls).toEqual([])
  })

  it('does not call a slot whose runner has a job; failJobsOfRunner makes that job pending', async () => {
    await addQueue('held')
    await createJobs('held.mp4', ['w_100', 'w_102'], { queue: 'held' })
    const held = await claimJob('held', 'slot-0-0123abcd')
    const { platform, calls } = fakeSlots(['started', 'started'])
    await wakeRunners(platform, 'held', 1)
    expect(names(calls)).toEqual(['slot-1'])
    expect(await failJobsOfRunner(platform, 'slot-0-0123abcd', 'The container ended.')).toBe(1)
    expect(await jobRow(held!.jobId)).toMatchObject({
      status: 'pending',
      error: 'The container ended.',
      error_code: 'runner_lost',
    })
    expect(await failJobsOfRunner(platform, 'slot-0-0123abcd', 'The container ended.')).toBe(0)
  })

  it('the end of a runner does not fail the export of a variant that it has made', async () => {
    const { id } = await beginExport('out/ended-runner.mp4')
    await addQueue('ended')
    await createJobs('ended.mp4', ['w_100'], { queue: 'ended' })
    const held = await claimJob('ended')
    const { platform } = fakeSlots([])
    await failJobsOfRunner(platform, 'test-runner', 'The container ended.')
    expect(await jobRow(held!.jobId)).toMatchObject({ error_code: 'runner_lost' })
    expect(await jobRow(id)).toMatchObject({ status: 'running', stage: 'export' })
    expect(await isBusy(platform, 'test-runner')).toBe(false)
  })
})

describe('an idle runner', () => {
  /** Claims and waits. `woken` resolves with whether the claim was woken before its wait ended. */
  async function waitIn(queues: string[], capabilities: object) {
    const request = {
      protocol: PROTOCOL_VERSION,
      runner: { id: `idle-${crypto.randomUUID()}`, ...capabilities },
      queues,
      waitSeconds: 20,
    }
    const startedAt = Date.now()
    const before = await socketCount(queues[0])
    const response = asRunner('POST', '/runner/claim', request)
    await vi.waitFor(async () => expect(await socketCount(queues[0])).toBe(before + 1), 5_000)
    return { woken: response.then(({ status }) => status === 204 && Date.now() - startedAt < 15e3) }
  }
  /** Inserts jobs without a ticket, with a source of this size. */
  async function insert(queue: string, count: number, bytes = 1_000, encoder = 'libx264') {
    for (let n = 0; n < count; n++) {
      const { id } = await insertJob({ queue, filePath: `${queue}-${bytes}-${encoder}-${n}.mp4` })
      await env.DB.prepare(
        'UPDATE jobs SET source_bytes = ?, size_class = ?, required_encoders = ? WHERE id = ?',
      )
        .bind(bytes, findSizeClass(bytes), JSON.stringify([encoder]), id)
        .run()
    }
  }
  const UNSUITABLE = [
    ['its disk is too small', { diskBytes: 2_000 }, 3_000, 'libx264'],
    ['its disk is in a smaller class', { diskBytes: 1e9 }, 9e9, 'libx264'],
    ['it lacks an encoder', { encoders: ['aac', 'libx265'] }, 1_000, 'libx264'],
    ['it has no encoders', { encoders: [] }, 1_000, 'libsvtav1'],
  ] as const

  it.each(UNSUITABLE)(
    'that cannot run the job does not keep a container from starting: %s',
    async (_, capabilities, bytes, encoder) => {
      const queue = `unfit-${crypto.randomUUID().slice(0, 8)}`
      await addQueue(queue)
      await waitIn([queue], capabilities)
      await insert(queue, 1, bytes, encoder)
      const { platform, calls } = fakeSlots(['started', 'started'])
      await wakeRunners(platform, queue, 1)
      expect(names(calls)).toEqual(['slot-0'])
      // The runner is not woken, because it cannot run the job.
      expect(await socketCount(queue)).toBe(1)
      await hub(queue).wake(9)
      await env.DB.prepare('DELETE FROM jobs WHERE queue = ?').bind(queue).run()
      await hub(queue).wake(9)
    },
  )

  it.each(UNSUITABLE)(
    'that cannot run the job does not take the wake-up of one that can: %s',
    async (_, capabilities, bytes, encoder) => {
      const queue = `both-${crypto.randomUUID().slice(0, 8)}`
      await addQueue(queue)
      await waitIn([queue], capabilities)
      const able = await waitIn([queue], { diskBytes: 10e9, encoders: ['aac', encoder] })
      await insert(queue, 1, bytes, encoder)
      const { platform, calls } = fakeSlots(['started'])
      await wakeRunners(platform, queue, 1)
      expect(await able.woken).toBe(true)
      expect(names(calls)).toEqual([])
      await env.DB.prepare('DELETE FROM jobs WHERE queue = ?').bind(queue).run()
      await hub(queue).wake(9)
    },
  )

  it('takes one job, and containers are started for the others', async () => {
    await addQueue('mixed-fleet')
    const { woken } = await waitIn(['mixed-fleet'], { diskBytes: 1e12 })
    await insert('mixed-fleet', 1, 30e9)
    await insert('mixed-fleet', 2)
    const { platform, calls } = fakeSlots(['started', 'started', 'started'])
    await wakeRunners(platform, 'mixed-fleet', 3)
    expect(await woken).toBe(true)
    expect(names(calls)).toEqual(['slot-0', 'slot-1'])
  })

  it('that has not been woken yet is expected to take a job, so no container is started for it', async () => {
    await addQueue('covered')
    await waitIn(['covered'], {})
    await waitIn(['covered'], {})
    await insert('covered', 2)
    const { platform, calls } = fakeSlots(['started', 'started'])
    await wakeRunners(platform, 'covered', 1)
    expect(names(calls)).toEqual([])
    await hub('covered').wake(9)
  })

  it('is woken for a job that it can run behind many that it cannot', async () => {
    await addQueue('behind-many')
    await insert('behind-many', 20, 1_000, 'libsvtav1')
    const { woken } = await waitIn(['behind-many'], { encoders: ['libx264'] })
    await insert('behind-many', 1)
    const { platform } = fakeSlots([])
    await wakeRunners(platform, 'behind-many', 1)
    expect(await woken).toBe(true)
  })

  it('with 500 encoders whose names have up to 64 characters can wait', async () => {
    await addQueue('long-list')
    const encoders = Array.from({ length: 499 }, (_, n) => `encoder_${n}`.padEnd(64, 'x'))
    const { woken } = await waitIn(['long-list'], { encoders: [...encoders, 'libx264'] })
    await insert('long-list', 1)
    await wakeRunners(fakeSlots([]).platform, 'long-list', 1)
    expect(await woken).toBe(true)
  })
})

it('canRun agrees with the queries that count and find claimable jobs', async () => {
  await addQueue('agree')
  for (const sourceBytes of [1_000, 2 ** 30, 2 ** 30 + 1, 5e9, 6e9, 7e9]) {
    for (const requiredEncoders of [['aac', 'libx264'], ['mjpeg']]) {
      const { id } = await insertJob({ queue: 'agree' })
      // A job that needs no particular disk has the size class 0.
      const sizeClass = requiredEncoders[0] === 'mjpeg' ? 0 : findSizeClass(sourceBytes)
      await env.DB.prepare(
        'UPDATE jobs SET source_bytes = ?, size_class = ?, required_encoders = ? WHERE id = ?',
      )
        .bind(sourceBytes, sizeClass, JSON.stringify(requiredEncoders), id)
        .run()
    }
  }
  const jobs = await listReadyJobs(db, 'agree')
  expect(jobs).toHaveLength(12)
  const encoderLists = [undefined, [], ['libx264'], ['libx264', 'aac'], ['mjpeg']]
  const disks = [undefined, 0, 500, 1_000, 1_500, 2 ** 30, 2 ** 30 + 1, 6e9, 1e12]
  for (const encoders of encoderLists) {
    for (const diskBytes of disks) {
      const capabilities = {
        ...(diskBytes !== undefined && { diskBytes }),
        ...(encoders && { encoders }),
      }
      const claimable = await countClaimableJobs(db, 'agree', capabilities, 100)
      const [next] = await db.all(
        nextClaimableJob('agree', capabilities, null, {
          takesChunks: false,
          prefersJobs: false,
          runnerId: 'runner',
          now: Date.now(),
        }),
      )
      expect({ capabilities, claimable, next }).toMatchObject({
        claimable: jobs.filter((job) => canRun(capabilities, job)).length,
        next: pickSeq(jobs.find((job) => canRun(capabilities, job))),
      })
    }
  }
})
function pickSeq(job: object | undefined) {
  return job && { seq: (job as { seq: number }).seq }
}

it('a container is started for each large job that fits into its disk', async () => {
  await addQueue('large-fit')
  for (const bytes of [9e9, 9.5e9, 11e9]) {
    const { id } = await insertJob({ queue: 'large-fit', filePath: `large-fit-${bytes}.mp4` })
    await env.DB.prepare('UPDATE jobs SET source_bytes = ?, size_class = ? WHERE id = ?')
      .bind(bytes, findSizeClass(bytes), id)
      .run()
  }
  const { platform, calls } = fakeSlots(['started', 'started', 'started'])
  await wakeRunners(platform, 'large-fit', 3)
  expect(names(calls)).toEqual(['slot-0', 'slot-1'])
})

it('a slot is notified of its own runner only', async () => {
  const { slots, contacts } = fakeSlots(['started'])
  for (const runner of ['slot-0-0123abcd', 'laptop-0123abcd', 'slot-0', 'slot-x-0123abcd']) {
    await slots.recordContact(runner)
  }
  expect(contacts).toEqual(['slot-0 slot-0-0123abcd'])
})
