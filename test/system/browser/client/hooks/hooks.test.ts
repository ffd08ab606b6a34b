/** The React hooks in Chromium, against the running service. */
import type { JSHandle, Page } from 'puppeteer-core'
import { expect, vi } from 'vitest'
import { waitForEnds } from '../../../fixtures/events.ts'
import { makeClip } from '../../../fixtures/media.ts'
import { API_KEY, type System } from '../../../fixtures/system.ts'
import { systemTest } from '../../../fixtures/systemTest.ts'
import { startBrowser } from '../../player.ts'
import type { HookPage, Shown } from './page.tsx'
import { startPageServer } from './pageServer.ts'

const CLIP = 'videos/hooks.mp4'
const PART_BYTES = 16 * 1024 * 1024
const LARGE_BYTES = PART_BYTES + 12
const PATIENT = { timeout: 20_000 }

const test = systemTest()
  .extend('site', { scope: 'file' }, async ({ system }, { onCleanup }) => {
    const site = await startPageServer(system.url)
    onCleanup(() => site.close())
    await system.client.put(CLIP, makeClip({ seconds: 4 }))
    return site
  })
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const browser = await startBrowser()
    onCleanup(() => browser.close())
    return browser
  })
  .extend('hooks', async ({ site, browser }, { onCleanup }) => {
    const page = await browser.newPage()
    page.setDefaultTimeout(60_000)
    const errors: unknown[] = []
    page.on('pageerror', (error) => errors.push(error))
    onCleanup(async () => {
      await page.close()
      expect(errors).toEqual([])
    })
    await page.goto(site.url)
    return drive(page, await page.waitForFunction('globalThis.hooks'))
  })

function drive(page: Page, handle: JSHandle) {
  const hooks = handle as JSHandle<HookPage>
  return {
    show: (shown: Omit<Shown, 'apiKey'>, apiKey = API_KEY) =>
      hooks.evaluate((target, components) => target.show(components), { apiKey, ...shown }),
    read: <Result>(select: (hooks: HookPage) => Result) => hooks.evaluate(select),
    async waitFor(isReached: (hooks: HookPage) => unknown): Promise<void> {
      await page.waitForFunction(isReached, { polling: 50 }, hooks)
    },
  }
}

async function pause(system: System, paused: boolean): Promise<void> {
  await system.client.request('/queues/default', {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ paused }),
  })
}

async function createJob(system: System, transformation: string): Promise<string> {
  const [job] = await system.client.createJobs(CLIP, [transformation])
  return job!.id
}

test('useJob follows a job from its first state to its end, over one stream for two components', async ({
  system,
  site,
  hooks,
}) => {
  await pause(system, true)
  const id = await createJob(system, 'w_480')
  await hooks.show({ jobIds: [id, id] })
  await hooks.waitFor(({ jobs }) => jobs.every(({ job }) => job?.status === 'pending'))
  expect(site.countStreams()).toBe(1)
  await pause(system, false)
  await hooks.waitFor(({ jobs }) => jobs.every(({ job }) => job?.status === 'completed'))

  const states = await hooks.read(({ jobHistory }) =>
    jobHistory.map(({ state: { job, error } }) => ({
      status: job && job.status,
      progress: job && job.progress,
      error,
    })),
  )
  const statuses = states.map(({ status }) => status)
  expect(statuses.filter((status, index) => !statuses.slice(0, index).includes(status))).toEqual([
    null,
    'pending',
    'running',
    'completed',
  ])
  expect(states.some(({ progress }) => progress! > 0 && progress! < 100)).toBe(true)
  expect(states.every(({ error }) => error === null)).toBe(true)
  await vi.waitFor(() => expect(site.countStreams()).toBe(0), PATIENT)
})

test('useJob returns an error if there is no such job, and reload reads a job again', async ({
  system,
  hooks,
}) => {
  const id = await createJob(system, 'w_200,t_true')
  await hooks.show({ jobIds: ['job_none', id] })
  await hooks.waitFor(({ jobs }) => jobs[0]!.error && jobs[1]!.job?.status === 'completed')
  expect(await hooks.read(({ jobs: [none] }) => [none!.job, none!.error!.code])).toEqual([
    null,
    'job_not_found',
  ])

  await hooks.show({ jobIds: [null, id] })
  await hooks.waitFor(({ jobs }) => jobs[0]!.error === null)
  await system.client.request(`/queue/jobs/${id}`, { method: 'DELETE' })
  await hooks.read(({ jobs }) => jobs[1]!.reload())
  await hooks.waitFor(({ jobs }) => jobs[1]!.error?.code === 'job_not_found')
})

