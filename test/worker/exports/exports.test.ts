/** Exports of variants to another bucket: what is stored there, and what the job says, also when the service fails. */
import { AwsClient } from 'aws4fetch'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { wakeDueExports } from '../../../src/services/exports/wakeExports.ts'
import { addQueue, countRows, eventTypes } from '../helpers/database.ts'
import {
  beginExport,
  enlargeVariant,
  interceptS3,
  openExports,
  quietly,
} from '../helpers/exports.ts'
import { digest } from '../helpers/imports.ts'
import { claimAsRunner, claimJob } from '../helpers/fakeRunner.ts'
import { createOne, readJob } from '../helpers/jobs.ts'
import { api, visit } from '../helpers/requests.ts'
import { WAIT } from '../helpers/wait.ts'

const MIB = 1024 * 1024
const s3 = new AwsClient({
  accessKeyId: 'test-access-key',
  secretAccessKey: 'test-secret-key',
  service: 's3',
  region: 'auto',
})
/** The beginning of an MP4, which is checked. */
const CLIP = new TextEncoder().encode('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41 another')

beforeEach(async () => {
  await env.RENDERS.put('control.txt', 'control')
})
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  expect(await readText('control.txt')).toBe('control')
  await env.DB.prepare('DELETE FROM jobs').run()
  await env.DB.prepare('DELETE FROM exports').run()
})

async function readText(key: string): Promise<string | undefined> {
  return (await env.RENDERS.get(key))?.text()
}

async function listKeys(prefix: string): Promise<string[]> {
  return (await env.RENDERS.list({ prefix })).objects.map(({ key }) => key)
}

it('a job is completed when its variant is at the destination, and both buckets have it', async () => {
  const [first, second] = await Promise.all(
    ['w_640', 't_best,w_320'].map((transformation) =>
      createOne('live/clip.mp4', transformation, {
        destination: { credential: 'renders' },
        priority: 0,
      }),
    ),
  )
  for (const job of [first!, second!]) {
    expect(job.destination).toMatchObject({ credential: 'renders', bucket: 'reelqueue-renders' })
    const runner = await claimAsRunner()
    expect(await (await runner.complete(await runner.upload())).json()).toEqual({
      status: 'running',
    })
  }
  await vi.waitFor(
    async () => {
      for (const { id } of [first!, second!]) {
        expect(await readJob(id)).toMatchObject({ status: 'completed', progress: 100 })
      }
    },
    { timeout: 20_000, interval: 50 },
  )
  const job = await readJob(first!.id)
  const key = 'out/w_640/live/clip.mp4'
  const url = `http://localhost:9000/cdn-cgi/local/r2/s3/reelqueue-renders/${key}`
  const object = await s3.fetch(url)
  const bytes = await object.text()
  expect(bytes).toBe(`made by ${job.id} 1`)
  expect(object.headers.get('Content-Type')).toBe('video/mp4')
  expect(job.destination).toEqual({
    credential: 'renders',
    bucket: 'reelqueue-renders',
    key,
    etag: object.headers.get('ETag')!.replaceAll('"', ''),
    sizeBytes: bytes.length,
    files: 1,
  })
  expect(await listKeys('out/')).toEqual([second!.destination!.key, key].toSorted())
  expect(second!.destination!.key).toMatch(/^out\/[^/]*t_best[^/]*\/live\/clip\.jpg$/)
  expect(
    await (
      await visit(job.outputPath!, { headers: { Authorization: 'Bearer test-api-key' } })
    ).text(),
  ).toBe(bytes)
  expect(await eventTypes(job.id)).toEqual(['job:created', 'job:started', 'job:completed'])
  expect(await countRows('exports')).toBe(0)
  expect(await countRows('outputs')).toBe(0)
})

it('a finish whose answer was lost is answered again, and exports nothing twice', async () => {
  const { run, step } = openExports()
  const { id, runner, upload, finished } = await beginExport('out/repeated.mp4')
  expect(finished).toEqual({ status: 'running' })
  expect(await (await runner.complete(upload)).json()).toEqual({ status: 'running' })
  expect(await countRows('exports')).toBe(1)
  expect((await runner.report(50)).status).toBe(409)
  await step(id)
  await run()
  expect(await (await runner.complete(upload)).json()).toEqual({ status: 'running' })
  expect(await readJob(id)).toMatchObject({ status: 'completed', attempt: 1 })
})

it('a service that fails is tried again, until the object is there once', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll } = openExports()
  const { id, text } = await beginExport('out/flaky.mp4')
  let failures = 3
  interceptS3(({ method }) => {
    if (method === 'PUT' && failures-- > 0) {
      return failures === 1
        ? Promise.reject<Response>(new Error('Network connection lost.'))
        : new Response('<Error><Code>SlowDown</Code></Error>', { status: 503 })
    }
    return undefined
  })
  await runAll(id)
  expect(await readJob(id)).toMatchObject({ status: 'completed', error: null })
  expect(await readText('out/flaky.mp4')).toBe(text)
})

