import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import worker from '../../../src/index.ts'
import { sendTickets } from '../../../src/platform/tickets.ts'
import { api, asRunner, expectJson } from '../helpers/requests.ts'
import { createJobs, createOne } from '../helpers/jobs.ts'
import { claimJob, claimAsRunner } from '../helpers/fakeRunner.ts'
import { hub, socketCount } from '../helpers/eventStream.ts'

function message(id: string, body: unknown) {
  return { id, timestamp: 1_000, attempts: 1, body }
}
/** Passes a batch to the Worker; returns the results of its messages. */
async function consume(queue: string, bodies: unknown[]) {
  const messages = bodies.map((body, n) => message(`m${n}`, body))
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  return getQueueResult(batch, context)
}
const ALL_ACKED = { outcome: 'ok', ackAll: true, retryBatch: { retry: false }, retryMessages: [] }

/** Claims from a queue and waits; resolves with the status of the response and the time it took. */
async function waitForWork(queue: string, waitSeconds: number) {
  const startedAt = Date.now()
  const request = {
    protocol: PROTOCOL_VERSION,
    runner: { id: 'waiting' },
    queues: [queue],
    waitSeconds,
  }
  const response = await asRunner('POST', '/runner/claim', request)
  return { status: response.status, ms: Date.now() - startedAt }
}
function expectWaiting(queue: string, count: number) {
  return vi.waitFor(async () => expect(await socketCount(queue)).toBe(count), 5_000)
}

describe('the ticket consumer', () => {
  it('acks every ticket, even if no runner waits', async () => {
    const result = await consume('reelqueue-tickets', [{ queue: 'default' }, { queue: 'default' }])
    expect(result).toMatchObject(ALL_ACKED)
  })

  it('acks and logs invalid tickets, and wakes runners for the valid ones', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const woken = waitForWork('readable', 15)
    await expectWaiting('readable', 1)
    const unreadable = [null, 'default', 7, {}, { queue: 7 }, { queue: '../x' }, { q: 'default' }]
    const result = await consume('reelqueue-tickets', [...unreadable, { queue: 'readable' }])
    expect(result).toMatchObject(ALL_ACKED)
    expect(await woken).toMatchObject({ status: 204 })
    const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object)
    expect(lines).toEqual(
      unreadable.map((_, n) => ({ event: 'ticket_unreadable', message: `m${n}` })),
    )
    logged.mockRestore()
  })

  it('acks and logs dead letters, and wakes no runner', async () => {
    const logged = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const woken = waitForWork('default', 1)
    await expectWaiting('default', 1)
    expect(await consume('reelqueue-tickets-dead', [{ queue: 'default' }, 'junk'])).toMatchObject(
      ALL_ACKED,
    )
    expect(logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object)).toEqual([
      { event: 'ticket_dead', message: 'm0', body: { queue: 'default' }, attempts: 1 },
      { event: 'ticket_dead', message: 'm1', body: 'junk', attempts: 1 },
    ])
    logged.mockRestore()
    expect((await woken).ms).toBeGreaterThanOrEqual(1_000)
  })

  it('wakes one runner of the ticket’s queue for each ticket', async () => {
    const woken: string[] = []
    const queues = ['here', 'here', 'here', 'there']
    const waits = queues.map((queue) => waitForWork(queue, 15).then(() => woken.push(queue)))
    await expectWaiting('here', 3)
    await expectWaiting('there', 1)
    await consume('reelqueue-tickets', [{ queue: 'here' }, { queue: 'here' }])
    await expectWaiting('here', 1)
    await vi.waitFor(() => expect(woken).toEqual(['here', 'here']), 5_000)
    expect(await socketCount('there')).toBe(1)
    await consume('reelqueue-tickets', [{ queue: 'there' }, { queue: 'here' }])
    await Promise.all(waits)
    expect(woken).toHaveLength(4)
  })
})

