/**
 * The base path `/openinary`, read as the hooks and the dashboard of Openinary read it. With the setting off, and
 * at all other paths, nothing changes.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../../src/index.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { type Client, readEvents } from '../helpers/eventStream.ts'
import { createJobs, createOne } from '../helpers/jobs.ts'
import { api, API_KEY, expectError, expectJson } from '../helpers/requests.ts'

const PAGE = 'https://app.example.com'

async function call(path: string, init: RequestInit = {}, changes: Partial<Env> = {}) {
  const context = createExecutionContext()
  const bindings = { ...env, COMPATIBILITY: 'openinary', CORS_ORIGINS: PAGE, ...changes }
  const request = new Request(`http://reelqueue${path}`, {
    ...init,
    headers: { ...API_KEY, ...(init.headers as Record<string, string>) },
  })
  const response = await worker.fetch(request, bindings, context)
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    await waitOnExecutionContext(context)
  }
  return response
}
async function read<T = Record<string, unknown>>(path: string): Promise<T> {
  return expectJson<T>(await call(`/openinary${path}`), 200)
}

beforeEach(() => env.DB.exec('DELETE FROM jobs'))
afterEach(() => void vi.restoreAllMocks())

/** What `useQueueEvents` keeps of each job. */
function reduceEvents(client: Client) {
  const jobs = new Map<string, Record<string, unknown>>()
  for (const { event, data } of client.seen) {
    if (/^job:(created|started|progress|completed|error)$/.test(event)) {
      const { jobId, filePath, status, progress } = data
      const known = jobs.get(jobId as string)
      jobs.set(jobId as string, {
        filePath: filePath ?? known?.['filePath'],
        status: status ?? known?.['status'] ?? 'pending',
        progress: progress ?? known?.['progress'],
      })
    }
  }
  return jobs
}

describe('a client that reads as the hooks do', () => {
  let client: Client | undefined
  afterEach(() => client?.close())

  it('follows a job by the events, and by the status of its path', async () => {
    client = readEvents(await call('/openinary/queue/events', { headers: { Origin: PAGE } }))
    await client.first(({ event }) => event === 'connected')
    const path = 'hooks/"status":"running".mp4'
    const job = await createOne(path)
    await client.first(({ event }) => event === 'job:created')
    expect(reduceEvents(client).get(job.id)).toMatchObject({ filePath: path, status: 'pending' })
    const runner = await claimAsRunner()
    await client.first(({ event }) => event === 'job:started')
    expect(reduceEvents(client).get(job.id)).toMatchObject({ filePath: path, status: 'processing' })
    await runner.report(40)
    await client.first(({ event }) => event === 'job:progress')
    expect(reduceEvents(client).get(job.id)).toMatchObject({ status: 'processing', progress: 40 })
    expect(await read(`/video-status/${encodeURI(path)}`)).toMatchObject({
      status: 'processing',
      progress: 40,
      error: null,
    })
    await runner.completeWith()
    await client.first(({ event }) => event === 'job:completed')
    expect(reduceEvents(client).get(job.id)).toMatchObject({ filePath: path, status: 'completed' })
    expect(await read(`/video-status/${encodeURI(path)}`)).toMatchObject({ status: 'completed' })
    const missing = await call('/openinary/video-status/hooks/none.mp4')
    expect(await expectJson(missing, 404)).toMatchObject({ status: 'not_found' })
  })

  it('lists jobs with fields in snake_case, and filters by processing', async () => {
    await createJobs('table/a.mp4', ['w_640', 'w_320'], { priority: 0 })
    await claimAsRunner()
    const { jobs } = await read<{ jobs: Record<string, unknown>[] }>('/queue/jobs?limit=100')
    const now = expect.any(Number) as number
    const row = { file_path: 'table/a.mp4', priority: 0, progress: 0, error: null, created_at: now }
    expect(jobs).toMatchObject([
      { ...row, status: 'pending', started_at: null, completed_at: null, retry_count: 0 },
      { ...row, status: 'processing', started_at: now, completed_at: null, max_retries: 2 },
    ])
    expect(jobs[0]!['created_at']).toBe(Date.parse(jobs[0]!['createdAt'] as string))
    const filtered = await read<{ jobs: object[] }>('/queue/jobs?status=processing&limit=100')
    expect(filtered.jobs).toEqual([jobs[1]])
    expect(await read(`/queue/jobs/${String(jobs[1]!['id'])}`)).toEqual(jobs[1])
    expect(await read('/queue/stats')).toMatchObject({
      total: 2,
      pending: 1,
      processing: 1,
      error: 0,
    })
  })

  it('retries, cancels and deletes jobs, with the access of the other paths', async () => {
    const { id } = await createOne('act/a.mp4')
    const post = (action: string, headers = {}) =>
      call(`/openinary/queue/jobs/${id}/${action}`, { method: 'POST', headers })
    expect((await post('cancel', { Authorization: '' })).status).toBe(401)
    expect((await post('retry')).status).toBe(400)
    expect((await post('cancel')).status).toBe(200)
    expect((await call(`/openinary/queue/jobs/${id}`, { method: 'DELETE' })).status).toBe(200)
    await expectError(await api('GET', `/queue/jobs/${id}`), 404, 'job_not_found')
  })

  it('may send cookies from the allowed origins only', async () => {
    const name = 'Access-Control-Allow-Credentials'
    const allowed = await call('/openinary/queue/stats', { headers: { Origin: PAGE } })
    expect(allowed.headers.get(name)).toBe('true')
    const other = await call('/openinary/queue/stats', {
      headers: { Origin: 'https://evil.example' },
    })
    expect(other.headers.get(name)).toBeNull()
    const exact = await call('/queue/stats', { headers: { Origin: PAGE } })
    expect([exact.status, exact.headers.get(name)]).toEqual([200, null])
  })
})

describe('the contract', () => {
  it.each([
    ['/queue/jobs'],
    ['/queue/jobs?status=running'],
    ['/queue/stats'],
    ['/video-status/same/a.mp4'],
  ])('of %s is the same with the setting off and on', async (path) => {
    await createOne('same/a.mp4')
    await claimAsRunner()
    const expected = await (await api('GET', path)).text()
    expect(expected).toMatch(/"status":"running"|"running":1/)
    for (const COMPATIBILITY of ['off', 'openinary']) {
      expect(await (await call(path, {}, { COMPATIBILITY })).text()).toBe(expected)
    }
    expect(await (await call(`/openinary${path}`)).text()).toContain('processing')
  })

  it.each(['off', 'on', undefined])('with the setting %j there is no base path', async (value) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const changes = { COMPATIBILITY: value } as Partial<Env>
    await expectError(await call('/openinary/queue/jobs', {}, changes), 404, 'not_found')
    expect((await call('/health', {}, changes)).status).toBe(value === 'on' ? 503 : 200)
  })

  it('accepts processing as a status below the base path only', async () => {
    const refused = await call('/queue/jobs?status=processing')
    await expectError(refused, 400, 'invalid_request')
  })
})