it('a service that keeps failing fails the job, whose variant is served', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll } = openExports()
  const { id } = await beginExport('out/down.mp4')
  const start = Date.now()
  const requests = interceptS3(() => new Response('', { status: 503 }))
  await runAll(id)
  const job = await readJob(id)
  expect(job).toMatchObject({
    status: 'error',
    errorCode: 'export_unavailable',
    error:
      'The service of the bucket "reelqueue-renders" of the credential "renders" could not store the variant (503 without an error code).',
    outputPath: null,
  })
  expect(requests).toHaveLength(8)
  expect(Date.now() - start).toBeGreaterThan(2 * 3_600_000)
  expect((await api('GET', `/t/w_640/${job.filePath}`)).status).toBe(200)
  expect(await countRows('exports')).toBe(0)
})

it('a service that refuses fails the job at once, and a retry repeats the export alone', async () => {
  const { runAll } = openExports()
  const { id, text } = await beginExport('out/refused.mp4')
  const denied = '<Error><Code>AccessDenied</Code></Error>'
  const requests = interceptS3(() => new Response(denied, { status: 403 }))
  await runAll(id)
  expect(requests).toHaveLength(1)
  expect(await readJob(id)).toMatchObject({
    status: 'error',
    errorCode: 'export_refused',
    error: expect.stringContaining('refuses the variant (403 AccessDenied). Check that the bucket'),
  })
  vi.restoreAllMocks()
  expect((await quietly('POST', `/queue/jobs/${id}/retry`)).status).toBe(200)
  expect(await readJob(id)).toMatchObject({ status: 'running', stage: 'export', attempt: 1 })
  expect(await claimJob()).toBeNull()
  await runAll(id)
  expect(await readJob(id)).toMatchObject({ status: 'completed', errorCode: null })
  expect(await readText('out/refused.mp4')).toBe(text)
  expect(await eventTypes(id)).toEqual([
    'job:created',
    'job:started',
    'job:error',
    'job:started',
    'job:completed',
  ])
})

it('a large variant continues after a failure with the part that is missing', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll } = openExports()
  const { id } = await beginExport('out/large.mp4')
  const bytes = await enlargeVariant(id, 17 * MIB)
  let isCut = false
  const requests = interceptS3(({ url }) => {
    if (url.searchParams.get('partNumber') === '2' && !isCut) {
      isCut = true
      return Promise.reject<Response>(new Error('Network connection lost.'))
    }
    return undefined
  })
  await runAll(id)
  const parts = requests.map((request) => /partNumber=(\d+)/.exec(request)?.[1]).filter(Boolean)
  expect(parts).toEqual(['1', '2', '2', '3'])
  const stored = (await env.RENDERS.get('out/large.mp4'))!
  expect(stored.size).toBe(bytes.length)
  expect(await digest(await stored.arrayBuffer())).toBe(await digest(bytes))
  const { destination } = await readJob(id)
  expect(destination).toMatchObject({ sizeBytes: bytes.length, etag: expect.stringMatching(/-3$/) })
})

it('a completion whose answer was lost is recognized', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll } = openExports()
  const { id } = await beginExport('out/lost-answer.mp4')
  await enlargeVariant(id, 9 * MIB)
  let isLost = false
  const requests = interceptS3(({ method, url }) => {
    if (method === 'POST' && url.searchParams.has('uploadId') && !isLost) {
      isLost = true
      return 'lost'
    }
    return undefined
  })
  await runAll(id)
  expect(await readJob(id)).toMatchObject({
    status: 'completed',
    destination: { sizeBytes: 9 * MIB },
  })
  expect(requests.filter((request) => request.endsWith('uploads='))).toHaveLength(1)
})

it('an upload that the service has dropped begins anew, also where an absent object is forbidden', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll } = openExports()
  const { id } = await beginExport('out/dropped.mp4')
  const bytes = await enlargeVariant(id, 9 * MIB)
  const answers = {
    PUT: new Response('<Error><Code>NoSuchUpload</Code></Error>', { status: 404 }),
    HEAD: new Response(null, { status: 403 }),
  }
  const given = new Set<string>()
  interceptS3(({ method, url }) => {
    const isFirst = !given.has(method)
    if (isFirst && (method === 'HEAD' || url.searchParams.get('partNumber') === '2')) {
      given.add(method)
      return answers[method as keyof typeof answers]
    }
    return undefined
  })
  await runAll(id)
  expect([...given]).toEqual(['PUT', 'HEAD'])
  expect(await readJob(id)).toMatchObject({ status: 'completed' })
  const stored = await (await env.RENDERS.get('out/dropped.mp4'))!.arrayBuffer()
  expect(await digest(stored)).toBe(await digest(bytes))
})

