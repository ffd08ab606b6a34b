import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { findStreamStart, listEvents } from '../../../src/db/events.ts'
import { api } from '../helpers/requests.ts'
import { putOriginal, createJobs, createOne } from '../helpers/jobs.ts'
import { openPlatform } from '../helpers/database.ts'
import { meter } from '../helpers/meteredDatabase.ts'
import {
  type Client,
  hub,
  inDefaultQueue,
  logIds,
  isEvent,
  writeEvents,
  trackClients,
} from '../helpers/eventStream.ts'

const clients = trackClients()
function watch(query = '', headers: Record<string, string> = {}) {
  return clients.open(inDefaultQueue(query), headers)
}
afterEach(clients.closeAll)
async function newest() {
  return (await logIds(0)).at(-1) ?? 0
}
/** Waits until a client has received the newest event of the log. */
async function waitForNewest(client: Client, queue = 'default') {
  const last = (await logIds(0, queue)).at(-1)
  await client.first(({ id, event }) => id === last && event !== 'connected')
}

describe('a client that reconnects', () => {
  it.each(['in the header', 'in the query'])(
    'that sends its last id %s receives the missed events in order',
    async (how) => {
      const client = await watch()
      const { id: first } = await createOne(`replay/${how}/1.mp4`)
      const last = (await client.first(isEvent(first, 'job:created'))).id!
      await client.close()
      const { id: second } = await createOne(`replay/${how}/2.mp4`)
      await api('POST', `/queue/jobs/${first}/cancel`)
      await api('POST', `/queue/jobs/${second}/cancel`)

      const again =
        how === 'in the header'
          ? await watch('', { 'Last-Event-ID': String(last) })
          : await watch(`?lastEventId=${last}`)
      await again.first(isEvent(second, 'job:cancelled'))
      expect(again.seen[0]).toMatchObject({ event: 'connected', id: last })
      expect(again.ids()).toEqual(await logIds(last))
      expect(again.durable().map(({ event, data }) => [event, data['jobId']])).toEqual([
        ['job:created', second],
        ['job:cancelled', first],
        ['job:cancelled', second],
      ])
    },
  )

  it('that missed nothing receives only new events', async () => {
    const last = await newest()
    const client = await watch(`?lastEventId=${last}`)
    const { id } = await createOne('replay/next.mp4')
    await client.first(isEvent(id, 'job:created'))
    expect(client.ids()).toEqual(await logIds(last))
  })

  it('receives the missed events that match its filter', async () => {
    const last = await newest()
    const { id: mine } = await createOne('replay/mine.mp4')
    const { id: other } = await createOne('replay/other.mp4')
    await api('POST', `/queue/jobs/${other}/cancel`)
    await api('POST', `/queue/jobs/${mine}/cancel`)
    const client = await watch(`?filePath=replay/mine.mp4&lastEventId=${last}`)
    await client.first(isEvent(mine, 'job:cancelled'))
    expect(client.durable().map(({ data }) => data['jobId'])).toEqual([mine, mine])
  })

  it('receives 1,200 missed events, more than the hub reads at once', async () => {
    const last = await newest()
    await writeEvents(1_200)
    const client = await watch(`?lastEventId=${last}`)
    await waitForNewest(client)
    expect(client.ids()).toHaveLength(1_200)
    expect(client.ids()).toEqual(await logIds(last))
  })

  it('receives each event once when events are written during the replay', async () => {
    const last = await newest()
    await writeEvents(1_200)
    const old = await watch()
    await old.first(({ event }) => event === 'connected')
    const before = await newest()
    for (let round = 0; round < 10; round++) {
      const from = last + round * 100
      const coming = watch(`?lastEventId=${from}`)
      const notifications = []
      for (let n = 0; n < 8; n++) {
        await writeEvents(1)
        notifications.push(hub().notify(null))
      }
      const client = await coming
      await Promise.all(notifications)
      await waitForNewest(client)
      expect(client.ids()).toEqual(await logIds(from))
      await client.close()
    }
    await waitForNewest(old)
    expect(old.ids()).toEqual(await logIds(before))
  })
})

