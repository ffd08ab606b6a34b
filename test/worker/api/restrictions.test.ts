/**
 * Keys restricted to a folder or a queue: resources outside are not shown, and cannot be created or
 * changed.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import type { History, Stats } from '../../../src/contract/stats.ts'

import { mp4 } from '../helpers/mediaBytes.ts'
import { visit, api, expectJson, expectError } from '../helpers/requests.ts'
import { putOriginal, createJobs, type CreatedJob } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { jobRow, countRows } from '../helpers/database.ts'
import { makeKey, type MadeKey, RESTRICTABLE_SCOPES } from '../helpers/apiKeys.ts'

interface JobPage {
  jobs: Job[]
  count: number
}
let folderKey: MadeKey
let queueKey: MadeKey
/** Jobs in folder `a/`, in folder `ab/` (which begins with `a` too), and in the queue `side`. */
let inside: CreatedJob, beside: CreatedJob, aside: CreatedJob

beforeAll(async () => {
  await expectJson(await api('PUT', '/queues/side', {}), 200)
  folderKey = await makeKey({ scopes: RESTRICTABLE_SCOPES, pathPrefix: 'a' })
  queueKey = await makeKey({
    scopes: ['jobs:read', 'jobs:write', 'events:read', 'queues:admin'],
    queue: 'side',
  })
  for (const path of ['a/clip.mp4', 'ab/clip.mp4', 'a/side.mp4']) {
    await putOriginal(path)
  }
  inside = (await createJobs('a/clip.mp4', ['w_640']))[0]!
  beside = (await createJobs('ab/clip.mp4', ['w_640']))[0]!
  aside = (await createJobs('ab/clip.mp4', ['w_320'], { queue: 'side' }))[0]!
})

async function ids(key: MadeKey, query = '') {
  const page = await expectJson<JobPage>(await key.call('GET', `/queue/jobs${query}`), 200)
  expect(page.count).toBe(page.jobs.length)
  return page.jobs.map(({ id }) => id)
}
async function statsOf(key: MadeKey) {
  return expectJson<Stats>(await key.call('GET', '/queue/stats'), 200)
}

describe('reading with a restricted key', () => {
  it('lists only the jobs inside its restriction, with and without filters', async () => {
    expect(await ids(folderKey)).toEqual([inside.id])
    expect(await ids(folderKey, '?status=pending&queue=default&limit=1')).toEqual([inside.id])
    expect(await ids(folderKey, '?filePath=ab/clip.mp4')).toEqual([])
    expect(await ids(folderKey, '?queue=side')).toEqual([])
    expect(await ids(queueKey)).toEqual([aside.id])
    expect(await ids(queueKey, '?queue=default')).toEqual([])
    const everything = await expectJson<JobPage>(await api('GET', '/queue/jobs'), 200)
    expect(everything.count).toBe(3)
  })

  it('counts only the jobs inside its restriction', async () => {
    const { oldestPendingAt } = await statsOf(folderKey)
    expect(oldestPendingAt).toBe(inside.createdAt)
    expect((await statsOf(queueKey)).oldestPendingAt).toBe(aside.createdAt)
    expect(await statsOf(folderKey)).toMatchObject({ pending: 1, total: 1, partial: false })
    expect(await statsOf(queueKey)).toMatchObject({ pending: 1, total: 1, partial: false })
    await expectError(
      await queueKey.call('GET', '/queue/stats?queue=default'),
      404,
      'queue_not_found',
    )
    expect(await (await api('GET', '/queue/stats')).json()).toMatchObject({ total: 3 })
  })

  it('jobs and statuses outside return 404', async () => {
    for (const [key, outside, own] of [
      [folderKey, beside, inside],
      [queueKey, inside, aside],
    ] as const) {
      for (const what of ['', '/attempts', '/chunks']) {
        const path = `/queue/jobs/${outside.id}${what}`
        await expectError(await key.call('GET', path), 404, 'job_not_found')
      }
      expect((await key.call('GET', `/queue/jobs/${own.id}`)).status).toBe(200)
      const status = `/video-status/${outside.transformation}/${outside.filePath}`
      const [theirs, none] = [
        await key.call('GET', status),
        await key.call('GET', '/video-status/x'),
      ]
      expect(theirs.status).toBe(404)
      const { requestId: _, ...body } = await theirs.json<Record<string, unknown>>()
      expect(await none.json()).toMatchObject(body)
      expect((await visit(status)).status).toBe(200)
    }
  })

  it('files and variants outside return 404', async () => {
    for (const path of ['/t/ab/clip.mp4', '/t/w_100/ab/clip.mp4']) {
      await expectError(await folderKey.call('GET', path), 404, 'file_not_found')
    }
    expect(await countRows('jobs', "transformation = 'w_100'")).toBe(0)
    expect((await folderKey.call('GET', '/t/a/clip.mp4')).status).toBe(200)
  })
})

