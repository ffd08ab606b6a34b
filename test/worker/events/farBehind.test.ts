/** Clients that are far behind in the log delay no other client. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type Client,
  isEvent,
  logIds,
  readEvents,
  trackClients,
  writeEvents,
} from '../helpers/eventStream.ts'
import { addQueue } from '../helpers/database.ts'
import { createOne } from '../helpers/jobs.ts'
import { API_KEY, visitWith } from '../helpers/requests.ts'

const { watch, closeAll } = trackClients()
const behind: Client[] = []
afterEach(async () => {
  await Promise.all(behind.splice(0).map((client) => client.close()))
  await closeAll()
})

/** A database of the Worker whose reads of missed events wait until `release` is called. */
function gateReplays() {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>()
  let reads = 0
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name: keyof D1PreparedStatement) {
        if (name === 'bind') {
          return (...values: unknown[]) => wrap(target.bind(...values))
        }
        return async (...values: never[]) => {
          reads++
          await gate
          return (target[name] as (...values: never[]) => unknown).apply(target, values)
        }
      },
    })
  const prepare = (text: string) => {
    const statement = env.DB.prepare(text)
    return text.includes('from "events"') ? wrap(statement) : statement
  }
  const DB = new Proxy(env.DB, {
    get: (target, name) => (name === 'prepare' ? prepare : Reflect.get(target, name, target)),
  })
  return { DB, release, countReads: () => reads }
}

/** Opens a stream whose missed events are read from `DB`. */
async function open(DB: D1Database, query: string) {
  return visitWith({ DB }, `/queue/events?${query}`, { headers: API_KEY })
}
async function resume(DB: D1Database, query: string) {
  const client = readEvents(await open(DB, query))
  behind.push(client)
  await client.first(({ event }) => event === 'connected')
  return client
}
async function newest() {
  return (await logIds(0)).at(-1) ?? 0
}

it.each(['', 'queue=default&'])(
  'new clients and live clients receive events while another is sent 8,000 (%s)',
  async (queue) => {
    const since = await newest()
    await writeEvents(8_000)
    const { DB, release } = gateReplays()
    const live = await watch(`?${queue}`)
    const far = await resume(DB, `${queue}lastEventId=${since}`)
    const newcomer = await watch(`?${queue}`)
    const { id } = await createOne(`behind/${queue.length}.mp4`)
    await live.first(isEvent(id, 'job:created'))
    await newcomer.first(isEvent(id, 'job:created'))
    expect(far.ids()).toEqual([])
    release()
    await far.first(isEvent(id, 'job:created'))
    expect(far.ids()).toEqual(await logIds(since))
  },
)

describe('a replay', () => {
  it('reads only the events that match the filter', async () => {
    const since = await newest()
    const { id } = await createOne('behind/mine.mp4')
    await writeEvents(3_000)
    const { DB, release, countReads } = gateReplays()
    release()
    const far = await resume(DB, `filePath=behind/mine.mp4&lastEventId=${since}`)
    await far.first(isEvent(id, 'job:created'))
    expect(far.ids()).toHaveLength(1)
    expect(countReads()).toBe(1)
  })

  it('waits for a client that does not read', async () => {
    const since = await newest()
    await writeEvents(3_000)
    const { DB, release, countReads } = gateReplays()
    release()
    const response = await open(DB, `lastEventId=${since}`)
    const live = await watch()
    for (const n of [1, 2, 3]) {
      const { id } = await createOne(`behind/waits${n}.mp4`)
      await live.first(isEvent(id, 'job:created'))
    }
    // A replay of 3,000 events has six reads.
    expect(countReads()).toBeLessThanOrEqual(2)
    const far = readEvents(response)
    behind.push(far)
    const last = await newest()
    await far.first(({ id }) => id === last)
    expect(far.ids()).toEqual(await logIds(since))
  })

  it('ends if its events were deleted meanwhile', async () => {
    const since = await newest()
    await writeEvents(700)
    const { DB, release } = gateReplays()
    const far = await resume(DB, `lastEventId=${since}`)
    await env.DB.prepare('DELETE FROM events').run()
    release()
    const { id } = await createOne('behind/deleted.mp4')
    await far.first(isEvent(id, 'job:created'))
    expect(far.ids()).toEqual(await logIds(0))
  })

  it('closes the stream if its events cannot be read', async () => {
    const since = await newest()
    await writeEvents(700)
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { DB, release } = gateReplays()
    const live = await watch()
    const far = await resume(DB, `lastEventId=${since}`)
    await env.DB.prepare('ALTER TABLE events RENAME TO events_away').run()
    release()
    try {
      await vi.waitFor(() => expect(far.ended).toBe(true), 5_000)
      expect(live.ended).toBe(false)
    } finally {
      await env.DB.prepare('ALTER TABLE events_away RENAME TO events').run()
      logged.mockRestore()
    }
  })

  it('has at most 10,000 events of the queue; a client that missed more receives resync', async () => {
    const since = await newest()
    await addQueue('other')
    await writeEvents(1, 'other')
    await writeEvents(10_001)
    const [far, quiet] = [
      await watch(`?queue=default&lastEventId=${since}`),
      await watch(`?filePath=filler.mp4&queue=other&lastEventId=${since}`),
    ]
    const { id } = await createOne('behind/resync.mp4')
    await far.first(isEvent(id, 'job:created'))
    expect(far.seen.map(({ event }) => event)).toEqual(['connected', 'resync', 'job:created'])
    await quiet.first(({ event }) => event === 'job:created')
    expect(quiet.seen.map(({ event }) => event)).toEqual(['connected', 'job:created'])
  })
})
