/** Events reach the receivers of webhooks, whatever fails, by the clock of the test. */
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { webhookPayload, type WebhookPayload } from '../../../src/contract/webhook.ts'
import { ROOT } from '../../../src/domain/caller.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { readDeliveries, replay } from '../../../src/services/webhooks/deliveries.ts'
import {
  changeEndpoint,
  deleteEndpoint,
  readEndpoint,
  rotateSecret,
  serializeWebhook,
} from '../../../src/services/webhooks/endpoints.ts'
import { dispatchEvents } from '../../../src/services/webhooks/dispatch.ts'
import { sendDeliveries } from '../../../src/services/webhooks/sender.ts'
import { countRows } from '../helpers/database.ts'
import { insertJobIn } from '../helpers/jobStore.ts'
import { DOWN, type Message, openWebhooks, respond } from '../helpers/webhooks.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const { platform, received, receiver, run, advance, create, loseWakeUps } = openWebhooks()

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  for (const table of ['webhook_endpoints', 'webhook_deliveries', 'jobs', 'events']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
  received.length = 0
  receiver.answer = () => respond(200)
  loseWakeUps()
})
afterEach(() => vi.useRealTimers())

function ids(messages: Message[] = received) {
  return messages.map(({ headers }) => headers['webhook-id'])
}
function read({ body }: Message): WebhookPayload {
  return webhookPayload.parse(JSON.parse(body))
}
function jobIds(messages: Message[] = received) {
  return messages.map((message) => read(message).data.jobId)
}
async function status(id: string) {
  const found = await readEndpoint(platform, ROOT, id)
  return found.ok ? serializeWebhook(found.row) : null
}
async function log(id: string) {
  const found = await readDeliveries(platform, ROOT, id, {
    limit: 100,
    status: undefined,
    before: undefined,
  })
  return found.ok ? found.deliveries.toReversed() : []
}

describe('a message', () => {
  it('about a changed priority has the status of the job', async () => {
    await create({ types: ['job.prioritized'] })
    const job = await insertJobIn('pending')
    await env.DB.prepare('UPDATE jobs SET priority = 9 WHERE id = ?').bind(job.id).run()
    await run()
    const [message] = received.map(read)
    expect(message).toMatchObject({
      type: 'job.prioritized',
      data: { jobId: job.id, status: 'pending', job: { priority: 9 } },
    })
    expect(message!.data).not.toHaveProperty('error')
  })

  it('has the job, is signed after the specification, and is sent once', async () => {
    const { secret, id } = await create({ types: ['job.completed', 'job.error'] })
    const job = await insertJobIn('completed')
    await run()
    await run()
    expect(received).toHaveLength(1)
    const [{ headers, body }] = received as [Message]
    const verified = new Webhook(secret).verify(body, headers)
    expect(webhookPayload.parse(verified)).toMatchObject({
      type: 'job.completed',
      data: {
        jobId: job.id,
        status: 'completed',
        job: { id: job.id, status: 'completed', output: { width: 640 }, timings: { encode: 10 } },
      },
    })
    expect(headers['webhook-id']).toBe(`evt_${read(received[0]!).data.sequence}`)
    expect(await log(id)).toMatchObject([
      { status: 'delivered', attempts: 1, responseStatus: 200, response: 'an answer' },
    ])
    const other = new Webhook((await create()).secret)
    expect(() => other.verify(body, headers)).toThrow('No matching signature')
  })

  it('has the tags and the metadata of the job', async () => {
    await create()
    const fields = { tags: ['trailer', 'de'], metadata: { order: '17' } }
    const job = await insertJobIn('completed')
    await env.DB.prepare('UPDATE jobs SET tags = ?, metadata = ? WHERE id = ?')
      .bind(JSON.stringify(fields.tags), JSON.stringify(fields.metadata), job.id)
      .run()
    await run()
    expect(received.map(read)).toMatchObject([{ data: { jobId: job.id, job: fields } }])
  })

  it('is sent only for the types, the queue and the folder of the endpoint', async () => {
    await env.DB.exec("INSERT OR IGNORE INTO queues (name) VALUES ('films')")
    await create({ url: 'https://all.example.com/' })
    await create({ url: 'https://queue.example.com/', queue: 'films' })
    await create({ url: 'https://folder.example.com/', pathPrefix: 'a/' })
    await create({ url: 'https://errors.example.com/', types: ['job.error'] })
    await insertJobIn('completed', { filePath: 'a/1.mp4' })
    await insertJobIn('completed', { filePath: 'ab/2.mp4', queue: 'films' })
    await run()
    const sent = received.map(
      (message) => `${new URL(message.url).host} ${read(message).data.filePath}`,
    )
    expect(sent.toSorted()).toEqual([
      'all.example.com a/1.mp4',
      'all.example.com ab/2.mp4',
      'folder.example.com a/1.mp4',
      'queue.example.com ab/2.mp4',
    ])
  })

  it('is less than 20 kB, without input and output if need be', async () => {
    await create()
    const job = await insertJobIn('completed')
    const tracks = JSON.stringify({ ...job.output, note: 'x'.repeat(30_000) })
    await env.DB.prepare('UPDATE jobs SET input = ? WHERE id = ?').bind(tracks, job.id).run()
    await run()
    expect(received[0]!.body.length).toBeLessThan(20_000)
    expect(read(received[0]!).data).toMatchObject({ truncated: true, job: { output: null } })
  })
})

