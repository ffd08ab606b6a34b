import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, assert, expect, it, vi } from 'vitest'
import { createHubClient, PING, PONG } from '../../../src/platform/hubClient.ts'
import { api, API_KEY, expectJson, visit } from '../helpers/requests.ts'
import { putOriginal, createJobs, createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import {
  hub,
  inDefaultQueue,
  logIds,
  isEvent,
  socketCount,
  writeEvents,
  trackClients,
} from '../helpers/eventStream.ts'

const clients = trackClients()
function watch(query = '') {
  return clients.watch(inDefaultQueue(query))
}
afterEach(clients.closeAll)

/** Runs `work` while the table `events` is missing, so that every read of it fails. */
async function withoutLog<T>(work: () => Promise<T>): Promise<T> {
  await env.DB.prepare('ALTER TABLE events RENAME TO events_away').run()
  try {
    return await work()
  } finally {
    await env.DB.prepare('ALTER TABLE events_away RENAME TO events').run()
  }
}

it('a notification reads no events when there are no subscribers', async () => {
  await createOne('hub/unseen.mp4')
  await vi.waitFor(async () => expect(await socketCount()).toBe(0), 5_000)
  await withoutLog(() => hub().notify(null))

  const client = await watch()
  await expect(withoutLog(async () => hub().notify(null))).rejects.toThrow()
  // After a notification that can read the table, the client receives the event.
  const { id } = await createOne('hub/seen.mp4')
  await client.first(isEvent(id, 'job:created'))
  expect(client.durable()).toHaveLength(1)
})

it('an event whose notification was lost is sent by the watchdog’s next run', async () => {
  const client = await watch()
  await writeEvents(3)
  const last = (await logIds(0)).at(-1)
  await hub().runWatchdog()
  await client.first(({ event, id }) => event === 'job:created' && id === last)
  expect(client.durable()).toHaveLength(3)
})

it('a hub that is evicted during a stream loses no event, and the stream stays open', async () => {
  const client = await watch()
  const filePath = 'hub/evicted.mp4'
  await putOriginal(filePath)
  const since = client.seen[0]!.id!
  const jobs = []
  for (let n = 0; n < 6; n++) {
    const creating = createJobs(filePath, [`w_${100 + n}`])
    await evictDurableObject(hub()).catch(() => undefined)
    jobs.push((await creating)[0]!)
  }
  for (const { id } of jobs) {
    await client.first(isEvent(id, 'job:created'))
  }
  expect(client.ids()).toEqual(await logIds(since))
  expect(client.seen.filter(({ event }) => event === 'connected')).toHaveLength(1)
  expect(client.ended).toBe(false)
  expect(await socketCount()).toBe(1)
  for (const { id } of jobs) {
    await api('DELETE', `/queue/jobs/${id}`)
  }
})

it('a hub can hibernate between events without losing any', async () => {
  const filePath = 'hub/asleep.mp4'
  const [unfiltered, filtered] = [await watch(), await watch(`?filePath=${filePath}`)]
  const hibernate = () => evictDurableObject(hub())
  await putOriginal(filePath)
  const [job] = await createJobs(filePath, ['w_640'], { priority: 0 })
  const { id } = job!
  await unfiltered.first(isEvent(id, 'job:created'))
  await hibernate()
  const runner = await claimAsRunner()
  expect(runner.jobId).toBe(id)
  await unfiltered.first(isEvent(id, 'job:started'))
  await hibernate()
  await runner.report(30)
  await unfiltered.first(isEvent(id, 'job:progress'))
  await hibernate()
  await runner.completeWith('the output')
  await unfiltered.first(isEvent(id, 'job:completed'))
  await hibernate()
  await api('DELETE', `/queue/jobs/${id}`)
  for (const client of [unfiltered, filtered]) {
    await client.first(isEvent(id, 'job:deleted'))
    const mine = client.seen.filter(
      ({ event, data }) =>
        data['jobId'] === id && !(event === 'job:progress' && data['progress'] !== 30),
    )
    expect(mine.map(({ event }) => event)).toEqual([
      'job:created',
      'job:started',
      'job:progress',
      'job:completed',
      'job:deleted',
    ])
    expect(client.ended).toBe(false)
  }
})

/** Counts what is done to deliver the newest events to all clients of the hub. */
async function countWork() {
  const storage = await runInDurableObject(hub(), (_instance, state) => state.storage)
  const spies = {
    encodings: vi.spyOn(TextEncoder.prototype, 'encode'),
    attachmentsWritten: vi.spyOn(WebSocket.prototype, 'serializeAttachment'),
    attachmentsRead: vi.spyOn(WebSocket.prototype, 'deserializeAttachment'),
    stored: vi.spyOn(storage, 'put'),
    statements: vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, 'prepare'),
  }
  await hub().notify(null)
  const counts = Object.entries(spies).map(([name, spy]) => [name, spy.mock.calls.length] as const)
  vi.restoreAllMocks()
  return Object.fromEntries(counts)
}

