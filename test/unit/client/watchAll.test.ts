/** Several jobs that are followed by one stream, and batches that are sent in steps. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createClient, type Job } from '../../../src/client/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function makeJob(id: string, status: Job['status'] = 'pending', progress = 0): Job {
  return { id, status, progress, filePath: 'a.mp4', queue: 'default' } as Job
}
function missing(): Response {
  return Response.json({ code: 'job_not_found', message: 'No.', requestId: 'r' }, { status: 404 })
}
function stream(events: [event: string, data: object][]): Response {
  const text = events.map(
    ([event, data], id) => `event: ${event}\ndata: ${JSON.stringify(data)}\nid: ${id}\n\n`,
  )
  return new Response(text.join(''), { headers: { 'Content-Type': 'text/event-stream' } })
}

/** A client whose requests are answered by path, each time by the next response. */
function clientWith(answers: Record<string, Response[]>) {
  const sent: string[] = []
  const client = createClient({
    url: 'http://service',
    fetch: (url) => {
      const path = (url as string).replace('http://service', '')
      sent.push(path)
      const response = answers[path]?.shift()
      return response ? Promise.resolve(response) : new Promise(() => undefined)
    },
  })
  return { client, sent }
}

async function follow(client: ReturnType<typeof createClient>, jobs: Job[]): Promise<string[]> {
  const seen: string[] = []
  const following = (async () => {
    for await (const { id, status, progress } of client.watchAll(jobs)) {
      seen.push(`${id} ${status} ${progress}`)
    }
  })()
  await vi.runAllTimersAsync()
  await following
  return seen
}

it('several jobs are followed by one stream until all have ended, also by deletion', async () => {
  const { client, sent } = clientWith({
    '/queue/events?filePath=a.mp4': [
      stream([
        ['connected', { clientId: 'c' }],
        ['job:progress', { jobId: 'job_2', progress: 40 }],
        ['job:progress', { jobId: 'job_other', progress: 90 }],
        ['job:deleted', { jobId: 'job_1' }],
        ['job:completed', { jobId: 'job_2' }],
      ]),
    ],
    '/queue/jobs/job_1': [Response.json(makeJob('job_1')), missing()],
    '/queue/jobs/job_2': [
      Response.json(makeJob('job_2', 'running', 10)),
      new Response('', { status: 503 }),
      Response.json(makeJob('job_2', 'completed', 100)),
    ],
  })
  const jobs = [makeJob('job_1'), makeJob('job_2'), makeJob('job_3', 'error')]
  expect(await follow(client, jobs)).toEqual([
    'job_1 pending 0',
    'job_2 pending 0',
    'job_3 error 0',
    'job_1 pending 0',
    'job_2 running 10',
    'job_2 running 40',
    'job_1 deleted 0',
    'job_2 completed 100',
  ])
  expect(sent.filter((path) => path.startsWith('/queue/events'))).toHaveLength(1)
})

it('jobs are polled with a key that may not read events', async () => {
  const forbidden = { code: 'forbidden', message: 'No.', requestId: 'r' }
  const { client } = clientWith({
    '/queue/events?jobId=job_1': [Response.json(forbidden, { status: 403 })],
    '/queue/jobs/job_1': [
      Response.json(makeJob('job_1', 'running', 50)),
      Response.json(makeJob('job_1', 'completed', 100)),
    ],
  })
  expect(await follow(client, [makeJob('job_1')])).toEqual([
    'job_1 pending 0',
    'job_1 running 50',
    'job_1 completed 100',
  ])
})

it('a step of a batch is sent again after a temporary error, and gives up after five tries', async () => {
  const step = (nextCursor: string | null) =>
    Response.json({ count: 1, done: 1, skipped: [], nextCursor })
  const unavailable = () => new Response('', { status: 503 })
  const { client, sent } = clientWith({
    '/queue/jobs/batch': [step('next'), unavailable(), unavailable(), step(null)],
  })
  const changeAll = () =>
    Array.fromAsync(client.jobs.changeAll({ action: 'cancel', filter: {} })).catch(
      (error: unknown) => error,
    )
  const changing = changeAll()
  await vi.runAllTimersAsync()
  expect(await changing).toHaveLength(2)
  expect(sent).toHaveLength(4)
  const down = clientWith({ '/queue/jobs/batch': Array.from({ length: 9 }, unavailable) })
  const failing = Array.fromAsync(
    down.client.jobs.changeAll({ action: 'cancel', filter: {} }),
  ).catch((error: unknown) => error)
  await vi.runAllTimersAsync()
  expect(await failing).toMatchObject({ status: 503 })
  expect(down.sent).toHaveLength(5)
})

it('all deliveries of a selection are replayed, 1,000 at a time', async () => {
  const bodies: unknown[] = []
  const answers = [
    { replayed: 1_000, nextSequence: 1_001 },
    { replayed: 5, nextSequence: null },
  ]
  const client = createClient({
    fetch: (_, init) => {
      bodies.push(JSON.parse(init!.body as string))
      return Promise.resolve(Response.json(answers[bodies.length - 1], { status: 202 }))
    },
  })
  expect(await client.webhooks.replayAll('wh_1', { from: 1, to: 2_000 })).toBe(1_005)
  expect(bodies).toEqual([
    { from: 1, to: 2_000 },
    { from: 1_001, to: 2_000 },
  ])
})