describe('the messages of a job', () => {
  const types = ['job.created', 'job.started', 'job.completed']

  it('are sent one after another in the order of the events, while those of other jobs are sent', async () => {
    await create({ types })
    const jobs = [await insertJobIn('completed'), await insertJobIn('completed')]
    const open: string[] = []
    const together: string[][] = []
    receiver.answer = async (message) => {
      open.push(read(message).data.jobId!)
      together.push([...open])
      await Promise.resolve()
      await env.DB.prepare('SELECT 1').run()
      open.splice(open.indexOf(read(message).data.jobId!), 1)
      return respond(200)
    }
    await run()
    for (const { id } of jobs) {
      const own = received.map(read).filter(({ data }) => data.jobId === id)
      expect(own.map(({ type }) => type)).toEqual(types)
    }
    expect(together.every((one) => new Set(one).size === one.length)).toBe(true)
    expect(together.some((one) => one.length === 2)).toBe(true)
  })

  it('say by their sequence which one is newer, if one that was refused arrives later', async () => {
    await create({ types })
    const job = await insertJobIn('completed')
    receiver.answer = (message) => respond(read(message).type === 'job.started' ? 500 : 200)
    await run()
    receiver.answer = () => respond(200)
    await advance(MINUTE_MS)
    const [created, refused, completed, started] = received.map(read)
    expect(jobIds()).toEqual(Array(4).fill(job.id))
    expect([created, refused, completed, started].map((one) => one!.type)).toEqual([
      'job.created',
      'job.started',
      'job.completed',
      'job.started',
    ])
    expect(ids()[1]).toBe(ids()[3])
    expect(started!.data.sequence).toBe(refused!.data.sequence)
    expect(started!.data.sequence).toBeLessThan(completed!.data.sequence)
    expect(started!.data.sequence).toBeGreaterThan(created!.data.sequence)
  })
})