it('an event is read, encoded and stored once for all clients', async () => {
  const open = [await watch()]
  await writeEvents(1)
  const forOneClient = await countWork()
  expect(forOneClient).toEqual({
    encodings: 1,
    attachmentsWritten: 0,
    attachmentsRead: 0,
    stored: 1,
    statements: 1,
  })
  while (open.length < 200) {
    open.push(...(await Promise.all(Array.from({ length: 20 }, () => watch()))))
  }
  await writeEvents(1)
  expect(await countWork()).toEqual(forOneClient)
  const last = (await logIds(0)).at(-1)
  await Promise.all(
    open.map((client) => client.first(({ id, event }) => id === last && event === 'job:created')),
  )
})

it('opening a stream needs one statement, with and without a job and a last id', async () => {
  const { id } = await createOne('hub/one-statement.mp4')
  const last = (await logIds(0)).at(-1)
  await watch()
  for (const query of ['', '?queue=default', `?jobId=${id}`, `?jobId=${id}&lastEventId=${last}`]) {
    const prepared = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, 'prepare')
    await clients.watch(query)
    const statements = prepared.mock.calls.length
    vi.restoreAllMocks()
    expect(statements, query).toBe(1)
  }
})

it('a live client receives 1,200 events in order while 50 clients read nothing', async () => {
  const stalled = await Promise.all(
    Array.from({ length: 50 }, () => visit('/queue/events?queue=default', { headers: API_KEY })),
  )
  const live = await watch()
  const since = live.seen[0]!.id!
  for (let round = 0; round < 60; round++) {
    await writeEvents(20)
    await hub().notify(null)
  }
  const expected = await logIds(since)
  await live.first(({ id, event }) => id === expected.at(-1) && event === 'job:created')
  expect(expected).toHaveLength(1_200)
  expect(live.ids()).toEqual(expected)
  await Promise.all(stalled.map(({ body }) => body!.cancel()))
})

it('a hub with a client and no jobs stores nothing and sets no alarm', async () => {
  await expectJson(await api('PUT', '/queues/still', {}), 200)
  const client = await watch('?queue=still')
  const stored = await runInDurableObject(hub('still'), async (_instance, state) => ({
    keys: [...(await state.storage.list()).keys()],
    alarm: await state.storage.getAlarm(),
  }))
  expect(stored).toEqual({ keys: [], alarm: null })
  expect(client.ended).toBe(false)
})

it('the runtime responds to a ping while the hub hibernates', async () => {
  const filter = { jobId: null, filePath: null, pathPrefix: null }
  const stream = await createHubClient(env.HUBS).openStream('default', {
    filter,
    since: null,
    job: null,
  })
  assert(stream.ok)
  const { socket } = stream
  const pong = new Promise((resolve) =>
    socket.addEventListener('message', ({ data }) => resolve(data)),
  )
  socket.accept()
  await evictDurableObject(hub())
  socket.send(PING)
  expect(await pong).toBe(PONG)
  // The runtime sent the pong: the hub has no handler for socket messages.
  const [stamp, hasMessageHandler] = await runInDurableObject(hub(), (instance, state) => [
    state.getWebSocketAutoResponseTimestamp(state.getWebSockets('stream')[0]!),
    'webSocketMessage' in instance,
  ])
  expect(stamp).toBeInstanceOf(Date)
  expect(hasMessageHandler).toBe(false)
  socket.close(1000)
})

it('a subscriber with an invalid attachment is disconnected, and others continue', async () => {
  const both = [await watch(), await watch()]
  await runInDurableObject(hub(), (_instance, state) =>
    state.getWebSockets('stream')[0]!.serializeAttachment({ cursor: 'of another version' }),
  )
  // Attachments are read when the hub starts again.
  await evictDurableObject(hub())
  const { id } = await createOne('hub/of-another-version.mp4')
  await vi.waitFor(() => expect(both.filter(({ ended }) => ended)).toHaveLength(1), 5_000)
  const connected = both.find(({ ended }) => !ended)!
  await connected.first(isEvent(id, 'job:created'))
})

it('closing a hub’s sockets ends the streams, and a client resumes without a gap', async () => {
  const client = await watch()
  const since = client.seen[0]!.id!
  await evictDurableObject(hub(), { webSockets: 'close' })
  await vi.waitFor(() => expect(client.ended).toBe(true), 5_000)
  const { id } = await createOne('hub/resumed.mp4')
  const again = await watch(`?lastEventId=${since}`)
  await again.first(isEvent(id, 'job:created'))
  expect(again.ids()).toEqual(await logIds(since))
})