test('useJob follows another job when its id changes, and never returns the job before', async ({
  system,
  events,
  site,
  hooks,
}) => {
  const ended = await createJob(system, 'w_210,t_true')
  await waitForEnds(events, [ended])
  await pause(system, true)
  const waiting = await createJob(system, 'w_220,t_true')
  await hooks.show({ jobIds: [ended] })
  await hooks.waitFor(({ jobs }) => jobs[0]!.job?.status === 'completed')
  await hooks.show({ jobIds: [waiting] })
  await hooks.waitFor(({ jobs }) => jobs[0]!.job?.status === 'pending')
  await hooks.show({ jobIds: [null] })
  await hooks.waitFor(({ jobs }) => jobs[0]!.job === null)
  // The job is still pending: the stream ends because nothing follows it.
  await vi.waitFor(() => expect(site.countStreams()).toBe(0), PATIENT)

  const pairs = await hooks.read(({ jobHistory }) =>
    jobHistory.map(({ id, state: { job } }) => [id, job && job.id]),
  )
  expect(pairs.filter(([id, jobId]) => jobId !== null && jobId !== id)).toEqual([])
  expect(new Set(pairs.map(([, jobId]) => jobId))).toEqual(new Set([null, ended, waiting]))
  await pause(system, false)
  // Its events belong to no later test.
  await waitForEnds(events, [waiting])
})

test('useQueueEvents continues without a gap after a cut, and closes its stream with the component', async ({
  system,
  events,
  site,
  hooks,
}) => {
  const filters = [{ queue: 'default' }, { filePath: 'videos/other.mp4' }]
  await hooks.show({ filters })
  await hooks.waitFor(({ streams }) => streams.every(({ isConnected }) => isConnected))
  const first = await createJob(system, 'w_230,t_true')
  await waitForEnds(events, [first])
  site.cut()
  await hooks.waitFor(({ streams }) => streams.every(({ isConnected }) => !isConnected))
  const missed = await createJob(system, 'w_240,t_true')
  await waitForEnds(events, [missed])
  site.mend()
  await hooks.waitFor(({ streams }) => streams.every(({ isConnected }) => isConnected))
  const last = await createJob(system, 'w_250,t_true')
  await waitForEnds(events, [last])
  await hooks.waitFor(({ events: [received] }) => received!.length >= 9)

  const [received, others] = await hooks.read((page) =>
    page.events.map((list) =>
      list.flatMap(({ event, data }) =>
        event.startsWith('job:') && event !== 'job:progress'
          ? [`${event} ${(data as { jobId: string }).jobId}`]
          : [],
      ),
    ),
  )
  expect(received).toEqual(
    [first, missed, last].flatMap((id) =>
      ['created', 'started', 'completed'].map((type) => `job:${type} ${id}`),
    ),
  )
  expect(others).toEqual([])

  await hooks.show({ filters: [null] })
  await hooks.waitFor(({ streams }) => !streams[0]!.isConnected)
  await vi.waitFor(() => expect(site.countStreams()).toBe(0), PATIENT)
})

test('useQueueEvents returns the error of a stream that is rejected, and opens no other', async ({
  site,
  hooks,
}) => {
  await hooks.show({ filters: [{ queue: 'default' }] }, 'rq_wrong')
  await hooks.waitFor(({ streams }) => streams[0]!.error)
  expect(await hooks.read(({ streams }) => streams[0]!.error!.status)).toBe(401)
  const rejected = site.requests.length
  // With another key, the hook follows again.
  await hooks.show({ filters: [{ queue: 'default' }] })
  await hooks.waitFor(({ streams: [state] }) => state!.isConnected && state!.error === null)
  expect(site.requests.slice(rejected)).toEqual(['GET /queue/events?queue=default'])
})

test('useUpload to a path continues after it was cancelled, without the parts that are stored', async ({
  system,
  site,
  hooks,
}) => {
  await hooks.show({ upload: true })
  await hooks.waitFor(({ upload }) => upload)
  site.hold((method, path) => method === 'PUT' && path.endsWith('/2'))
  await hooks.read((page) => {
    // The start of an MP4 file, and zeros.
    const start = Uint8Array.from([0, 0, 0, 24, ...new TextEncoder().encode('ftypisom')])
    const content = new Blob([start, new Uint8Array(16 * 1024 * 1024)])
    void page.upload.upload('videos/parts.mp4', content)
  })
  await vi.waitFor(() => expect(listParts(site.requests).toSorted()).toEqual(['1', '2']), PATIENT)
  await vi.waitFor(() => expect(listParts(site.answered)).toEqual(['1']), PATIENT)
  await expect
    .poll(() => hooks.read(({ upload }) => upload.sentBytes), PATIENT)
    .toBeGreaterThanOrEqual(PART_BYTES)
  await hooks.read(({ upload }) => upload.cancel())
  await hooks.waitFor(({ upload: { status } }) => status === 'cancelled')

  site.hold(() => false)
  const file = await hooks.read(({ upload }) => upload.resume())
  expect(file).toMatchObject({ filePath: 'videos/parts.mp4', size: LARGE_BYTES })
  expect(listParts(site.answered)).toEqual(['1', '2'])
  expect(listParts(site.requests).toSorted()).toEqual(['1', '2', '2'])
  const stored = await system.client.request('/t/videos/parts.mp4', { method: 'HEAD' })
  expect(stored.headers.get('Content-Length')).toBe(String(LARGE_BYTES))
  expect(await hooks.read(({ upload: { status, error } }) => [status, error])).toEqual([
    'done',
    null,
  ])
})

function listParts(requests: readonly string[]): string[] {
  return requests.flatMap((line) => /^PUT \/uploads\/[^/]+\/(\d+)$/.exec(line)?.[1] ?? [])
}
