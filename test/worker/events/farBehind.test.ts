/** Clients that are far behind in the log delay no other client. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../../src/db/database.ts'
import { EventDelivery } from '../../../src/events/EventDelivery.ts'
import type { Subscription } from '../../../src/domain/subscription.ts'
import { isEvent, logIds, writeEvents, trackClients } from '../helpers/eventStream.ts'
import { createOne } from '../helpers/jobs.ts'

const { watch, closeAll } = trackClients()
afterEach(closeAll)

it.each(['', 'queue=default&'])(
  'new clients and live clients receive events while another is sent 8,000 (%s)',
  async (queue) => {
    const since = (await logIds(0)).at(-1) ?? 0
    await writeEvents(8_000)
    const live = await watch(`?${queue}`)
    const behind = await watch(`?${queue}lastEventId=${since}`)
    const newcomer = await watch(`?${queue}`)
    const { id } = await createOne(`behind/${queue.length}.mp4`)
    await live.first(isEvent(id, 'job:created'))
    await newcomer.first(isEvent(id, 'job:created'))
    expect(behind.ids().length).toBeLessThan(8_000)
    await behind.first(isEvent(id, 'job:created'))
    expect(behind.ids()).toEqual(await logIds(since))
  },
)

/** A subscriber that records the ids that it receives. */
function subscriberAt(cursor: number, filePath: string | null = null) {
  const received: number[] = []
  let attachment: Subscription = { jobId: null, filePath, pathPrefix: null, cursor }
  const socket = {
    send: (text: string) => void received.push((JSON.parse(text) as { id: number }).id),
    close: vi.fn(),
    serializeAttachment: (value: Subscription) => void (attachment = value),
  }
  return {
    received,
    closed: socket.close,
    read: () => ({ socket: socket as unknown as WebSocket, subscription: attachment }),
  }
}

/** Opens the database so that the reads of a replay wait until `release` is called. */
function gateReplays() {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>()
  let reads = 0
  const prepare = (text: string) => {
    const isReplay = text.includes('order by "events"."seq" asc')
    return wrap(env.DB.prepare(text), isReplay)
  }
  const wrap = (statement: D1PreparedStatement, isReplay: boolean): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name: keyof D1PreparedStatement) {
        if (name === 'bind') {
          return (...values: unknown[]) => wrap(target.bind(...values), isReplay)
        }
        return async (...values: never[]) => {
          if (isReplay) {
            reads++
            await gate
          }
          return (target[name] as (...values: never[]) => unknown).apply(target, values)
        }
      },
    })
  const db = openDatabase(
    new Proxy(env.DB, {
      get: (target, name) => (name === 'prepare' ? prepare : Reflect.get(target, name, target)),
    }),
  )
  return { db, release, replayReads: () => reads }
}

describe('a delivery', () => {
  it('waits for no replay, and each subscriber receives every event once and in order', async () => {
    const since = (await logIds(0)).at(-1) ?? 0
    await writeEvents(1_700)
    const before = await logIds(since)
    const cursors = { live: before.at(-1)!, near: before.at(-100)!, mid: before[800]!, far: since }
    const live = subscriberAt(cursors.live)
    const near = subscriberAt(cursors.near)
    const mid = subscriberAt(cursors.mid)
    const far = subscriberAt(cursors.far)
    const all = [far, live, mid, near]
    const { db, release, replayReads } = gateReplays()
    const delivery = new EventDelivery(db, 'default', () => all.map((one) => one.read()))

    await delivery.run()
    await writeEvents(2)
    await delivery.run()
    expect(live.received).toEqual(await logIds(cursors.live))
    expect(near.received).toEqual(await logIds(cursors.near))
    expect(mid.received).toEqual([])
    expect(far.received).toEqual([])

    release()
    await writeEvents(3)
    await delivery.run()
    const newest = (await logIds(0)).at(-1)
    await vi.waitFor(() => expect(far.received.at(-1)).toBe(newest), 5_000)
    await vi.waitFor(() => expect(mid.received.at(-1)).toBe(newest), 5_000)
    for (const [name, one] of Object.entries({ live, near, mid, far })) {
      expect(one.received).toEqual(await logIds(cursors[name as keyof typeof cursors]))
      expect(one.closed).not.toHaveBeenCalled()
    }
    // A read has up to 500 events: `mid` needs at most two reads, and `far` at most four.
    expect(replayReads()).toBeLessThanOrEqual(6)
  })

  it('ends a replay whose events were deleted meanwhile', async () => {
    const since = (await logIds(0)).at(-1) ?? 0
    await writeEvents(700)
    const far = subscriberAt(since)
    const { db, release } = gateReplays()
    const delivery = new EventDelivery(db, 'default', () => [far.read()])
    await delivery.run()
    await env.DB.prepare('DELETE FROM events').run()
    release()
    await vi.waitFor(() => expect(far.read().subscription.cursor).toBeGreaterThan(since), 5_000)
    await writeEvents(1)
    await delivery.run()
    expect(far.received).toEqual(await logIds(0))
  })

  it('closes the streams that are behind if their events cannot be read', async () => {
    const since = (await logIds(0)).at(-1) ?? 0
    await writeEvents(700)
    const [far, live] = [subscriberAt(since), subscriberAt((await logIds(0)).at(-1)!)]
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { db, release } = gateReplays()
    const delivery = new EventDelivery(db, 'default', () => [far.read(), live.read()])
    await delivery.run()
    await env.DB.prepare('ALTER TABLE events RENAME TO events_away').run()
    release()
    try {
      await vi.waitFor(() => expect(far.closed).toHaveBeenCalled(), 5_000)
      expect(live.closed).not.toHaveBeenCalled()
    } finally {
      await env.DB.prepare('ALTER TABLE events_away RENAME TO events').run()
      logged.mockRestore()
    }
  })
})
