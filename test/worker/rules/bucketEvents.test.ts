/** What becomes of the notifications of the bucket: the jobs of rules, and files that changed outside of the API. */
import { env } from 'cloudflare:workers'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeKey, storedBytes } from '../helpers/apiKeys.ts'
import { countRows } from '../helpers/database.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { api, expectJson, visit } from '../helpers/requests.ts'
import {
  addRule,
  consume,
  deleted,
  emptyTables,
  jobsOf,
  readCounts,
  readRule,
  retryDelays,
  stored,
} from './helpers.ts'

emptyTables()
const logged = vi.spyOn(console, 'error')
beforeEach(() => void logged.mockClear().mockImplementation(() => undefined))
afterAll(() => logged.mockRestore())

function put(path: string, filling = 'first') {
  return api('PUT', `/files/${path}`, mp4(filling))
}
async function notifyOf(path: string) {
  return stored((await env.ORIGINALS.head(path))!)
}

describe('a file that arrives', () => {
  it('has the jobs of each rule that matches, and other files have none', async () => {
    await expectJson(await api('PUT', '/queues/films', {}), 200)
    const rule = await addRule({
      prefix: 'films/',
      suffixes: ['.mp4'],
      minBytes: 5,
      queue: 'films',
      transformations: ['h_720', { width: 640 }, 'q_60,w_640'],
      priority: 7,
      tags: ['intake'],
    })
    const all = await addRule({ transformations: ['t_true'] })
    const film = await putOriginal('films/a.MP4', 'long enough')
    const other = await putOriginal('films/b.mov', 'long enough')
    await consume([stored(film), stored(other, { action: 'CompleteMultipartUpload' })])
    const made = { queue: 'films', priority: 7, tags: '["intake"]', source_etag: film.etag }
    const byDefault = { transformation: 't_true', queue: 'default', priority: 1, tags: '[]' }
    expect(await jobsOf('films/a.MP4')).toMatchObject([
      { transformation: 'h_720', ...made },
      { transformation: 'w_640', ...made },
      byDefault,
    ])
    expect(await jobsOf('films/b.mov')).toMatchObject([byDefault])
    expect(await readRule(rule.id)).toMatchObject({ jobsCreated: 2, lastError: null })
    expect(await readRule(all.id)).toMatchObject({ jobsCreated: 2 })
    expect(await readCounts()).toEqual({ matched: 2 })
  })

  it('has them once, however often the notification comes', async () => {
    await addRule()
    const event = stored(await putOriginal('twice/a.mp4'))
    await consume([event, event])
    await (await claimAsRunner()).fail('input_invalid')
    // Later, and in another form: the failed job is not made again.
    await consume([{ ...event, object: { ...event.object, eTag: `"${event.object.eTag}"` } }])
    expect(await jobsOf('twice/a.mp4')).toMatchObject([{ status: 'error' }])
    expect(await readCounts()).toEqual({ matched: 1, duplicate: 2 })
  })

  it('has no job of a variant that exists, also when the notification was forgotten', async () => {
    await addRule({ transformations: ['w_640', 'w_320'] })
    await put('exists/a.mp4')
    await createOne('exists/a.mp4', 'w_640')
    await (await claimAsRunner()).completeWith()
    await consume([await notifyOf('exists/a.mp4')])
    await (await claimAsRunner()).completeWith()
    await env.DB.exec('DELETE FROM idempotency_keys')
    await consume([await notifyOf('exists/a.mp4')])
    expect(await jobsOf('exists/a.mp4')).toMatchObject([
      { transformation: 'w_640', status: 'completed' },
      { transformation: 'w_320', status: 'completed' },
    ])
  })

  it('has them again when it is replaced, of the new content only', async () => {
    await addRule({ transformations: ['w_320'] })
    await put('again/a.mp4', 'first')
    const first = await notifyOf('again/a.mp4')
    await consume([first])
    await (await claimAsRunner()).completeWith()
    await put('again/a.mp4', 'second')
    const second = await notifyOf('again/a.mp4')
    await consume([second, first])
    expect(await jobsOf('again/a.mp4')).toMatchObject([
      { status: 'completed', source_etag: first.object.eTag },
      { status: 'pending', source_etag: second.object.eTag },
    ])
    expect(await readCounts()).toEqual({ matched: 2, outdated: 1 })
  })

  it.each([
    ['another bucket', { bucket: 'reelqueue-variants' }, 'other_bucket'],
    ['another action', { action: 'PutObjectTagging' }, 'other_action'],
  ])('has none by a notification of %s', async (_, more, outcome) => {
    await addRule()
    await consume([stored(await putOriginal('none/a.mp4'), more)])
    expect(await countRows('jobs')).toBe(0)
    expect(await readCounts()).toEqual({ [outcome]: 1 })
  })

  it.each(['job_1/1.m4s', 'none/list.m3u8', 'none/readme.txt', 'none//a.mp4', '/none/a.mp4'])(
    'has none at %s, which is no path of an original',
    async (key) => {
      await addRule()
      await consume([stored(await putOriginal(key))])
      expect(await countRows('jobs')).toBe(0)
      expect(await readCounts()).toEqual({ other_file: 1 })
    },
  )

  it('has none by a disabled rule, nor by a rule whose API key is disabled or deleted', async () => {
    const rule = await addRule({ enabled: false })
    const key = await makeKey({ pathPrefix: 'off/', scopes: ['rules:write'] })
    const own = await key.call('POST', '/rules', { name: 'own' })
    const { id } = await expectJson<{ id: string }>(own, 201)
    await expectJson(await api('PATCH', `/api-keys/${key.id}`, { disabled: true }), 200)
    await consume([stored(await putOriginal('off/a.mp4'))])
    expect(await countRows('jobs')).toBe(0)
    await expectJson(await api('DELETE', `/api-keys/${key.id}`), 200)
    expect(await countRows('rules', 'id = ?', id)).toBe(0)
    await expectJson(await api('PATCH', `/rules/${rule.id}`, { enabled: true }), 200)
    await consume([await notifyOf('off/a.mp4')])
    expect(await jobsOf('off/a.mp4')).toHaveLength(1)
    expect(await readCounts()).toEqual({ unmatched: 1, matched: 1 })
  })

  it('is charged to the key of the rule, up to its maxQueuedJobs; then the message waits', async () => {
    const key = await makeKey({ scopes: ['rules:write'], maxQueuedJobs: 1 })
    await expectJson(await key.call('POST', '/rules', { name: 'capped' }), 201)
    await consume([stored(await putOriginal('cap/a.mp4'))])
    expect(await jobsOf('cap/a.mp4')).toMatchObject([{ api_key_id: key.id }])
    const event = stored(await putOriginal('cap/b.mp4'))
    expect((await consume([event])).retryMessages).toMatchObject([{ msgId: 'm0' }])
    expect(await jobsOf('cap/b.mp4')).toEqual([])
    await env.DB.exec("DELETE FROM jobs WHERE file_path = 'cap/a.mp4'")
    expect((await consume([event])).explicitAcks).toEqual(['m0'])
    expect(await jobsOf('cap/b.mp4')).toHaveLength(1)
  })
})

