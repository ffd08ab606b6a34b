/** Event streams that follow several queues. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ALL_QUEUES } from '../../../src/services/ports.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { addQueue } from '../helpers/database.ts'
import { hub, isEvent, socketCount, writeEvents, trackClients } from '../helpers/eventStream.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { api, expectJson, visit } from '../helpers/requests.ts'

const QUEUES = ['default', 'one', 'two']
const { watch, closeAll } = trackClients()
beforeAll(async () => {
  await addQueue('one')
  await addQueue('two')
  await putOriginal('a/clip.mp4')
  await putOriginal('b/clip.mp4')
})
afterEach(async () => {
  await closeAll()
  await vi.waitFor(async () => expect(await socketCount(ALL_QUEUES)).toBe(0), 5_000)
})

let width = 100
/** Creates a job in each queue, and returns their ids. */
async function createInEachQueue(filePath = 'a/clip.mp4') {
  width += 2
  const ids: string[] = []
  for (const [n, queue] of QUEUES.entries()) {
    ids.push((await createOne(filePath, `w_${width},h_${100 + 2 * n}`, { queue })).id)
  }
  return ids
}
async function eventIds(after: number) {
  const statement = env.DB.prepare('SELECT seq FROM events WHERE seq > ? ORDER BY seq').bind(after)
  return (await statement.all<{ seq: number }>()).results.map(({ seq }) => seq)
}

describe('without a queue', () => {
  it('a key receives the events of all queues in order, also of a queue created later', async () => {
    const client = await watch()
    const since = client.seen[0]!.id!
    const ids = await createInEachQueue()
    await expectJson(await api('PUT', '/queues/late', {}), 200)
    const late = await createOne('a/clip.mp4', 'f_webm', { queue: 'late' })
    await client.first(isEvent(late.id, 'job:created'))
    expect(client.durable().map(({ data }) => data['jobId'])).toEqual([...ids, late.id])
    expect(client.ids()).toEqual(await eventIds(since))
    await api('DELETE', `/queue/jobs/${late.id}`)
  })

  it('a key receives progress of each queue', async () => {
    const client = await watch()
    const job = await createOne('a/clip.mp4', 'w_98', { queue: 'two', priority: 0 })
    const runner = await claimAsRunner('two')
    expect(runner.jobId).toBe(job.id)
    await runner.report(40)
    await client.first(isEvent(job.id, 'job:progress'))
    await runner.completeWith()
    await client.first(isEvent(job.id, 'job:completed'))
  })

  it('a client that reconnects receives what it missed in every queue', async () => {
    const client = await watch()
    const since = client.seen[0]!.id!
    await client.close()
    for (const queue of QUEUES) {
      await writeEvents(400, queue)
    }
    const last = (await createInEachQueue()).at(-1)!
    const again = await watch(`?lastEventId=${since}`)
    await again.first(isEvent(last, 'job:created'))
    expect(again.ids()).toEqual(await eventIds(since))
  })

  it('an event whose notification was lost is sent when the watchdog of another queue runs', async () => {
    const client = await watch()
    await writeEvents(3, 'two')
    await hub('one').runWatchdog()
    await vi.waitFor(() => expect(client.durable()).toHaveLength(3), 5_000)
  })

  it('a key with a path prefix receives the events of its folder in all queues', async () => {
    const key = await makeKey({ scopes: ['events:read'], pathPrefix: 'a/' })
    const client = await watch('', key.headers)
    await createInEachQueue('b/clip.mp4')
    const ids = await createInEachQueue('a/clip.mp4')
    await client.first(isEvent(ids.at(-1)!, 'job:created'))
    expect(client.durable().map(({ data }) => data['jobId'])).toEqual(ids)
  })

  it('a key of one queue receives only the events of that queue', async () => {
    const key = await makeKey({ scopes: ['events:read'], queue: 'one' })
    const client = await watch('', key.headers)
    await createInEachQueue()
    const ids = await createInEachQueue()
    await client.first(isEvent(ids[1]!, 'job:created'))
    expect(client.durable()).toHaveLength(2)
  })

  it('a visitor receives the events of a file in all queues', async () => {
    const client = await watch('?filePath=a/clip.mp4', { Authorization: '' })
    await createInEachQueue('b/clip.mp4')
    const ids = await createInEachQueue('a/clip.mp4')
    await client.first(isEvent(ids.at(-1)!, 'job:created'))
    expect(client.durable().map(({ data }) => data['jobId'])).toEqual(ids)
  })

  it('a token follows all queues, and its holder can select one', async () => {
    const response = await api('POST', '/queue/events/token', { pathPrefix: 'a/' })
    const { token } = await expectJson<{ token: string }>(response, 201)
    const visitor = { Authorization: '' }
    const all = await watch(`?token=${token}`, visitor)
    const one = await watch(`?token=${token}&queue=one`, visitor)
    const ids = await createInEachQueue()
    await all.first(isEvent(ids.at(-1)!, 'job:created'))
    await one.first(isEvent(ids[1]!, 'job:created'))
    expect(all.durable()).toHaveLength(3)
    expect(one.durable()).toHaveLength(1)
    expect((await visit(`/queue/events?token=${token}&queue=none`)).status).toBe(404)
  })
})

it('with a queue, a client receives only the events of that queue', async () => {
  const client = await watch('?queue=two')
  const ids = await createInEachQueue()
  await client.first(isEvent(ids[2]!, 'job:created'))
  expect(client.durable()).toHaveLength(1)
})