describe('a receiver that fails', () => {
  it('gets each event once and in order after it was down for an hour', async () => {
    const { id } = await create()
    const jobs: string[] = []
    receiver.answer = () => DOWN
    for (let n = 0; n < 20; n++) {
      jobs.push((await insertJobIn('completed')).id)
      await run()
      await advance(3 * MINUTE_MS)
    }
    expect(await status(id)).toMatchObject({ disabled: false, failingSince: expect.any(String) })
    const tries = received.length
    // Far fewer than the events times their retries.
    expect(tries).toBeLessThan(40)
    received.length = 0
    receiver.answer = () => respond(204)
    await advance(10 * MINUTE_MS)
    expect(jobIds()).toEqual(jobs)
    expect(await status(id)).toMatchObject({
      failingSince: null,
      retryAt: null,
      delivered: 20,
      failedAttempts: tries,
    })
  })

  it('is tried over a day, then disabled, which an event says, and continues when enabled', async () => {
    const { id } = await create()
    const other = await create({ url: 'https://other.example.com/', types: ['webhook.disabled'] })
    receiver.answer = ({ url }) => (url.includes('hooks') ? respond(500) : respond(200))
    const began = Date.now()
    const job = await insertJobIn('completed')
    await run()
    await advance(20 * HOUR_MS)
    expect(await status(id)).toMatchObject({ disabled: false })
    await advance(20 * HOUR_MS)
    expect(await status(id)).toMatchObject({ disabled: true, disabledReason: 'failing' })
    const tries = received.filter(({ url }) => url.includes('hooks')).map(({ at }) => at - began)
    expect(tries.length).toBeGreaterThanOrEqual(8)
    expect(tries.slice(0, 3)).toEqual([0, expect.closeTo(5_000, -4), expect.closeTo(305_000, -6)])
    expect(received.filter(({ url }) => url.includes('other')).map(read)).toMatchObject([
      { type: 'webhook.disabled', data: { webhookId: id, reason: 'failing' } },
    ])
    expect(await countRows('events', "type = 'webhook:disabled'")).toBe(1)
    expect(await status(other.id)).toMatchObject({ disabled: false })

    const missed = await insertJobIn('completed')
    await run()
    received.length = 0
    receiver.answer = () => respond(200)
    await advance(HOUR_MS)
    expect(received).toHaveLength(0)
    await changeEndpoint(platform, ROOT, id, { disabled: false })
    await advance(MINUTE_MS)
    expect(jobIds()).toEqual([job.id, missed.id])
  })

  it('is disabled at once by 410, and no other is', async () => {
    const gone = await create({ url: 'https://gone.example.com/' })
    const other = await create()
    receiver.answer = ({ url }) => respond(url.includes('gone') ? 410 : 200)
    await insertJobIn('completed')
    await insertJobIn('completed')
    await run()
    expect(await status(gone.id)).toMatchObject({ disabled: true, disabledReason: 'gone' })
    expect(await status(other.id)).toMatchObject({ disabled: false, delivered: 2 })
  })

  it('with 429 and Retry-After is left alone for that time, even if new events come', async () => {
    await create()
    receiver.answer = () => respond(429, '600')
    await insertJobIn('completed')
    await run()
    expect(received).toHaveLength(1)
    receiver.answer = () => respond(200)
    await insertJobIn('completed')
    await advance(9 * MINUTE_MS)
    expect(received).toHaveLength(1)
    await advance(2 * MINUTE_MS)
    expect(received).toHaveLength(3)
    expect(new Set(ids()).size).toBe(2)
  })

  it('for one message gets the others, and that message again, until it is given up', async () => {
    const { id } = await create()
    const bad = await insertJobIn('completed')
    receiver.answer = (message) => respond(read(message).data.jobId === bad.id ? 500 : 200)
    await run()
    for (let hour = 0; hour < 40; hour += 2) {
      await insertJobIn('completed')
      await advance(2 * HOUR_MS)
    }
    const deliveries = await log(id)
    expect(deliveries[0]).toMatchObject({ status: 'failed', responseStatus: 500, jobId: bad.id })
    expect(deliveries[0]!.attempts).toBeGreaterThanOrEqual(8)
    expect(deliveries[0]!.attempts).toBeLessThan(20)
    expect(deliveries.slice(1).every((one) => one.status === 'delivered')).toBe(true)
    expect(deliveries).toHaveLength(21)
    expect(await status(id)).toMatchObject({ disabled: false })
    // None waited longer than until the next try.
    const arrivals = received.filter((message) => read(message).data.jobId !== bad.id)
    const waits = arrivals.map(
      (message) => message.at - Date.parse(read(message).data.job!.createdAt),
    )
    expect(Math.max(...waits)).toBeLessThanOrEqual(6 * MINUTE_MS)
  })

  it('does not delay another endpoint while it does not answer', async () => {
    const slow = await create({ url: 'https://slow.example.com/' })
    const fast = await create()
    const { promise: late, resolve } = Promise.withResolvers<object>()
    receiver.answer = ({ url }) => (url.includes('slow') ? late : respond(200))
    await insertJobIn('completed')
    await dispatchEvents(platform)
    const sending = sendDeliveries(platform, slow.id)
    await sendDeliveries(platform, fast.id)
    expect(await status(fast.id)).toMatchObject({ delivered: 1 })
    expect(await status(slow.id)).toMatchObject({ delivered: 0 })
    resolve(DOWN)
    await sending
    expect(await status(slow.id)).toMatchObject({ failedAttempts: 1 })
  })
})

describe('wake-ups and invocations', () => {
  it('that are lost are made up for by the cron trigger', async () => {
    await create()
    const job = await insertJobIn('completed')
    await dispatchEvents(platform)
    loseWakeUps()
    expect(received).toHaveLength(0)
    await advance(2 * MINUTE_MS)
    expect(jobIds()).toEqual([job.id])
  })

  it('that run twice at once send each event once', async () => {
    const { id } = await create()
    for (let n = 0; n < 10; n++) {
      await insertJobIn('completed')
    }
    await Promise.all([1, 2, 3].map(() => dispatchEvents(platform)))
    expect(await countRows('webhook_deliveries')).toBe(10)
    await Promise.all([1, 2, 3].map(() => sendDeliveries(platform, id)))
    await run()
    expect(new Set(ids()).size).toBe(10)
    expect(received).toHaveLength(10)
  })

  it('that end before they record anything lead to the same message again', async () => {
    const { id } = await create()
    await insertJobIn('completed')
    await dispatchEvents(platform)
    const failing = {
      ...platform,
      webhooks: {
        ...platform.webhooks,
        post: async (message: Parameters<typeof platform.webhooks.post>[0]) => {
          await platform.webhooks.post(message)
          throw new Error('the invocation ends')
        },
      },
    }
    await expect(sendDeliveries(failing, id)).rejects.toThrow('the invocation ends')
    await advance(5 * MINUTE_MS)
    expect(received).toHaveLength(2)
    expect(ids()[0]).toBe(ids()[1])
    expect(received[0]!.body).toBe(received[1]!.body)
    expect(await status(id)).toMatchObject({ delivered: 1 })
  })

  it('for an endpoint that is deleted while it is sent to change nothing', async () => {
    const { id } = await create()
    const other = await create({ url: 'https://other.example.com/' })
    await insertJobIn('completed')
    await insertJobIn('completed')
    receiver.answer = async ({ url }) => {
      if (url.includes('hooks')) {
        await deleteEndpoint(platform, ROOT, id)
      }
      return respond(500)
    }
    await run()
    receiver.answer = () => respond(200)
    await advance(HOUR_MS)
    expect(await status(id)).toBeNull()
    expect(received.filter(({ url }) => url.includes('hooks'))).toHaveLength(2)
    expect(await status(other.id)).toMatchObject({ delivered: 2 })
    await runCleaner(platform, platform.settings.retention)
    expect(await countRows('webhook_deliveries', 'endpoint_id = ?', id)).toBe(0)
    expect(await countRows('webhook_endpoints')).toBe(1)
    expect(await countRows('webhook_deliveries')).toBe(2)
  })
})