describe('a notification that cannot be handled', () => {
  it('is retried later and later, and the others of its batch are handled', async () => {
    await expectJson(await api('PUT', '/queues/default/presets/card', 'w_64'), 200)
    const failing = await addRule({ prefix: 'bad/', transformations: ['n_card'] })
    await addRule({ transformations: ['w_320'] })
    await expectJson(await api('DELETE', '/queues/default/presets/card'), 200)
    const bad = stored(await putOriginal('bad/a.mp4'))
    const batch = [bad, { bucket: 7 }, 'junk', null, stored(await putOriginal('good/a.mp4'))]
    const result = await consume(batch)
    expect(result.explicitAcks).toEqual(['m4'])
    expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m0', 'm1', 'm2', 'm3'])
    expect(await retryDelays(bad, [1, 2, 4, 10])).toEqual([30, 60, 240, 3_600])
    expect(logged.mock.calls.join('\n')).toContain('has no preset \\"card\\"')
    expect(await readRule(failing.id)).toMatchObject({
      jobsCreated: 0,
      lastError: expect.stringContaining('has no preset "card"') as string,
    })
    // The other rule has made its job, once.
    expect(await jobsOf('bad/a.mp4')).toMatchObject([{ transformation: 'w_320' }])
    expect(await jobsOf('good/a.mp4')).toHaveLength(1)
    await expectJson(await api('PUT', '/queues/default/presets/card', 'w_64'), 200)
    expect((await consume([bad])).explicitAcks).toEqual(['m0'])
    expect((await jobsOf('bad/a.mp4')).map((job) => job['transformation'])).toEqual([
      'w_320',
      'w_64',
    ])
    expect(await readRule(failing.id)).toMatchObject({ jobsCreated: 1, lastError: null })
  })

  it('is logged and counted at the end, and makes nothing', async () => {
    await addRule()
    const event = stored(await putOriginal('dead/a.mp4'))
    const result = await consume([event], { queue: 'reelqueue-bucket-events-dead' })
    expect(result).toMatchObject({ ackAll: true, retryMessages: [] })
    expect(logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object)).toEqual([
      { event: 'bucket_event_dead', message: 'm0', body: event },
    ])
    expect(await countRows('jobs')).toBe(0)
    expect(await readCounts()).toEqual({ dead: 1 })
  })

  it('of which nothing can be made is not retried, and the rule says why', async () => {
    const rule = await addRule()
    const image = await env.ORIGINALS.put('still/a.jpg', new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))
    expect((await consume([stored(image!)])).explicitAcks).toEqual(['m0'])
    expect((await readRule(rule.id)).lastError).toContain('filePath must be')
    expect(await readCounts()).toEqual({ rejected: 1 })
  })
})

