/** `POST /queue/jobs/batch`: one action on many jobs, and the conditions that select them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import type { JobBatchResult } from '../../../src/contract/jobBatch.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { addQueue, eventTypes, jobRow } from '../helpers/database.ts'
import { claimJob, fakeRunner } from '../helpers/fakeRunner.ts'
import { createJobs, createOne, readJob } from '../helpers/jobs.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'

type Call = typeof api
async function batch(body: Record<string, unknown>, call: Call = api): Promise<JobBatchResult> {
  return expectJson<JobBatchResult>(await call('POST', '/queue/jobs/batch', body), 200)
}
async function listIds(query: string): Promise<string[]> {
  const page = await expectJson<{ jobs: Job[] }>(await api('GET', `/queue/jobs?${query}`), 200)
  return page.jobs.map(({ id }) => id)
}

/** Creates jobs in a queue of their own, and lets a runner fail them. */
async function createFailed(queue: string, transformations: string[], code = 'input_invalid') {
  const jobs = await createJobs(`${queue}/clip.mp4`, transformations, { queue })
  for (const _ of jobs) {
    await fakeRunner((await claimJob(queue))!).fail(code as never)
  }
  return jobs.map(({ id }) => id)
}

describe('retry', () => {
  beforeAll(() => addQueue('retries'))

  it('counts in a dry run, and queues all failed jobs of the filter again, in steps', async () => {
    const failed = await createFailed('retries', ['w_100', 'w_102', 'w_104'])
    const other = await createFailed('retries', ['w_106'], 'unsupported')
    const filter = { queue: 'retries', errorCode: 'input_invalid' }

    const counted = await batch({ action: 'retry', filter, dryRun: true })
    expect(counted).toEqual({ count: 3, done: 0, skipped: [], nextCursor: null })
    expect((await readJob(failed[0]!)).status).toBe('error')

    const first = await batch({ action: 'retry', filter, limit: 2 })
    expect(first).toMatchObject({ count: 2, done: 2, skipped: [] })
    expect((await readJob(failed[0]!)).status).toBe('error')
    const rest = await batch({ action: 'retry', filter, limit: 2, cursor: first.nextCursor })
    expect(rest).toEqual({ count: 1, done: 1, skipped: [], nextCursor: null })

    for (const id of failed) {
      expect(await readJob(id)).toMatchObject({ status: 'pending', attempt: 0, error: null })
      expect((await eventTypes(id)).at(-1)).toBe('job:retrying')
    }
    expect((await readJob(other[0]!)).status).toBe('error')
    // A runner finds the jobs.
    expect(failed).toContain((await claimJob('retries'))!.jobId)
    expect(await batch({ action: 'retry', filter })).toMatchObject({ count: 0, done: 0 })
  })

  it('queues only the newest of several failed jobs of one variant', async () => {
    await addQueue('variants')
    const [older] = await createFailed('variants', ['w_100'])
    const [newer] = await createFailed('variants', ['w_100'])
    const [single] = await createFailed('variants', ['w_102'])
    const result = await batch({ action: 'retry', filter: { queue: 'variants' } })
    expect(result).toMatchObject({ count: 3, done: 2, nextCursor: null })
    expect(result.skipped).toEqual([
      {
        jobId: older,
        code: 'job_not_retryable',
        message: expect.stringContaining('another job that is pending or running'),
      },
    ])
    expect((await readJob(older!)).status).toBe('error')
    expect((await readJob(newer!)).status).toBe('pending')
    expect((await readJob(single!)).status).toBe('pending')
  })
})

