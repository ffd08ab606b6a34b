/**
 * Claims, probes, tickets and the cron trigger while the hub of a queue fails or does not respond,
 * and tickets whose wake-up fails.
 */
import { createMessageBatch, createExecutionContext, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { PROTOCOL_VERSION, RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import worker from '../../../src/index.ts'
import { API_KEY, expectJson, RUNNER_SECRET, visitWith } from '../helpers/requests.ts'
import { createJobs, putOriginal } from '../helpers/jobs.ts'
import { startJob } from '../helpers/fakeRunner.ts'
import { addQueue, jobRow } from '../helpers/database.ts'
import { socketCount } from '../helpers/eventStream.ts'
import { WAIT } from '../helpers/wait.ts'

/** Creates a binding: every method of the hubs of `queues` is `call`. The other hubs are real. */
function brokenHubs(queues: string[], call: () => Promise<never>): Env['HUBS'] {
  const broken = { fetch: call, notify: call, wake: call, sendProgress: call, runWatchdog: call }
  return {
    getByName: (name: string) => (queues.includes(name) ? broken : env.HUBS.getByName(name)),
  } as unknown as Env['HUBS']
}
const OUTAGES: [string, () => Promise<never>][] = [
  ['fails', () => Promise.reject(new Error('this hub is down'))],
  ['does not respond', () => new Promise<never>(() => undefined)],
]

function claimWith(hubs: Env['HUBS'], queues: string[], waitSeconds: number) {
  // Deferred calls of a hub that does not respond never end, so they are not awaited.
  const context = createExecutionContext()
  const request = new Request('http://reelqueue/runner/claim', {
    method: 'POST',
    headers: {
      Authorization: 'Bearer test-runner-token',
      'Content-Type': 'application/json',
      [RUNNER_SECRET_HEADER]: RUNNER_SECRET,
    },
    body: JSON.stringify({
      protocol: PROTOCOL_VERSION,
      runner: { id: 'claims-anyway' },
      queues,
      waitSeconds,
    }),
  })
  return worker.fetch(request, { ...env, HUBS: hubs }, context)
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  await env.DB.prepare('DELETE FROM jobs').run()
  await env.DB.prepare("DELETE FROM queues WHERE name <> 'default'").run()
  await addQueue('down')
  await addQueue('up')
})

describe.each(OUTAGES)('while a hub %s', (_, call) => {
  const hubs = brokenHubs(['down'], call)

  it('a claim from its queue returns a job', async () => {
    const [job] = await createJobs('down.mp4', ['w_640'], { queue: 'down' })
    const response = await claimWith(hubs, ['down'], 8)
    expect(await expectJson(response, 200)).toMatchObject({ jobId: job!.id })
  })

  it('a claim from several queues returns a job of another one', async () => {
    const [job] = await createJobs('up.mp4', ['w_640'], { queue: 'up' })
    const response = await claimWith(hubs, ['down', 'up'], 8)
    expect(await expectJson(response, 200)).toMatchObject({ jobId: job!.id })
    await vi.waitFor(async () => expect(await socketCount('up')).toBe(0), WAIT)
  })

  it('a claim without a job waits for its time, or until the hub of another queue wakes it', async () => {
    const startedAt = Date.now()
    expect((await claimWith(hubs, ['down'], 1)).status).toBe(204)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000)
    const woken = claimWith(hubs, ['down', 'up'], 20)
    await vi.waitFor(async () => expect(await socketCount('up')).toBe(1), 5_000)
    await env.HUBS.getByName('up').wake(1)
    expect((await woken).status).toBe(204)
    expect(Date.now() - startedAt).toBeLessThan(15_000)
  })

  it('a ticket of its queue starts a container, and is not retried', async () => {
    await createJobs('down.mp4', ['w_640'], { queue: 'down' })
    const started: string[] = []
    const slots = {
      getByName: (name: string) => ({
        wake: async ([queue]: string[]) => {
          started.push(`${name} ${queue}`)
          return 'started'
        },
      }),
    } as unknown as Env['SLOTS']
    const message = { id: 'm', timestamp: 1_000, attempts: 1, body: { queue: 'down' } }
    const batch = createMessageBatch('reelqueue-tickets', [message])
    const context = createExecutionContext()
    const bindings = { ...env, HUBS: hubs, SLOTS: slots, RUNNER_SLOTS: '2' } as unknown as Env
    await worker.queue(batch, bindings, context)
    expect(started).toEqual(['slot-0 down'])
    expect(await getQueueResult(batch, context)).toMatchObject({ ackAll: true, retryMessages: [] })
  })
})

it('the cron trigger ends attempts whose lease has expired while the hub fails', async () => {
  const lost = await startJob('lost.mp4')
  await env.DB.prepare('UPDATE jobs SET lease_expires_at = 1').run()
  const context = createExecutionContext()
  const bindings = { ...env, HUBS: brokenHubs(['default'], OUTAGES[0]![1]) }
  await worker.scheduled({} as ScheduledController, bindings, context)
  await vi.waitFor(
    async () => expect(await jobRow(lost.jobId)).toMatchObject({ error_code: 'runner_lost' }),
    WAIT,
  )
})

it('POST /probe returns 202 while the hub fails', async () => {
  await putOriginal('probed.mp4')
  const init = {
    method: 'POST',
    headers: { ...API_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ filePath: 'probed.mp4', waitSeconds: 5 }),
  }
  const hubs = brokenHubs(['default'], OUTAGES[0]![1])
  expect((await visitWith({ HUBS: hubs }, '/probe', init)).status).toBe(202)
})

it('tickets whose wake-up fails are retried, and those of other queues are not', async () => {
  await createJobs('up.mp4', ['w_640'], { queue: 'up' })
  const bodies = ['up', 'down', 'up']
  const messages = bodies.map((queue, n) => ({
    id: `m${n}`,
    timestamp: 1_000,
    attempts: 1,
    body: { queue },
  }))
  const batch = createMessageBatch('reelqueue-tickets', messages)
  const context = createExecutionContext()
  // The wake-up of `up` reads RUNNER_DISK_BYTES, which is not valid. That of `down`, which is
  // paused, does not read it.
  const bindings = { ...env, RUNNER_SLOTS: '1', RUNNER_DISK_BYTES: 'all' } as unknown as Env
  await env.DB.prepare("UPDATE queues SET paused = 1 WHERE name = 'down'").run()
  await worker.queue(batch, bindings, context)
  const result = await getQueueResult(batch, context)
  expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m0', 'm2'])
})