it('an event written without a notification is sent with the next notification', async () => {
  const client = await watch()
  const before = client.seen.length
  await client.first(({ event }) => event === 'connected')
  await writeEvents(3)
  await hub().notify(null)
  await waitForNewest(client)
  expect(client.seen.length).toBeGreaterThanOrEqual(before + 3)
})

describe('resync', () => {
  const resync = ({ event }: { event: string }) => event === 'resync'

  it('is sent when the missed events were deleted, and the stream continues', async () => {
    await writeEvents(20)
    const ids = await logIds(0)
    const oldest = ids.at(-10)!
    await env.DB.prepare('DELETE FROM events WHERE seq < ?').bind(oldest).run()

    const lost = await watch(`?lastEventId=${oldest - 2}`)
    expect((await lost.first(resync)).data).toEqual({ reason: expect.any(String) })
    const { id } = await createOne('replay/after.mp4')
    await lost.first(isEvent(id, 'job:created'))
    expect(lost.seen.map(({ event }) => event)).toEqual(['connected', 'resync', 'job:created'])
    expect(lost.seen[0]!.id).toBe(ids.at(-1))

    // The oldest id after which no event is missing.
    const complete = await watch(`?lastEventId=${oldest - 1}`)
    await complete.first(isEvent(id, 'job:created'))
    expect(complete.seen.filter(resync)).toEqual([])
    expect(complete.ids()).toEqual(await logIds(oldest - 1))
  })

  it('is sent for an id that never existed', async () => {
    const client = await watch(`?lastEventId=${(await newest()) + 1_000}`)
    await client.first(resync)
  })

  it('is not sent when only events of other queues were missed', async () => {
    await api('PUT', '/queues/quiet', {})
    const before = await watch('?queue=quiet')
    const { id: seen } = await before.first(({ event }) => event === 'connected')
    await before.close()
    await createOne('replay/loud.mp4')
    await putOriginal('replay/quiet.mp4')
    const [job] = await createJobs('replay/quiet.mp4', undefined, { queue: 'quiet' })
    const client = await watch(`?queue=quiet&lastEventId=${seen}`)
    await client.first(isEvent(job!.id, 'job:created'))
    expect(client.seen.map(({ event }) => event)).toEqual(['connected', 'job:created'])
  })

  it('is not sent again after the client received it, even if the whole log was deleted', async () => {
    await env.DB.prepare('DELETE FROM events').run()
    const lost = await watch('?lastEventId=3')
    await lost.first(resync)
    const { id: seen } = lost.seen[0]!
    await lost.close()
    const { id } = await createOne('replay/pruned.mp4')
    const client = await watch(`?lastEventId=${seen}`)
    await client.first(isEvent(id, 'job:created'))
    expect(client.seen.map(({ event }) => event)).toEqual(['connected', 'job:created'])
  })
})

it('reading new events reads at most one row more than it returns, and their range at most 6', async () => {
  await writeEvents(1_200)
  const metered = meter(env.DB)
  const { db } = openPlatform(metered.d1).platform
  const rowsRead = async (read: () => Promise<unknown>) => (await metered.cost(read)).rowsRead
  // The limits of `listEvents` include one more row: the next row of the index may be read too.
  const findStart = (since: number | null) =>
    findStreamStart(db, { queue: 'default', job: null, since }, 2_000)
  const { newest: last } = await findStart(null)
  expect(await rowsRead(() => findStart(null))).toBeLessThanOrEqual(6)
  expect(await rowsRead(() => findStart(last - 1_200))).toBeLessThanOrEqual(6)
  expect(await rowsRead(() => listEvents(db, 'default', last, 500))).toBeLessThanOrEqual(1)
  expect(await rowsRead(() => listEvents(db, 'default', last - 3, 500))).toBeLessThanOrEqual(4)
  expect(await rowsRead(() => listEvents(db, 'default', 0, 500))).toBeLessThanOrEqual(501)
})
