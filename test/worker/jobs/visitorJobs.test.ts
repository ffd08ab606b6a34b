/**
 * Variants that visitors request: how many may be pending, when their jobs are claimed, and when
 * they are deleted.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import { PROTOCOL_VERSION } from '../../../src/contract/runnerProtocol.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { api, asRunner, expectError, expectJson, visit, visitWith } from '../helpers/requests.ts'
import { createOne, putOriginal, readJob } from '../helpers/jobs.ts'
import { claimAsRunner, claimJob } from '../helpers/fakeRunner.ts'
import { addQueue, countRows, jobRow, openPlatform } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'

const FILE = 'visitors/clip.mp4'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

beforeAll(async () => {
  await putOriginal(FILE)
  await addQueue('shop')
})
beforeEach(async () => {
  await env.DB.batch([env.DB.prepare('DELETE FROM jobs'), env.DB.prepare('DELETE FROM variants')])
})

/** Requests a variant without a key. Returns the id of its job. */
async function requestAsVisitor(transformation: string) {
  const response = await visit(`/t/${transformation}/${FILE}`)
  return (await expectJson<{ jobId: string }>(response, 202)).jobId
}
function visitWithMaximum(max: number, transformation: string, headers = {}) {
  const settings = { PUBLIC_MAX_PENDING_JOBS: String(max) }
  return visitWith(settings, `/t/${transformation}/${FILE}`, { headers })
}

describe('the maximum of pending jobs of visitors', () => {
  it('rejects new variants with 429 until a job has started', async () => {
    for (const transformation of ['w_100', 'w_102', 'w_102']) {
      expect((await visitWithMaximum(2, transformation)).status).toBe(202)
    }
    const rejected = await visitWithMaximum(2, 'w_104')
    expect(await expectError(rejected, 429, 'cap_reached')).toContain('they may have 2')
    expect(rejected.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect((await visitWithMaximum(2, 'w_100')).status).toBe(202)
    await claimAsRunner()
    expect((await visitWithMaximum(2, 'w_104')).status).toBe(202)
    expect((await visitWithMaximum(2, 'w_106')).status).toBe(429)
    expect((await visitWithMaximum(0, 'w_108')).status).toBe(429)
  })

  it('holds for concurrent requests', async () => {
    const responses = await Promise.all(
      Array.from({ length: 12 }, (_, n) => visitWithMaximum(5, `w_${200 + 2 * n}`)),
    )
    expect(responses.filter(({ status }) => status === 202)).toHaveLength(5)
    expect(await countRows('jobs', "status = 'pending'")).toBe(5)
  })

  it('counts jobs that keys without jobs:write request, and no jobs of other keys', async () => {
    const reader = await makeKey({ scopes: ['jobs:read'] })
    const writer = await makeKey({ scopes: ['jobs:read', 'jobs:write'] })
    for (let n = 0; n < 3; n++) {
      await createOne(FILE, `w_${300 + 2 * n}`)
    }
    expect((await visitWithMaximum(1, 'w_310', reader.headers)).status).toBe(202)
    expect((await visitWithMaximum(1, 'w_312')).status).toBe(429)
    expect((await visitWithMaximum(1, 'w_312', reader.headers)).status).toBe(429)
    expect((await visitWithMaximum(1, 'w_312', writer.headers)).status).toBe(202)
  })
})

describe('a job of a visitor', () => {
  it.each(['t_true,tt_1', 'w_640'])(
    'for %s is claimed after a job of a key with the priority 100',
    async (transformation) => {
      const visitors = await requestAsVisitor(transformation)
      const last = await createOne(FILE, 'w_900', { priority: 100 })
      const { priority } = await readJob(visitors)
      expect(priority).toBeGreaterThan(100)
      expect((await claimAsRunner()).jobId).toBe(last.id)
      expect((await claimAsRunner()).jobId).toBe(visitors)
    },
  )

  it('is claimed after a job in a queue that the claim names later', async () => {
    const visitors = await requestAsVisitor('w_640')
    const own = await createOne(FILE, 'w_900', { queue: 'shop' })
    const claim = async () => {
      const queues = ['default', 'shop']
      const request = { protocol: PROTOCOL_VERSION, runner: { id: 'r' }, queues, waitSeconds: 0 }
      const response = await asRunner('POST', '/runner/claim', request)
      return (await expectJson<{ jobId: string }>(response, 200)).jobId
    }
    expect([await claim(), await claim()]).toEqual([own.id, visitors])
  })

  it('becomes an ordinary job when a key requests its variant', async () => {
    const first = await requestAsVisitor('w_640')
    const mine = await requestAsVisitor('w_642')
    const request = { filePath: FILE, transformations: ['w_642'], priority: 7 }
    const { jobs } = await expectJson<{ jobs: Job[] }>(
      await api('POST', '/queue/jobs', request),
      202,
    )
    expect(jobs).toMatchObject([{ id: mine, priority: 7, deduplicated: true }])
    expect(await jobRow(mine)).toMatchObject({ last_requested_at: null })
    expect((await visitWithMaximum(2, 'w_644')).status).toBe(202)
    expect((await claimAsRunner()).jobId).toBe(mine)
    expect((await claimAsRunner()).jobId).toBe(first)
  })

  it('stays as it is when a key of another queue requests its variant', async () => {
    const id = await requestAsVisitor('w_640')
    const key = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'shop' })
    const request = { filePath: FILE, transformations: ['w_640'], queue: 'shop', priority: 0 }
    await expectError(await key.call('POST', '/queue/jobs', request), 409, 'variant_busy')
    expect(await readJob(id)).toMatchObject({ priority: 102 })
  })

  it('becomes an ordinary job when it is retried by hand', async () => {
    const id = await requestAsVisitor('w_640')
    await (await claimAsRunner()).fail('input_invalid')
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    expect(await readJob(id)).toMatchObject({ status: 'pending', priority: 2 })
    expect(await jobRow(id)).toMatchObject({ last_requested_at: null })
  })
})