describe('cancel and delete', () => {
  it('cancel stops running jobs only with force', async () => {
    await addQueue('cancels')
    const [first, second] = await createJobs('c/clip.mp4', ['w_100', 'w_102'], { queue: 'cancels' })
    const runner = fakeRunner((await claimJob('cancels'))!)
    expect(runner.jobId).toBe(first!.id)
    const filter = { queue: 'cancels' }
    expect(await batch({ action: 'cancel', filter })).toMatchObject({ count: 1, done: 1 })
    expect((await readJob(first!.id)).status).toBe('running')
    expect((await readJob(second!.id)).status).toBe('cancelled')

    // Pending jobs are searched first, and then running ones.
    const none = await batch({ action: 'cancel', force: true, filter })
    expect(none).toMatchObject({ count: 0, nextCursor: expect.any(String) })
    const rest = await batch({ action: 'cancel', force: true, filter, cursor: none.nextCursor })
    expect(rest).toMatchObject({ count: 1, done: 1, nextCursor: null })
    expect((await eventTypes(first!.id)).at(-1)).toBe('job:cancelled')
    await expectError(await runner.report(50), 409, 'lease_lost')
  })

  it('listed jobs that do not allow the action are skipped with the reason', async () => {
    await addQueue('lists')
    const [pending, ended] = await createJobs('l/clip.mp4', ['w_100', 'w_102'], { queue: 'lists' })
    await api('POST', `/queue/jobs/${ended!.id}/cancel`)
    const jobIds = [pending!.id, ended!.id, 'job_missing']
    expect(await batch({ action: 'cancel', jobIds, dryRun: true })).toMatchObject({ count: 1 })
    const result = await batch({ action: 'cancel', jobIds })
    expect(result).toMatchObject({ count: 3, done: 1, nextCursor: null })
    expect(result.skipped.map(({ jobId, code }) => [jobId, code])).toEqual([
      [ended!.id, 'job_not_cancellable'],
      ['job_missing', 'job_not_cancellable'],
    ])
    const deleted = await batch({ action: 'delete', jobIds: [ended!.id, 'job_missing'] })
    expect(deleted).toMatchObject({ done: 1, skipped: [{ code: 'job_not_deletable' }] })
    expect(await jobRow(ended!.id)).toBeNull()
    expect(await jobRow(pending!.id)).not.toBeNull()
  })

  it('a restricted key changes only the jobs that it can see', async () => {
    const inside = await createOne('mine/a.mp4', 'w_100')
    const outside = await createOne('yours/a.mp4', 'w_100')
    const key = await makeKey({ scopes: ['jobs:read', 'jobs:write'], pathPrefix: 'mine' })
    const jobIds = [inside.id, outside.id]
    expect(await batch({ action: 'delete', filter: {}, dryRun: true }, key.call)).toMatchObject({
      count: 1,
    })
    const all = await batch({ action: 'delete', filter: { pathPrefix: 'yours' } }, key.call)
    expect(all).toMatchObject({ count: 0, done: 0 })
    const both = await batch({ action: 'delete', jobIds }, key.call)
    expect(both).toMatchObject({ done: 1, skipped: [{ jobId: outside.id }] })
    expect((await readJob(outside.id)).status).toBe('pending')
  })
})

it('prioritize decides what is claimed next, and is recorded in the event log', async () => {
  await addQueue('priorities')
  const [first, second] = await createJobs('p/clip.mp4', ['w_100', 'w_102'], {
    queue: 'priorities',
  })
  const jobIds = [second!.id]
  expect(await batch({ action: 'prioritize', priority: 0, jobIds })).toMatchObject({ done: 1 })
  expect(await readJob(second!.id)).toMatchObject({ priority: 0, status: 'pending' })
  expect(await readJob(first!.id)).toMatchObject({ priority: 2 })
  const logged = env.DB.prepare("SELECT data FROM events WHERE type = 'job:prioritized'")
  expect(JSON.parse((await logged.first<string>('data'))!)).toEqual({
    jobId: second!.id,
    filePath: 'p/clip.mp4',
    status: 'pending',
    priority: 0,
  })
  expect((await claimJob('priorities'))!.jobId).toBe(second!.id)
})