describe('a waiting runner', () => {
  it('is woken by a new job, and receives it with its next claim', async () => {
    const woken = waitForWork('default', 20)
    await expectWaiting('default', 1)
    const { id } = await createOne('tickets/woken.mp4')
    const { status, ms } = await woken
    expect(status).toBe(204)
    expect(ms).toBeLessThan(5_000)
    expect((await claimJob())?.jobId).toBe(id)
    await expectWaiting('default', 0)
  })

  it('receives 204 when its wait ends', async () => {
    const { status, ms } = await waitForWork('default', 1)
    expect(status).toBe(204)
    expect(ms).toBeGreaterThanOrEqual(1_000)
    expect(ms).toBeLessThan(3_000)
  })

  it('does not wait when there is a job', async () => {
    const { id } = await createOne('tickets/there.mp4')
    const request = {
      protocol: PROTOCOL_VERSION,
      runner: { id: 'r' },
      queues: ['empty', 'default'],
      waitSeconds: 20,
    }
    const response = await asRunner('POST', '/runner/claim', request)
    expect(await expectJson<{ jobId: string }>(response, 200)).toMatchObject({ jobId: id })
  })
})

describe('creating jobs sends one ticket for each job that can run', () => {
  const sent = vi.fn<(messages: { body: { queue: string } }[]) => void>()
  // The spy records the tickets and passes them to the real binding.
  const send = env.TICKETS.sendBatch.bind(env.TICKETS)
  beforeEach(() => {
    sent.mockClear()
    vi.spyOn(env.TICKETS, 'sendBatch').mockImplementation((messages) => {
      sent(Array.from(messages) as { body: { queue: string } }[])
      return send(messages)
    })
  })
  afterEach(() => vi.restoreAllMocks())
  const tickets = () => sent.mock.calls.flatMap(([messages]) => messages.map(({ body }) => body))

  it.each([
    [1, 4, 1],
    [3, 4, 3],
    [6, 4, 4],
    [3, 1, 1],
  ])('%i jobs with a concurrency of %i: %i tickets', async (jobs, concurrency, expected) => {
    const queue = `send-${jobs}-${concurrency}`
    await expectJson(await api('PUT', `/queues/${queue}`, { concurrency }), 200)
    const transformations = Array.from({ length: jobs }, (_, n) => `w_${100 + n}`)
    await createJobs(`tickets/${queue}.mp4`, transformations, { queue })
    await vi.waitFor(() => expect(tickets()).not.toEqual([]), 5_000)
    expect(tickets()).toEqual(Array.from({ length: expected }, () => ({ queue })))
  })

  it('and none when the concurrency is used up or the job exists', async () => {
    const queue = 'send-full'
    await expectJson(await api('PUT', `/queues/${queue}`, { concurrency: 1 }), 200)
    const filePath = 'tickets/full.mp4'
    await createOne(filePath, 'w_640', { queue })
    await claimAsRunner(queue)
    await vi.waitFor(() => expect(tickets()).toEqual([{ queue }]), 5_000)
    await createOne(filePath, 'w_640', { queue })
    await createOne(filePath, 'w_320', { queue })
    // Control: the next ticket is that of another queue, so none was sent for these two jobs.
    await createOne('tickets/control.mp4')
    await vi.waitFor(() => expect(tickets()).toEqual([{ queue }, { queue: 'default' }]), 5_000)
  })

  it('and at most 100 at once, or none for a count below 1', async () => {
    await sendTickets(env.TICKETS, 'many', 1_000)
    expect(tickets()).toHaveLength(100)
    await sendTickets(env.TICKETS, 'many', 0)
    await sendTickets(env.TICKETS, 'many', -3)
    expect(sent).toHaveBeenCalledTimes(1)
  })
})

it('a wake-up of a queue without waiting runners has no effect', async () => {
  await hub('lonely').wake(5)
  expect(await socketCount('lonely')).toBe(0)
})