describe('a file that is deleted outside of the API', () => {
  async function makeVariant(path: string) {
    await put(path)
    await createOne(path, 'w_640', { priority: 0 })
    await (await claimAsRunner()).completeWith()
    return createOne(path, 'w_320')
  }

  it('loses its variants and pending jobs, as by DELETE /files, and another file does not', async () => {
    await makeVariant('lost/a.mp4')
    await makeVariant('lost/b.mp4')
    await env.ORIGINALS.delete('lost/a.mp4')
    await consume([deleted('lost/a.mp4')])
    expect(await jobsOf('lost/a.mp4')).toMatchObject([{}, { status: 'cancelled' }])
    expect(await jobsOf('lost/b.mp4')).toMatchObject([{}, { status: 'pending' }])
    expect((await visit('/t/w_640/lost/a.mp4')).status).toBe(404)
    expect((await visit('/t/w_640/lost/b.mp4')).status).toBe(200)
    expect(await readCounts()).toEqual({ deleted: 1 })
  })

  it('keeps its variants if a lifecycle rule deleted it', async () => {
    await makeVariant('aged/a.mp4')
    await env.ORIGINALS.delete('aged/a.mp4')
    await consume([deleted('aged/a.mp4', 'LifecycleDeletion')])
    expect(await jobsOf('aged/a.mp4')).toMatchObject([{}, { status: 'cancelled' }])
    expect((await visit('/t/w_640/aged/a.mp4')).status).toBe(200)
  })

  it('keeps everything if it exists again when the notification comes', async () => {
    await makeVariant('back/a.mp4')
    await consume([deleted('back/a.mp4')])
    expect(await jobsOf('back/a.mp4')).toMatchObject([{}, { status: 'pending' }])
    expect((await visit('/t/w_640/back/a.mp4')).status).toBe(200)
    expect(await readCounts()).toEqual({ outdated: 1 })
  })

  it('has no jobs by a notification of its upload that comes later', async () => {
    await addRule()
    const event = stored(await putOriginal('order/a.mp4'))
    await env.ORIGINALS.delete('order/a.mp4')
    await consume([deleted('order/a.mp4'), event])
    expect(await countRows('jobs')).toBe(0)
    expect(await readCounts()).toEqual({ deleted: 1, outdated: 1 })
  })

  it('or replaced is no longer charged to the key that stored it', async () => {
    const key = await makeKey({ scopes: ['files:write'] })
    for (const name of ['gone', 'new', 'kept']) {
      await expectJson(await key.call('PUT', `/files/charged/${name}.mp4`, mp4()), 201)
    }
    const size = (await storedBytes(key)) / 3
    await env.ORIGINALS.delete('charged/gone.mp4')
    const replaced = await putOriginal('charged/new.mp4')
    await consume([
      deleted('charged/gone.mp4'),
      stored(replaced),
      await notifyOf('charged/kept.mp4'),
    ])
    expect(await storedBytes(key)).toBe(size)
  })
})

it('a message of the queue arrives at the consumer', async () => {
  await addRule({ transformations: ['w_48'] })
  await env.BUCKET_EVENTS.send(stored(await putOriginal('queue/a.mp4')))
  await vi.waitFor(
    async () => expect(await jobsOf('queue/a.mp4')).toMatchObject([{ transformation: 'w_48' }]),
    { timeout: 15_000 },
  )
})