describe('the conditions of a list', () => {
  const made: Record<string, Job> = {}
  beforeAll(async () => {
    await addQueue('conditions')
    const fields = { queue: 'conditions' }
    made['a'] = await createOne('cond/one/a.mp4', 'w_100', {
      ...fields,
      tags: ['red', 'blue', 'red'],
      metadata: { order: '17' },
    })
    made['b'] = await createOne('cond/two/b.mp4', 'w_100', { ...fields, tags: ['blue'] })
    made['c'] = await createOne('cond/oneandmore/c.mp4', 'w_100', fields)
    // Created on three days.
    for (const [name, day] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const) {
      await env.DB.prepare('UPDATE jobs SET created_at = ? WHERE id = ?')
        .bind(Date.UTC(2027, 0, day), made[name]!.id)
        .run()
    }
  })

  it.each([
    ['tag=blue', 'ba'],
    ['tag=red', 'a'],
    ['tag=blue&status=completed', ''],
    ['pathPrefix=cond/one', 'a'],
    ['pathPrefix=cond&tag=blue', 'ba'],
    ['queue=conditions&createdAfter=2027-01-02T00:00:00Z', 'cb'],
    ['queue=conditions&createdBefore=2027-01-02T00:00:00Z', 'a'],
    ['status=pending&createdAfter=2027-01-01T12:00:00Z&createdBefore=2027-01-03T00:00:00Z', 'b'],
    ['pathPrefix=cond&createdAfter=2027-01-03T01:00:00%2B01:00', 'c'],
    ['filePath=cond/one/a.mp4&tag=red', 'a'],
    ['filePath=cond/one/a.mp4&tag=green', ''],
    ['queue=conditions&errorCode=timeout', ''],
  ])('%s', async (query, names) => {
    expect(await listIds(query)).toEqual(names.split('').map((name) => made[name]!.id))
    const filter = Object.fromEntries(new URLSearchParams(query))
    if (!filter['errorCode'] && filter['status'] !== 'completed') {
      const counted = await batch({ action: 'cancel', filter, dryRun: true })
      expect(counted).toMatchObject({ count: names.length, nextCursor: null })
    }
  })

  it('pages of a tag contain each of its jobs once', async () => {
    const page = await expectJson<{ nextCursor: string }>(
      await api('GET', '/queue/jobs?tag=blue&limit=1'),
      200,
    )
    expect(await listIds(`tag=blue&limit=1&cursor=${page.nextCursor}`)).toEqual([made['a']!.id])
  })

  it('jobs have their tags and metadata, which are deleted with them', async () => {
    expect(await readJob(made['a']!.id)).toMatchObject({
      tags: ['red', 'blue'],
      metadata: { order: '17' },
    })
    expect(await readJob(made['c']!.id)).toMatchObject({ tags: [], metadata: {} })
    await api('DELETE', `/queue/jobs/${made['a']!.id}`)
    const { results } = await env.DB.prepare('SELECT tag FROM job_tags').all()
    expect(results).toEqual([{ tag: 'blue' }])
  })
})

it.each([
  [{ filter: {} }, 'action'],
  [{ action: 'retry' }, 'either filter or jobIds'],
  [{ action: 'retry', filter: {}, jobIds: ['job_1'] }, 'either filter or jobIds'],
  [{ action: 'retry', filter: { status: 'completed' } }, 'status error'],
  [{ action: 'retry', filter: {}, force: true }, 'force'],
  [{ action: 'prioritize', filter: {} }, 'priority'],
  [{ action: 'prioritize', filter: {}, priority: 101 }, '100'],
  [{ action: 'delete', filter: {}, limit: 501 }, '500'],
  [{ action: 'delete', filter: {}, cursor: 'abc' }, 'nextCursor'],
  [{ action: 'delete', filter: { createdAfter: 'yesterday' } }, 'createdAfter'],
  [{ action: 'delete', filter: { tag: ' ' } }, 'white space'],
])('%j is rejected', async (body, text) => {
  const response = await api('POST', '/queue/jobs/batch', body)
  expect(await expectError(response, 400, 'invalid_request')).toContain(text)
})

it.each([
  [{ tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }, '10'],
  [{ tags: ['x'.repeat(65)] }, '64'],
  [{ tags: ['a\u200bb'] }, 'U+200B'],
  [{ metadata: { a: 1 } }, 'metadata.a'],
  [{ metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [n, ''])) }, '20'],
])('a job with %j is rejected', async (fields, text) => {
  const response = await api('POST', '/queue/jobs', { filePath: 'x/a.mp4', ...fields })
  expect(await expectError(response, 400, 'invalid_request')).toContain(text)
})