describe('writing with a restricted key', () => {
  const expectUnchanged = async (work: () => Promise<void>) => {
    const before = [await jobRow(beside.id), await jobRow(inside.id), await jobRow(aside.id)]
    await work()
    expect([await jobRow(beside.id), await jobRow(inside.id), await jobRow(aside.id)]).toEqual(
      before,
    )
  }

  it('retry, cancel and delete of a job outside are rejected like those of a missing job', async () => {
    await expectUnchanged(async () => {
      for (const [key, { id }] of [
        [folderKey, beside],
        [queueKey, inside],
      ] as const) {
        for (const [method, action] of [
          ['POST', '/retry'],
          ['POST', '/cancel'],
          ['DELETE', ''],
        ] as const) {
          const message = async (of: string) =>
            (
              await expectJson<{ message: string }>(
                await key.call(method, `/queue/jobs/${of}${action}`),
                400,
              )
            ).message.replace(of, '…')
          expect(await message(id)).toBe(await message('job_nowhere'))
        }
      }
    })
  })

  it('every route of a job responds as if a job outside did not exist', async () => {
    const { paths } = await expectJson<{ paths: Record<string, object> }>(
      await visit('/openapi.json'),
      200,
    )
    const ofJobs = Object.entries(paths).filter(([path]) => path.includes('{jobId}'))
    const routes = ofJobs.flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => [method.toUpperCase(), path] as const),
    )
    expect(routes.length).toBeGreaterThan(4)
    await expectUnchanged(async () => {
      for (const [method, path] of routes) {
        const response = await folderKey.call(method, path.replace('{jobId}', beside.id))
        const { message } = await response.json<{ message: string }>()
        expect(message, `${method} ${path}`).toBe(`There is no job ${beside.id}.`)
      }
    })
  })

  it('a job can be created inside the restriction; outside, the request returns 403', async () => {
    const request = { filePath: 'a/clip.mp4', transformations: ['w_200'] }
    expect((await folderKey.call('POST', '/queue/jobs', request)).status).toBe(202)
    await expectUnchanged(async () => {
      const outside = { ...request, filePath: 'ab/clip.mp4' }
      await expectError(await folderKey.call('POST', '/queue/jobs', outside), 403, 'forbidden')
      await expectError(await queueKey.call('POST', '/queue/jobs', request), 403, 'forbidden')
    })
    expect(await countRows('jobs', "transformation = 'w_200'")).toBe(1)
  })

  it('a variant with a job in another queue returns 409 without the id of that job', async () => {
    const request = { filePath: 'ab/clip.mp4', transformations: ['w_640'], queue: 'side' }
    for (const header of [{}, { 'Idempotency-Key': 'one' }]) {
      const rejected = await queueKey.call('POST', '/queue/jobs', request, header)
      expect(await expectError(rejected, 409, 'variant_busy')).not.toContain(beside.id)
    }
  })

  it('each API key has its own idempotency keys', async () => {
    const request = { filePath: 'a/side.mp4', transformations: ['w_300'] }
    const header = { 'Idempotency-Key': 'shared' }
    await expectJson(await api('POST', '/queue/jobs', request, header), 202)
    const other = { ...request, transformations: ['w_302'] }
    await expectJson(await folderKey.call('POST', '/queue/jobs', other, header), 202)
    await expectError(
      await folderKey.call('POST', '/queue/jobs', request, header),
      409,
      'idempotency_conflict',
    )
  })

  it('files can be stored inside; outside, requests return 403 and store nothing', async () => {
    const store = (path: string) =>
      visit(path, { method: 'PUT', headers: folderKey.headers, body: mp4() })
    expect((await store('/files/a/new.mp4')).status).toBe(201)
    await expectError(await store('/files/ab/new.mp4'), 403, 'forbidden')
    await expectError(await store('/files/a.mp4'), 403, 'forbidden')
    const form = new FormData()
    for (const name of ['one.mp4', 'two.mp4']) {
      form.append('files', new File([mp4()], name))
    }
    form.append('names', 'a/one.mp4')
    form.append('names', 'ab/two.mp4')
    const upload = { method: 'POST', headers: folderKey.headers, body: form }
    await expectError(await visit('/upload', upload), 403, 'forbidden')
    await expectError(
      await folderKey.call('POST', '/uploads', { filePath: 'ab/x.mp4' }),
      403,
      'forbidden',
    )
    const keys = (await env.ORIGINALS.list()).objects.map(({ key }) => key)
    expect(keys).toEqual(['a/clip.mp4', 'a/new.mp4', 'a/side.mp4', 'ab/clip.mp4'])
    expect(await countRows('uploads')).toBe(0)
  })

  it('requests for a multipart upload outside return 404, and the upload is kept', async () => {
    const begun = await api('POST', '/uploads', { filePath: 'ab/parts.mp4' })
    const { uploadId } = await expectJson<{ uploadId: string }>(begun, 201)
    const at = `/uploads/${uploadId}`
    const part = { method: 'PUT', headers: folderKey.headers, body: mp4() }
    await expectError(await visit(`${at}/1`, part), 404, 'upload_not_found')
    const parts = { parts: [{ partNumber: 1, etag: 'x' }] }
    await expectError(
      await folderKey.call('POST', `${at}/complete`, parts),
      404,
      'upload_not_found',
    )
    await expectError(await folderKey.call('GET', at), 404, 'upload_not_found')
    await expectError(await folderKey.call('DELETE', at), 404, 'upload_not_found')
    expect(await countRows('uploads', 'id = ?', uploadId)).toBe(1)
  })

  it('other queues return 404, and no queue can be created', async () => {
    const list = await expectJson<{ queues: { name: string }[] }>(
      await queueKey.call('GET', '/queues'),
      200,
    )
    expect(list.queues.map(({ name }) => name)).toEqual(['side'])
    await expectError(await queueKey.call('GET', '/queues/default'), 404, 'queue_not_found')
    const paused = { paused: true }
    await expectError(
      await queueKey.call('PATCH', '/queues/default', paused),
      404,
      'queue_not_found',
    )
    await expectError(await queueKey.call('PUT', '/queues/fresh', {}), 403, 'forbidden')
    expect(await countRows('queues', 'paused OR name = ?', 'fresh')).toBe(0)
    expect(await countRows('queues')).toBe(2)
  })
})

it('the throughput of a folder counts the jobs in it', async () => {
  await api('DELETE', `/queue/jobs/${beside.id}`)
  const first = await claimAsRunner()
  expect(first.jobId).toBe(inside.id)
  await first.completeWith('made')
  await (await claimAsRunner()).fail('input_invalid', 'no')
  const { throughput, completed, error } = await statsOf(folderKey)
  expect({ completed, error }).toEqual({ completed: 1, error: 1 })
  expect(throughput.thisHour).toMatchObject({ completed: 1, failed: 1, mediaSeconds: 2.5 })
  const history = async (key: MadeKey) => {
    const read = await key.call('GET', '/queue/stats/history?hours=2')
    return (await expectJson<History>(read, 200)).entries.at(-1)
  }
  expect(await history(folderKey)).toMatchObject({ completed: 1, failed: 1, mediaSeconds: 2.5 })
  expect(await history(queueKey)).toMatchObject({ completed: 0, failed: 0, mediaSeconds: 0 })
  const foreign = await queueKey.call('GET', '/queue/stats/history?queue=default')
  await expectError(foreign, 404, 'queue_not_found')
  expect((await statsOf(queueKey)).throughput.thisHour).toMatchObject({ completed: 0, failed: 0 })
})