it('a job that is cancelled meanwhile leaves no parts, and the object that was there before', async () => {
  await env.RENDERS.put('out/kept.mp4', 'from before')
  const { runAll } = openExports()
  const { id } = await beginExport('out/kept.mp4')
  await enlargeVariant(id, 17 * MIB)
  const requests = interceptS3(async ({ url }) => {
    if (url.searchParams.get('partNumber') === '2') {
      const cancelled = await quietly('POST', `/queue/jobs/${id}/cancel`, { force: true })
      expect(cancelled.status).toBe(200)
    }
    return undefined
  })
  await runAll(id)
  expect(await readJob(id)).toMatchObject({ status: 'cancelled', stage: null })
  expect(await readText('out/kept.mp4')).toBe('from before')
  expect(requests.at(-1)).toMatch(/^DELETE .*out\/kept\.mp4\?uploadId=/)
  expect(requests.filter((request) => request.includes('partNumber=3'))).toEqual([])
  expect(await countRows('exports')).toBe(0)
})

it('a job that is deleted meanwhile leaves no parts', async () => {
  const { runAll } = openExports()
  const { id } = await beginExport('out/deleted.mp4')
  await enlargeVariant(id, 17 * MIB)
  const requests = interceptS3(async ({ url }) => {
    if (url.searchParams.get('partNumber') === '1') {
      await quietly('DELETE', `/queue/jobs/${id}`)
    }
    return undefined
  })
  await runAll(id)
  expect(requests.at(-1)).toMatch(/^DELETE .*uploadId=/)
  expect(await readText('out/deleted.mp4')).toBeUndefined()
  expect(await countRows('exports')).toBe(0)
})

it('a late write of a cancelled job does not replace the object of the next one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll, step, waiting } = openExports()
  const late = await beginExport('out/shared.mp4', { text: 'of the cancelled job' })
  let release: () => void = () => undefined
  let isHeld = true
  const held = new Promise<void>((resolve) => (release = resolve))
  interceptS3(async ({ method }) => {
    if (method === 'PUT' && isHeld) {
      isHeld = false
      await held
    }
    return undefined
  })
  const lateStep = step(late.id)
  await vi.waitFor(() => expect(isHeld).toBe(false), WAIT)
  await quietly('POST', `/queue/jobs/${late.id}/cancel`, { force: true })
  const next = await beginExport('out/shared.mp4', {
    text: 'of the next job',
    filePath: late.filePath,
  })
  await step(next.id)
  expect(await readText('out/shared.mp4')).toBeUndefined()
  expect(await readJob(next.id)).toMatchObject({ status: 'running', stage: 'export' })
  expect(waiting()).toBe(1)
  release()
  await lateStep
  await runAll()
  expect(await readText('out/shared.mp4')).toBe('of the next job')
  expect(await readJob(next.id)).toMatchObject({ status: 'completed' })
  expect(await readJob(late.id)).toMatchObject({ status: 'cancelled' })
})

it('a job whose variant was deleted meanwhile makes it again', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { runAll } = openExports()
  const { id, filePath } = await beginExport('out/again.mp4')
  const replaced = await api('PUT', `/files/${filePath}`, CLIP)
  expect(replaced.status).toBe(201)
  await runAll(id)
  const job = await readJob(id)
  expect(job).toMatchObject({ status: 'pending', stage: null, attempt: 1 })
  expect(await readText('out/again.mp4')).toBeUndefined()
  vi.setSystemTime(Date.parse(job.retryAt!))
  const runner = await claimAsRunner()
  await runner.complete(await runner.upload('of the new file'))
  await runAll(id)
  await vi.waitFor(
    async () => expect(await readText('out/again.mp4')).toBe('of the new file'),
    WAIT,
  )
})

it('an export whose message was lost is found, and holds no place of its queue', async () => {
  await addQueue('narrow', 1)
  const { platform, run } = openExports()
  const { id } = await beginExport('out/lost-message.mp4')
  await env.DB.prepare("UPDATE queues SET concurrency = 1 WHERE name = 'default'").run()
  const other = await createOne('exports/other.mp4')
  expect((await claimJob())?.jobId).toBe(other.id)
  await wakeDueExports(platform)
  await run()
  expect(await readJob(id)).toMatchObject({ status: 'completed' })
  await env.DB.prepare("UPDATE queues SET concurrency = 4 WHERE name = 'default'").run()
})

it('a credential that was withdrawn meanwhile is not used', async () => {
  const { platform, step } = openExports()
  const { id } = await beginExport('out/withdrawn.mp4')
  const requests = interceptS3(() => undefined)
  platform.s3Credentials = () => new Map()
  await step(id)
  expect(await readJob(id)).toMatchObject({
    status: 'error',
    errorCode: 'export_refused',
    error: expect.stringContaining('There is no credential "renders"'),
  })
  expect(requests).toEqual([])
})