/** Sets the time of the last request of everything that visitors created. */
async function setLastRequest(ageMs: number) {
  for (const table of ['jobs', 'variants']) {
    await env.DB.prepare(
      `UPDATE ${table} SET last_requested_at = ? WHERE last_requested_at IS NOT NULL`,
    )
      .bind(Date.now() - ageMs)
      .run()
  }
}
async function clean(publicVariantDays: number) {
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays })
  await settled()
}
async function makeVariant(create: () => Promise<unknown>) {
  await create()
  await (await claimAsRunner()).completeWith()
}

describe('what a visitor requested', () => {
  it('is deleted with its output when nobody requests it for the set time', async () => {
    await makeVariant(() => requestAsVisitor('w_640'))
    await makeVariant(() => createOne(FILE, 'w_642'))
    await requestAsVisitor('w_644')
    const outputs = (await env.VARIANTS.list()).objects.length
    await setLastRequest(5 * DAY_MS + 1_000)
    await clean(6)
    expect(await countRows('variants')).toBe(2)
    expect(await countRows('jobs', "status = 'pending'")).toBe(1)
    await clean(5)
    expect(await countRows('variants')).toBe(1)
    expect((await visit(`/t/w_642/${FILE}`)).status).toBe(200)
    expect(await countRows('jobs', "status = 'pending'")).toBe(0)
    expect(await countRows('events', "type = 'job:deleted'")).toBeGreaterThan(0)
    expect((await env.VARIANTS.list()).objects).toHaveLength(outputs - 1)
    // A new request creates the job again.
    await requestAsVisitor('w_640')
  })

  it.each([
    ['a visitor', () => Promise.resolve({})],
    ['a key', async () => (await makeKey()).headers],
  ])('is kept when %s requests it again', async (_, headers) => {
    await makeVariant(() => requestAsVisitor('w_640'))
    await requestAsVisitor('w_644')
    await setLastRequest(2 * HOUR_MS)
    for (const [variant, status] of [
      ['w_640', 200],
      ['w_644', 202],
    ] as const) {
      const response = await visitWith({}, `/t/${variant}/${FILE}`, { headers: await headers() })
      expect(response.status).toBe(status)
      await response.body?.cancel()
    }
    const before = Date.now() - HOUR_MS
    expect(await countRows('variants', 'last_requested_at > ?', before)).toBe(1)
    expect(await countRows('jobs', "status = 'pending' AND last_requested_at > ?", before)).toBe(1)
  })

  it('is recorded as requested at most once an hour', async () => {
    await makeVariant(() => requestAsVisitor('w_640'))
    await setLastRequest(HOUR_MS / 2)
    const before = await env.DB.prepare('SELECT last_requested_at FROM variants').first()
    await (await visitWith({}, `/t/w_640/${FILE}`)).body?.cancel()
    expect(await env.DB.prepare('SELECT last_requested_at FROM variants').first()).toEqual(before)
  })

  it('is kept even after 400 days once a key has created the variant', async () => {
    await makeVariant(() => requestAsVisitor('w_640'))
    await makeVariant(() => createOne(FILE, 'w_640'))
    await createOne(FILE, 'w_644')
    await requestAsVisitor('w_644')
    await setLastRequest(400 * DAY_MS)
    await clean(1)
    expect(await countRows('variants')).toBe(1)
    expect(await countRows('jobs', "status = 'pending'")).toBe(1)
    expect(await claimJob()).not.toBeNull()
  })
})
