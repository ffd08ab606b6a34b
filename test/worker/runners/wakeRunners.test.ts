/** The number of slots that a wake-up starts, and the slots that it calls. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { wakeRunners } from '../../../src/services/queues/wakeRunners.ts'
import { failJobsOfRunner } from '../../../src/services/queues/wakeRunners.ts'
import { createSlots, type WakeResult } from '../../../src/platform/slots.ts'
import { createJobs } from '../helpers/jobs.ts'
import { claimJob } from '../helpers/fakeRunner.ts'
import { openPlatform, jobRow, addQueue } from '../helpers/database.ts'

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

  it('does not call a slot whose runner has a job; failJobsOfRunner makes it pending', async () => {
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
})

it('a slot is notified of its own runner only', async () => {
  const { slots, contacts } = fakeSlots(['started'])
  for (const runner of ['slot-0-0123abcd', 'laptop-0123abcd', 'slot-0', 'slot-x-0123abcd']) {
    await slots.recordContact(runner)
  }
  expect(contacts).toEqual(['slot-0 slot-0-0123abcd'])
})