it('after a rotation both secrets verify for a day, and then only the new one', async () => {
  const { id, secret } = await create()
  const rotated = await rotateSecret(platform, ROOT, id)
  if (!rotated.ok) {
    throw new Error(rotated.message)
  }
  const verifies = (key: string, { body, headers }: Message) => {
    vi.setSystemTime(Number(headers['webhook-timestamp']) * 1000)
    try {
      new Webhook(key).verify(body, headers)
      return true
    } catch {
      return false
    }
  }
  await insertJobIn('completed')
  await run()
  expect([verifies(secret, received[0]!), verifies(rotated.secret, received[0]!)]).toEqual([
    true,
    true,
  ])
  vi.setSystemTime(Date.now() + DAY_MS + MINUTE_MS)
  await insertJobIn('completed')
  await run()
  expect([verifies(secret, received[1]!), verifies(rotated.secret, received[1]!)]).toEqual([
    false,
    true,
  ])
})

it('replays one, a range, and all that failed since a time, with the same ids', async () => {
  const { id } = await create()
  const jobs = [await insertJobIn('completed'), await insertJobIn('completed')]
  await run()
  const bad = await insertJobIn('completed')
  receiver.answer = (message) => respond(read(message).data.jobId === bad.id ? 500 : 200)
  for (let day = 0; day < 5; day++) {
    await run()
    await insertJobIn('completed')
    await advance(10 * HOUR_MS)
  }
  const [first, second, failed] = await log(id)
  expect(failed).toMatchObject({ status: 'failed' })
  receiver.answer = () => respond(200)
  const replayed = async (request: Parameters<typeof replay>[3]) => {
    received.length = 0
    const outcome = await replay(platform, ROOT, id, request)
    await run()
    return { outcome, ids: ids() }
  }
  expect(await replayed({ sequence: first!.sequence })).toMatchObject({
    outcome: { replayed: 1 },
    ids: [first!.messageId],
  })
  expect(read(received[0]!).data.job).toMatchObject({ id: jobs[0]!.id })
  expect(await replayed({ from: first!.sequence, to: second!.sequence })).toMatchObject({
    outcome: { replayed: 2 },
    ids: [first!.messageId, second!.messageId],
  })
  const failedSince = new Date(Date.now() - 49 * HOUR_MS).toISOString()
  expect(await replayed({ failedSince })).toMatchObject({
    outcome: { replayed: 1 },
    ids: [failed!.messageId],
  })
  expect(await replayed({ failedSince })).toMatchObject({ outcome: { replayed: 0 }, ids: [] })
  expect(await replayed({ sequence: 999_999 })).toMatchObject({
    outcome: { code: 'delivery_not_found' },
  })
})

it('keeps events that an endpoint was not handed, and tells which ones were lost', async () => {
  const { id } = await create()
  await insertJobIn('completed')
  const { eventDays } = platform.settings.retention
  const clean = () => runCleaner(platform, { ...platform.settings.retention, jobDays: 3_650 })
  vi.setSystemTime(Date.now() + (eventDays + 1) * DAY_MS)
  await clean()
  expect(await countRows('events')).toBe(3)
  // Control: a disabled endpoint keeps none.
  await changeEndpoint(platform, ROOT, id, { disabled: true })
  await clean()
  expect(await countRows('events')).toBe(0)
  await changeEndpoint(platform, ROOT, id, { disabled: false })
  const after = await insertJobIn('completed')
  await run()
  expect(jobIds()).toEqual([after.id])
  const { lostEvents } = (await status(id))!
  expect(lostEvents!.to - lostEvents!.from).toBe(2)
})
