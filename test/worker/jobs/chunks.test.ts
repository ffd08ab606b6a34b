/** A job that is split into chunks, which runners claim like jobs. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Assignment } from '../../../src/contract/runnerProtocol.ts'
import type { Chunk } from '../../../src/contract/job.ts'
import { addQueue, countRows, db, eventTypes, jobRow, openPlatform } from '../helpers/database.ts'
import { claimJob, fakeRunner, type FakeRunner } from '../helpers/fakeRunner.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { createOne, putOriginal, readJob } from '../helpers/jobs.ts'
import { api, expectJson } from '../helpers/requests.ts'
import { collectGarbage } from '../../../src/services/maintenance/garbageCollector.ts'
import { HeldLeases } from '../../../src/events/HeldLeases.ts'
import type { HeldLease, Platform } from '../../../src/services/ports.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { listChunkRows } from '../../../src/db/chunks.ts'
import { splitJob } from '../../../src/db/splitJob.ts'
import { finishAttempt } from '../../../src/services/jobs/finishAttempt.ts'
import { runWatchdog } from '../../../src/services/maintenance/watchdog.ts'

const VERSION = '1-0123456789abcdef'
const KEY = 'a'.repeat(64)
const PROBE = { version: VERSION, results: { header: {} } }
const CAPABLE = { chunkVersion: VERSION, probeVersion: VERSION, encoders: ['libx264', 'aac'] }

const CHUNKS = [
  { kind: 'video', startSeconds: 0, endSeconds: 4.99, frames: 125 },
  { kind: 'video', startSeconds: 4.99, endSeconds: null, frames: null },
  { kind: 'audio', startSeconds: 0, endSeconds: null, frames: null },
  { kind: 'join', startSeconds: 0, endSeconds: null, frames: null },
]
const FACTS = {
  sizeBytes: 7,
  frames: 125,
  samples: null,
  timescale: 25,
  startTicks: 0,
  endTicks: 125,
  decoderConfig: 'b'.repeat(64),
}

let queue = ''
let queueCount = 0
beforeEach(async () => {
  queue = `chunks-${queueCount++}`
  await addQueue(queue)
})

async function claim(runner = 'one', more: Record<string, unknown> = {}) {
  const assignment = await claimJob(queue, runner, { ...CAPABLE, ...more })
  return assignment && { ...fakeRunner(assignment), assignment }
}
type Claimed = NonNullable<Awaited<ReturnType<typeof claim>>>

async function claimKind(kind: string, runner = 'one'): Promise<Claimed> {
  const claimed = await claim(runner)
  expect(claimed?.assignment.chunk?.kind).toBe(kind)
  return claimed!
}

/** Creates a job and splits it. */
async function split(
  filePath: string,
  {
    transformation = 'w_640',
    ...fields
  }: Record<string, unknown> & { transformation?: string } = {},
  chunks = CHUNKS,
) {
  const job = await createOne(filePath, transformation, { queue, ...fields })
  const lead = (await claim())!
  expect(lead.jobId).toBe(job.id)
  const answer = await lead.split(chunks, { planKey: KEY, probe: PROBE })
  expect(await expectJson(answer, 200)).toEqual({ status: 'running' })
  return { id: job.id, lead }
}

async function finishChunk(runner: FakeRunner, more: Record<string, unknown> = {}) {
  const upload = await runner.upload()
  return expectJson(await runner.complete(upload, { chunk: FACTS, ...more }), 200)
}

async function listChunks(id: string): Promise<Chunk[]> {
  const answer = await api('GET', `/queue/jobs/${id}/chunks`)
  return (await expectJson<{ chunks: Chunk[] }>(answer, 200)).chunks
}

async function statuses(id: string) {
  return (await listChunks(id)).map(({ status }) => status)
}

const IDLE = { running: 0, split: 0, pending_chunks: 0, running_chunks: 0 }

function readBusy() {
  const columns = Object.keys(IDLE).join(', ')
  return env.DB.prepare(`SELECT ${columns} FROM queues WHERE name = ?`).bind(queue).first()
}

/** Expects no object and no row of an output, except the variant. */
async function expectOnlyVariant(id: string, count = 1) {
  const { platform } = openPlatform()
  await collectGarbage(platform)
  expect((await env.VARIANTS.list({ prefix: id })).objects).toHaveLength(count)
  expect(await countRows('outputs', 'job_id LIKE ?', `${id}%`)).toBe(0)
}

/** Runs `change` with a database that fails after the first statement, or batch, that writes. */
async function stopAfterFirstChange(change: (platform: Platform) => Promise<void>) {
  let hasChanged = false
  const stop = async <T>(isWrite: boolean, run: () => Promise<T>): Promise<T> => {
    if (hasChanged) {
      throw new Error('The Worker has stopped.')
    }
    hasChanged = isWrite
    return run()
  }
  const prepared = (query: string, bound: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(bound, {
      get(target, key: keyof D1PreparedStatement) {
        if (key === 'bind') {
          return (...values: unknown[]) => prepared(query, target.bind(...values))
        }
        const isWrite = /^\s*(update|insert|delete)/i.test(query)
        const method = target[key] as (...args: unknown[]) => Promise<unknown>
        return typeof method === 'function'
          ? (...args: unknown[]) => stop(isWrite, () => method.apply(target, args))
          : method
      },
    })
  const d1 = new Proxy(env.DB, {
    get(target, key: keyof D1Database) {
      switch (key) {
        case 'prepare':
          return (query: string) => prepared(query, target.prepare(query))
        case 'batch':
          return (list: D1PreparedStatement[]) => stop(true, () => target.batch(list))
        default:
          return target[key]
      }
    },
  })
  const { platform } = openPlatform(d1)
  await change(platform).catch(() => undefined)
  expect(hasChanged).toBe(true)
}

async function finishParts() {
  for (const kind of ['video', 'video', 'audio']) {
    await finishChunk(await claimKind(kind))
  }
}

describe('a job that a runner has split', () => {
  it('is running, and its chunks are not jobs to callers', async () => {
    const { id } = await split('parts/split.mp4')
    expect(await readJob(id)).toMatchObject({ status: 'running', attempt: 1 })
    expect(await jobRow(id)).toMatchObject({ runner_id: null, lease_expires_at: null })
    const { jobs } = await expectJson<{ jobs: { id: string }[] }>(
      await api('GET', `/queue/jobs?queue=${queue}`),
      200,
    )
    expect(jobs.map((job) => job.id)).toEqual([id])
    expect(await expectJson(await api('GET', `/queue/stats?queue=${queue}`), 200)).toMatchObject({
      running: 1,
      pending: 0,
      total: 1,
    })
    const chunk = (await claimKind('video')).jobId
    // Chunks are no pending jobs, but a runner is making one.
    const folder = await makeKey({ scopes: ['jobs:read'], pathPrefix: 'parts' })
    for (const read of [api, folder.call]) {
      const figures = await expectJson(await read('GET', `/queue/stats?queue=${queue}`), 200)
      expect(figures).toMatchObject({ oldestPendingAt: null, activeRunners: 1 })
    }
    expect((await api('GET', `/queue/jobs/${chunk}`)).status).toBe(404)
    expect((await api('DELETE', `/queue/jobs/${chunk}`)).status).toBe(400)
    expect(await countRows('jobs', 'parent_id = ?', id)).toBe(4)
    expect(await eventTypes(id)).toEqual(['job:created', 'job:started'])
    expect(await eventTypes(chunk)).toEqual([])
  })

  it('rejects later requests of the runner that split it, and a repeated split changes nothing', async () => {
    const { id, lead } = await split('late.mp4')
    expect((await lead.report(50)).status).toBe(409)
    expect((await lead.fail('stalled')).status).toBe(409)
    const again = await lead.split(CHUNKS, { planKey: KEY, probe: PROBE })
    expect(await expectJson(again, 200)).toEqual({ status: 'running' })
    expect(await countRows('jobs', 'parent_id = ?', id)).toBe(4)
    expect(await jobRow(id)).toMatchObject({ status: 'running', lease_expires_at: null })
  })

  it('is exported to its destination after the join, and keeps nothing of its chunks', async () => {
    const destination = { credential: 'renders', key: 'out/joined.mp4' }
    const { id } = await split('joined.mp4', { destination })
    await finishParts()
    const join = await claimKind('join')
    expect(await finishChunk(join)).toEqual({ status: 'running' })
    await vi.waitFor(
      async () => expect(await readJob(id)).toMatchObject({ status: 'completed', destination }),
      { timeout: 20_000, interval: 50 },
    )
    const object = await env.RENDERS.get('out/joined.mp4')
    expect(await object!.text()).toBe(`made by ${join.jobId} ${join.fence}`)
    expect(await readBusy()).toEqual(IDLE)
    expect(await statuses(id)).toEqual(['completed', 'completed', 'completed', 'completed'])
    await expectOnlyVariant(id)
    expect(await eventTypes(id)).toEqual(['job:created', 'job:started', 'job:completed'])
  })

  it('keeps its chunks when two requests split it at the same time', async () => {
    const { id, lead } = await split('twice.mp4')
    const running = await claimKind('video')
    const stored = {
      chunks: (await listChunkRows(db, id)).map(({ chunk }) => chunk!),
      packageKey: null,
      requiredEncoders: [],
    }
    const late = { ...stored, input: undefined, plan: undefined, timings: {} }
    // The check of the claim came before the first request had split the job.
    const claimed = { jobId: id, fence: lead.fence }
    expect(await splitJob(db, claimed, late, Date.now())).toBeUndefined()
    expect(await statuses(id)).toEqual(['running', 'pending', 'pending', 'waiting'])
    await finishChunk(running)
  })

  it.each([
    ['without a probe', CHUNKS, { probe: undefined }, /needs the probe/],
    [
      'without a join at the end',
      [CHUNKS[3], CHUNKS[0]],
      {},
      /must have exactly one of the kind join, at the end/,
    ],
  ])('is refused %s', async (_, chunks, more, message) => {
    await createOne(`refused-${chunks.length}.mp4`, 'w_640', { queue })
    const lead = (await claim())!
    const answer = await lead.split(chunks, { planKey: KEY, probe: PROBE, ...more })
    const body = await expectJson<{ message: string }>(answer, 400)
    expect(body.message).toMatch(message)
    expect(await jobRow(lead.jobId)).toMatchObject({ status: 'running', chunk_count: null })
  })

  it('is completed by the chunk that joins the others, and leaves no other object or row', async () => {
    const { id } = await split('joined.mp4')
    await finishParts()
    expect(await statuses(id)).toEqual(['completed', 'completed', 'completed', 'pending'])
    const join = await claimKind('join')
    expect(
      join.assignment.chunk!.completedChunks.map(({ index, facts }) => [index, facts]),
    ).toEqual([0, 1, 2].map((index) => [index, FACTS]))
    expect(await expectJson(await join.complete(await join.upload('whole')), 200)).toEqual({
      status: 'completed',
    })
    const job = await readJob(id)
    expect(job).toMatchObject({ status: 'completed', progress: 100 })
    // The attempt that split it, three chunks, and the one that joined them.
    expect(job.timings).toEqual({ encode: 500 })
    expect(await eventTypes(id)).toEqual(['job:created', 'job:started', 'job:completed'])
    const served = await api('GET', job.outputPath!)
    expect(await served.text()).toBe('whole')
    const { platform } = openPlatform()
    await collectGarbage(platform)
    expect(await countRows('outputs', 'job_id LIKE ?', `${id}%`)).toBe(0)
    const { objects } = await env.VARIANTS.list({ prefix: id })
    expect(objects).toHaveLength(1)
    expect(await readBusy()).toEqual(IDLE)
    expect(await statuses(id)).toEqual(['completed', 'completed', 'completed', 'completed'])
  })
})

describe('a chunk', () => {
  it('is claimed only by runners that make the same chunks', async () => {
    await split('versions.mp4')
    expect(await claimJob(queue, 'old')).toBeNull()
    expect(await claim('other', { chunkVersion: '1-fedcba9876543210' })).toBeNull()
    expect(await claim('other', { encoders: ['aac'] })).toBeNull()
    await claimKind('video')
  })

  it('has the source, the probe and the settings of its job', async () => {
    const { id } = await split('inherits.mp4', { stallSeconds: 9, chunkSeconds: 5 })
    const { assignment, ...runner } = await claimKind('video')
    expect(assignment).toMatchObject({
      filePath: 'inherits.mp4',
      stallSeconds: 9,
      chunkSeconds: 5,
      probe: PROBE,
      chunk: { jobId: id, index: 0, planKey: KEY, ...CHUNKS[0] },
    } satisfies Partial<Assignment> | Record<string, unknown>)
    expect(await (await runner.source()).text()).toBe('the bytes of inherits.mp4')
  })

  it('is a span of the trace of its job, and its log line names it', async () => {
    const log = vi.spyOn(console, 'info').mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
    const { id } = await split('traced.mp4')
    const claims = [await claimKind('video', 'one'), await claimKind('video', 'two')]
    const spans = claims.map(({ assignment }) => assignment.traceparent!.split('-'))
    expect(spans.map(([, traceId]) => traceId)).toEqual([id.slice(4), id.slice(4)])
    expect(spans[0]![2]).not.toBe(spans[1]![2])
    const lines = log.mock.calls.map(([line]) => JSON.parse(line as string) as object)
    for (const [index, { jobId, assignment }] of claims.entries()) {
      expect(lines).toContainEqual({
        event: 'job_claimed',
        requestId: assignment.requestId,
        jobId,
        attempt: 1,
        chunk: index,
        kind: 'video',
        runner: ['one', 'two'][index],
        trace_id: id.slice(4),
        span_id: spans[index]![2],
      })
    }
  })

  it('can be read by the runner that joins, while it holds the join', async () => {
    await split('parts.mp4')
    const first = await claimKind('video')
    await finishChunk(first)
    await finishChunk(await claimKind('video'))
    await finishChunk(await claimKind('audio'))
    const join = await claimKind('join')
    const at = `/runner/jobs/${join.jobId}/source?fence=${join.fence}`
    const part = await join.readChunk(0)
    expect(await part.text()).toBe(`made by ${first.jobId} ${first.fence}`)
    expect((await join.readChunk(9)).status).toBe(400)
    await expectJson(await join.fail('input_invalid'), 200)
    expect((await join.readChunk(0)).status, at).toBe(409)
  })

  it('is read by the runner of another one as soon as it is completed', async () => {
    await split('early.mp4')
    const first = await claimKind('video')
    const second = await claimKind('video')
    const audio = await claimKind('audio')
    expect((await audio.readChunk(0)).status).toBe(400)
    await finishChunk(first)
    expect(await (await audio.readChunk(0)).text()).toBe(`made by ${first.jobId} ${first.fence}`)
    expect((await audio.readChunk(1)).status).toBe(400)
    await finishChunk(second)
    expect(await (await audio.readChunk(1)).text()).toBe(`made by ${second.jobId} ${second.fence}`)
  })

  it('is made again, by another runner, when its runner is lost; the others stay', async () => {
    const { id } = await split('lost.mp4')
    await finishChunk(await claimKind('video'))
    const lost = await claimKind('video')
    await env.DB.prepare('UPDATE jobs SET lease_expires_at = 1 WHERE id = ?').bind(lost.jobId).run()
    const { platform, settled } = openPlatform()
    await runWatchdog(platform, queue)
    await settled()
    await env.DB.prepare('UPDATE jobs SET run_after = 1 WHERE id = ?').bind(lost.jobId).run()
    expect((await lost.report(50)).status).toBe(409)
    // The audio is next for the runner that lost the chunk.
    await claimKind('audio', 'one')
    const again = await claimKind('video', 'two')
    expect(again.jobId).toBe(lost.jobId)
    expect(again.fence).toBeGreaterThan(lost.fence)
    expect(await statuses(id)).toEqual(['completed', 'running', 'running', 'waiting'])
    expect(await readJob(id)).toMatchObject({ status: 'running' })
  })

  it('that fails for good fails the job, which names its seconds; a retry reuses the others', async () => {
    const { id } = await split('fails.mp4')
    const first = await claimKind('video')
    await finishChunk(first)
    const second = await claimKind('video')
    const audio = await claimKind('audio', 'two')
    await expectJson(await second.fail('input_invalid', 'The file is damaged.'), 200)
    expect(await readJob(id)).toMatchObject({
      status: 'error',
      errorCode: 'input_invalid',
      error:
        'The part from second 5.0 to 10.0 of the variant could not be made: The file is damaged.',
    })
    expect((await audio.report(50)).status).toBe(409)
    expect(await claim()).toBeNull()
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    const lead = (await claim())!
    await expectJson(await lead.split(CHUNKS, { planKey: KEY, probe: PROBE }), 200)
    expect(await statuses(id)).toEqual(['completed', 'pending', 'pending', 'waiting'])
    expect((await claimKind('video')).assignment.chunk!.index).toBe(1)
    expect(await env.VARIANTS.list({ prefix: first.jobId })).toMatchObject({ objects: [{}] })
  })

  it('of another plan is not reused', async () => {
    const { id } = await split('replanned.mp4')
    const first = await claimKind('video')
    await finishChunk(first)
    await expectJson(await (await claimKind('video')).fail('input_invalid'), 200)
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    const lead = (await claim())!
    await expectJson(await lead.split(CHUNKS, { planKey: 'c'.repeat(64), probe: PROBE }), 200)
    expect(await statuses(id)).toEqual(['pending', 'pending', 'pending', 'waiting'])
    expect(await countRows('outputs', 'retired = 1 AND job_id = ?', first.jobId)).toBe(1)
  })

  it('is not deleted before its job, however old it is', async () => {
    const { id } = await split('slow.mp4')
    await finishChunk(await claimKind('video'))
    await env.DB.prepare(
      'UPDATE jobs SET completed_at = 1 WHERE parent_id = ? AND completed_at > 0',
    )
      .bind(id)
      .run()
    const { platform, settled } = openPlatform()
    await runCleaner(platform, { jobDays: 1, eventDays: 1, uploadDays: 1, publicVariantDays: 1 })
    await settled()
    expect(await statuses(id)).toEqual(['completed', 'pending', 'pending', 'waiting'])
  })

  it('that is released does not count, and is claimed again at once', async () => {
    await split('released.mp4')
    const runner = await claimKind('video')
    await expectJson(await runner.release(), 200)
    const again = await claimKind('video')
    expect(again.jobId).toBe(runner.jobId)
    expect(again.assignment.attempt).toBe(1)
  })
})

describe('a completed chunk whose file is lost', () => {
  it('is made again before the join, which waits for it', async () => {
    const { id } = await split('gone.mp4')
    const first = await claimKind('video')
    await finishChunk(first)
    await finishChunk(await claimKind('video'))
    await finishChunk(await claimKind('audio'))
    const { objects } = await env.VARIANTS.list({ prefix: first.jobId })
    await env.VARIANTS.delete(objects.map(({ key }) => key))
    const join = await claimKind('join')
    expect((await join.readChunk(0)).status).toBe(400)
    const failed = await join.fail('storage', 'A file is missing.', { lostChunks: [0] })
    expect(await expectJson(failed, 200)).toEqual({ status: 'pending' })
    expect(await statuses(id)).toEqual(['pending', 'completed', 'completed', 'waiting'])
    expect(await readBusy()).toEqual({ ...IDLE, running: 1, split: 1, pending_chunks: 2 })

    const again = await claimKind('video')
    expect(again.assignment).toMatchObject({ jobId: first.jobId, attempt: 2, chunk: { index: 0 } })
    await finishChunk(again)
    const second = await claimKind('join')
    expect(await (await second.readChunk(0)).text()).toBe(`made by ${again.jobId} ${again.fence}`)
    await second.completeWith()
    expect(await readJob(id)).toMatchObject({ status: 'completed' })
    await expectOnlyVariant(id)
    expect(await readBusy()).toEqual(IDLE)
  })

  it('is made again by a retry of a job whose join has failed for good', async () => {
    const { id } = await split('damaged.mp4', { maxAttempts: 1 })
    await finishParts()
    const join = await claimKind('join')
    const failed = await join.fail('storage', 'A file is damaged.', { lostChunks: [1] })
    expect(await expectJson(failed, 200)).toEqual({ status: 'error' })
    expect(await readJob(id)).toMatchObject({
      status: 'error',
      error: 'The join of the chunks could not be made: A file is damaged.',
    })
    expect(await readBusy()).toEqual(IDLE)
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    const lead = (await claim())!
    await expectJson(await lead.split(CHUNKS, { planKey: KEY, probe: PROBE }), 200)
    expect(await statuses(id)).toEqual(['completed', 'pending', 'completed', 'waiting'])
  })

  it('is made again only if the runner of the join, and no other, reports it', async () => {
    const { id } = await split('unproven.mp4')
    await finishChunk(await claimKind('video'))
    const second = await claimKind('video')
    await expectJson(await second.fail('storage', 'It is gone.', { lostChunks: [0] }), 200)
    expect(await statuses(id)).toEqual(['completed', 'pending', 'pending', 'waiting'])
  })
})

describe('the end of a split job', () => {
  it.each([
    ['cancelled', () => ['POST', 'cancel', { force: true }] as const],
    ['deleted', () => ['DELETE', '', undefined] as const],
  ])('that is %s stops its runners and leaves no object', async (status, build) => {
    const { id } = await split(`${status}.mp4`)
    const done = await claimKind('video')
    await finishChunk(done)
    const running = await claimKind('video')
    await expectJson(await fakeRunner(running.assignment).report(10), 200)
    const [method, action, body] = build()
    const path = `/queue/jobs/${id}${action && `/${action}`}`
    await expectJson(await api(method, path, body), 200)
    expect((await running.report(60)).status).toBe(409)
    expect((await running.beginOutput()).status).toBe(409)
    expect(await claim()).toBeNull()
    const { platform } = openPlatform()
    await collectGarbage(platform)
    expect((await env.VARIANTS.list({ prefix: id })).objects).toEqual([])
    expect(await countRows('outputs', 'job_id LIKE ?', `${id}%`)).toBe(0)
    expect(await readBusy()).toEqual(IDLE)
  })

  it('whose chunks cannot be joined is made once more, unsplit', async () => {
    const { id } = await split('gate.mp4')
    await finishParts()
    const join = await claimKind('join')
    await expectJson(
      await join.fail('output_invalid', 'A frame is missing.', { cannotJoin: true }),
      200,
    )
    const whole = (await claim())!
    expect(whole.jobId).toBe(id)
    expect(whole.assignment).toMatchObject({
      chunkSeconds: 0,
      unsplitReason: 'A frame is missing.',
      attempt: 1,
    })
    await whole.completeWith()
    expect(await readJob(id)).toMatchObject({ status: 'completed' })
    await expectOnlyVariant(id)
  })

  it('that is cancelled after it returned to its queue leaves no object', async () => {
    const { id } = await split('returned.mp4')
    await finishChunk(await claimKind('video'))
    await expectJson(await (await claimKind('video')).fail('input_invalid'), 200)
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    await expectJson(await api('POST', `/queue/jobs/${id}/cancel`), 200)
    await expectOnlyVariant(id, 0)
  })

  it('that has failed leaves no chunk when its original is deleted', async () => {
    const { id } = await split('forgotten.mp4')
    await finishChunk(await claimKind('video'))
    await expectJson(await (await claimKind('video')).fail('input_invalid'), 200)
    await expectJson(await api('DELETE', '/files/forgotten.mp4'), 200)
    await expectOnlyVariant(id, 0)
  })

  it('comes although the Worker stops after the last failure of a chunk', async () => {
    const { id } = await split('stopped.mp4')
    await claimKind('video')
    const failing = await claimKind('video')
    await stopAfterFirstChange(async (platform) => {
      const claimed = { jobId: failing.jobId, fence: failing.fence }
      const finish = { outcome: 'failed' as const, errorCode: 'input_invalid' as const }
      const record = { message: 'The file is damaged.', stderrTail: '', command: '', timings: {} }
      await finishAttempt(platform, claimed, { ...finish, ...record, fence: failing.fence })
    })
    expect(await readJob(id)).toMatchObject({ status: 'error', errorCode: 'input_invalid' })
    expect(await readBusy()).toEqual(IDLE)
  })

  it('whose original was replaced begins anew', async () => {
    const { id } = await split('replaced.mp4')
    await finishChunk(await claimKind('video'))
    await putOriginal('replaced.mp4', 'other bytes')
    const lead = (await claim())!
    expect(lead.jobId).toBe(id)
    expect(lead.assignment.chunk).toBeUndefined()
    await expectJson(await lead.split(CHUNKS, { planKey: 'd'.repeat(64), probe: PROBE }), 200)
    expect(await statuses(id)).toEqual(['pending', 'pending', 'pending', 'waiting'])
  })

  it('whose original was replaced by a similar one does not use the chunks of the old one', async () => {
    const { id } = await split('similar.mp4')
    const first = await claimKind('video')
    await finishChunk(first)
    await putOriginal('similar.mp4', 'other bytes')
    const lead = (await claim())!
    await expectJson(await lead.split(CHUNKS, { planKey: KEY, probe: PROBE }), 200)
    expect(await statuses(id)).toEqual(['pending', 'pending', 'pending', 'waiting'])
    expect(await countRows('outputs', 'retired = 1 AND job_id = ?', first.jobId)).toBe(1)
  })

  it.each([
    ['of another version', { chunkVersion: '1-fedcba9876543210' }],
    ['that make no chunks', { chunkVersion: undefined }],
  ])('begins anew when only runners %s are left that can run it', async (_, others) => {
    const { id } = await split(`upgraded-${String(others.chunkVersion)}.mp4`)
    expect(await claim('other', others)).toBeNull()
    await env.DB.prepare('UPDATE jobs SET created_at = 1 WHERE parent_id = ?').bind(id).run()
    expect(await claim('other', { ...others, encoders: ['aac'] })).toBeNull()
    expect(await readJob(id)).toMatchObject({ status: 'running' })
    expect((await claim('other', others))?.jobId).toBe(id)
  })
})

describe('the order of claims', () => {
  it('counts busy runners, so that the concurrency holds for chunks', async () => {
    await env.DB.prepare('UPDATE queues SET concurrency = 2 WHERE name = ?').bind(queue).run()
    await split('busy.mp4')
    await claimKind('video', 'one')
    const second = await claimKind('video', 'two')
    expect(await claim('three')).toBeNull()
    await finishChunk(second)
    await claimKind('audio', 'three')
  })

  it('counts a runner once that holds several chunks', async () => {
    await env.DB.prepare('UPDATE queues SET concurrency = 2 WHERE name = ?').bind(queue).run()
    await split('beside.mp4')
    await claimKind('video', 'one')
    await claimKind('video', 'one')
    await claimKind('audio', 'two')
    expect(await claim('three')).toBeNull()
  })

  it('lets a small job precede the chunks of a film for a runner that has just made one', async () => {
    await split('film.mp4')
    const small = await createOne('small.mp4', 'w_640', { queue })
    const urgent = await createOne('urgent.mp4', 'w_640', { queue, priority: 0 })
    const late = await createOne('late-small.mp4', 'w_640', { queue, priority: 50 })
    const ask = async (prefersJobs: boolean) =>
      (await claimJob(queue, 'one', CAPABLE, { prefersJobs }))!.jobId
    expect(await ask(false)).toBe(urgent.id)
    expect(await ask(false)).toMatch(/\.0$/)
    expect(await ask(true)).toBe(small.id)
    expect(await ask(true)).toMatch(/\.1$/)
    expect(await jobRow(late.id)).toMatchObject({ status: 'pending' })
  })

  it('gives a runner another chunk beside one only if as many are left as others make', async () => {
    const { id } = await split('beside-another.mp4')
    const askAnother = async (anotherChunkOf = id) =>
      (await claimJob(queue, 'one', CAPABLE, { anotherChunkOf }))?.chunk?.index
    await claimKind('video', 'one')
    const other = await claimKind('video', 'two')
    expect(await askAnother()).toBeUndefined()
    await finishChunk(other)
    expect(await askAnother('job_other')).toBeUndefined()
    expect(await statuses(id)).toEqual(['running', 'completed', 'pending', 'waiting'])
    expect(await askAnother()).toBe(2)
  })

  it('gives a runner no other chunk beside one while a job precedes it', async () => {
    const { id } = await split('preceded.mp4')
    await claimKind('video', 'one')
    const small = await createOne('preceding.mp4', 'w_640', { queue })
    const more = { anotherChunkOf: id, prefersJobs: true }
    expect(await claimJob(queue, 'one', CAPABLE, more)).toBeNull()
    expect(await readJob(small.id)).toMatchObject({ status: 'pending' })
    // That of a preferred queue precedes too.
    const preferred = `${queue}-preferred`
    await addQueue(preferred)
    await createOne('preferred.mp4', 'w_640', { queue: preferred })
    await expectJson(await api('POST', `/queue/jobs/${small.id}/cancel`), 200)
    const queues = [preferred, queue]
    expect(await claimJob(queue, 'one', CAPABLE, { ...more, queues })).toBeNull()
    expect((await claimJob(queue, 'one', CAPABLE, more))?.chunk?.jobId).toBe(id)
  })

  it('goes on in a paused queue, which starts no other job', async () => {
    const { id } = await split('paused.mp4')
    const other = await createOne('unstarted.mp4', 'w_640', { queue, priority: 0 })
    await expectJson(await api('PATCH', `/queues/${queue}`, { paused: true }), 200)
    await finishParts()
    const join = await claimKind('join')
    await join.completeWith()
    expect(await readJob(id)).toMatchObject({ status: 'completed' })
    expect(await claim()).toBeNull()
    expect(await readJob(other.id)).toMatchObject({ status: 'pending' })
  })

  it('takes the priority of the caller who requests the job of a visitor', async () => {
    const { id } = await split('visited.mp4')
    await env.DB.prepare(
      'UPDATE jobs SET priority = priority + 1000, last_requested_at = iif(id = ?1, 1, NULL) WHERE id = ?1 OR parent_id = ?1',
    )
      .bind(id)
      .run()
    await createOne('visited.mp4', 'w_640', { queue, priority: 3 })
    const priorities = (await listChunkRows(db, id)).map(({ priority }) => priority)
    expect(priorities).toEqual([3, 3, 3, 3])
  })

  it('gives at most maxChunksAtOnce chunks of one job to runners', async () => {
    const { id } = await split('narrow.mp4', { maxChunksAtOnce: 1 })
    const first = await claimKind('video', 'one')
    expect(await claim('two')).toBeNull()
    expect(await statuses(id)).toEqual(['running', 'waiting', 'waiting', 'waiting'])
    await finishChunk(first)
    await claimKind('video', 'two')
  })
})

function chunkLease(index: number, progress: number, active: number): HeldLease {
  return {
    jobId: `job.2.${index}`,
    fence: 1,
    filePath: 'film.mp4',
    progress,
    stage: 'encode',
    etaSeconds: null,
    fps: 10,
    speed: 1,
    runnerSecretHash: null,
    leaseSeconds: 30,
    latestExpiry: 1_000_000,
    isPlayable: false,
    isChunk: true,
    chunk: {
      jobId: 'job',
      fence: 2,
      share: 40,
      completedShare: 20,
      completed: 1,
      active,
      total: 3,
      jobSeconds: 90,
    },
  }
}

function progressOf(leases: HeldLeases, lease: HeldLease) {
  return leases.describeJob(leases.hold(lease, 0)!)?.progress ?? null
}

describe('the progress of a split job', () => {
  it('is that of its chunks together, and does not decrease', async () => {
    const { id } = await split('progress.mp4')
    const first = await claimKind('video', 'one')
    const second = await claimKind('video', 'two')
    await expectJson(await first.report(50, { fps: 100, speed: 4 }), 200)
    // A chunk of 5 of 10 seconds is 47.5 % of the work: the audio is 3 % and the join 2 %.
    expect(await readJob(id)).toMatchObject({ progress: 23, stage: 'encode' })
    await expectJson(await second.report(20, { fps: 50, speed: 2 }), 200)
    expect(await readJob(id)).toMatchObject({ progress: 33, fps: 150, speed: 6 })
    await finishChunk(first)
    expect((await readJob(id)).progress).toBeGreaterThanOrEqual(47)
    await expectJson(await second.fail('stalled'), 200)
    expect((await readJob(id)).progress).toBeGreaterThanOrEqual(47)
  })

  it('does not decrease after a restart of the hub', () => {
    const before = new HeldLeases()
    expect(progressOf(before, chunkLease(1, 50, 1))).toBe(40)
    expect(progressOf(before, chunkLease(2, 50, 2))).toBe(60)
    const after = new HeldLeases()
    // The other runner has not reported to this hub yet.
    expect(progressOf(after, chunkLease(1, 55, 2))).toBeNull()
    expect(after.readProgress(['job'])).toEqual([])
    expect(progressOf(after, chunkLease(2, 55, 2))).toBe(64)
  })

  it('is known again after a restart of the hub although a runner is lost', () => {
    const leases = new HeldLeases()
    const progress = Array.from({ length: 10 }, (_, report) =>
      progressOf(leases, chunkLease(1, 50 + report, 2)),
    )
    expect(progress.at(-1)).toBeCloseTo(43.6)
  })
})

describe('the chunks of a stream', () => {
  const splitStream = (filePath: string) => split(filePath, { transformation: 'f_hls' })
  const serve = (filePath: string, name: string) => api('GET', `/t/f_hls/${filePath}/${name}`)
  const listFiles = async (id: string) => {
    const { objects } = await env.VARIANTS.list({ prefix: id })
    return objects.map(({ key }) => key.slice(key.lastIndexOf('/') + 1))
  }

  it('store their files in one package, which the join completes', async () => {
    const { id } = await splitStream('package.mp4')
    for (const [index, kind] of ['video', 'video', 'audio'].entries()) {
      const runner = await claimKind(kind)
      await expectJson(await runner.putFile(`v240_0000${index}.m4s`, `segment ${index}`), 200)
      await finishChunk(runner)
    }
    const join = await claimKind('join')
    await expectJson(await join.putFile('master.m3u8', 'all segments'), 200)
    expect(await expectJson(await join.completePackage(), 200)).toEqual({ status: 'completed' })
    expect(await readJob(id)).toMatchObject({ status: 'completed', playable: true })
    expect(await (await serve('package.mp4', 'master.m3u8')).text()).toBe('all segments')
    expect(await (await serve('package.mp4', 'v240_00001.m4s')).text()).toBe('segment 1')
    const { platform } = openPlatform()
    await collectGarbage(platform)
    expect(await listFiles(id)).toEqual([
      'master.m3u8',
      'v240_00000.m4s',
      'v240_00001.m4s',
      'v240_00002.m4s',
    ])
    expect(await countRows('outputs', 'job_id LIKE ?', `${id}%`)).toBe(0)
  })

  it('make it playable from the start on while others are made, and its playlists never shrink', async () => {
    const { id } = await splitStream('early.mp4')
    await finishChunk(await claimKind('video', 'one'))
    const second = await claimKind('video', 'one')
    const indexes = (runner: Claimed) =>
      runner.assignment.chunk!.completedChunks.map(({ index }) => index)
    expect(indexes(second)).toEqual([0])
    await expectJson(await second.putVersion('v240.m3u8', 2), 200)
    const audio = await claimKind('audio', 'two')
    expect(indexes(audio)).toEqual([0])
    await expectJson(await audio.putVersion('v240.m3u8', 3), 200)
    expect(await readJob(id)).toMatchObject({ playable: false })
    await expectJson(await second.putVersion('master.m3u8', 1), 200)
    await expectJson(await audio.putVersion('master.m3u8', 1), 200)
    expect(await readJob(id)).toMatchObject({ status: 'running', playable: true })
    expect(await eventTypes(id)).toEqual(['job:created', 'job:started', 'job:playable'])
    await expectJson(await second.putVersion('v240.m3u8', 2), 200)
    expect(await (await serve('early.mp4', 'v240.m3u8')).text()).toBe('version 3')
    await expectJson(await second.putFile('v240.m3u8', 'final'), 200)
    await expectJson(await audio.putVersion('v240.m3u8', 9), 200)
    expect(await (await serve('early.mp4', 'v240.m3u8')).text()).toBe('final')
  })

  it('are listed for the runner of the audio, which publishes the start while it makes it', async () => {
    await splitStream('audio.mp4')
    const first = await claimKind('video', 'one')
    const second = await claimKind('video', 'two')
    const audio = await claimKind('audio', 'three')
    const list = async () => {
      const answer = await expectJson<{ completedChunks: { index: number }[] }>(
        await audio.listCompletedChunks(),
        200,
      )
      return answer.completedChunks.map(({ index }) => index)
    }
    await finishChunk(second)
    expect(await list()).toEqual([])
    await finishChunk(first)
    expect(await list()).toEqual([0, 1])
    await finishChunk(audio)
    expect((await audio.listCompletedChunks()).status).toBe(409)
  })

  it('are compared by the join with the list of stored files, which no other runner reads', async () => {
    await splitStream('listed.mp4')
    const stored: { name: string; etag: string }[] = []
    for (const [index, kind] of ['video', 'video', 'audio'].entries()) {
      const runner = await claimKind(kind)
      const name = `v240_0000${index}.m4s`
      const { etag } = await expectJson<{ etag: string }>(await runner.putFile(name, kind), 200)
      stored.push({ name, etag })
      await finishChunk(runner)
    }
    const join = await claimKind('join')
    await splitStream('unlisted.mp4')
    const other = await claimKind('video')
    await expectJson(await other.putFile('v240_00009.m4s', 'of another job'), 200)
    expect(await expectJson(await join.listFiles(), 200)).toEqual({ files: stored, next: null })
    const rest = await expectJson(await join.listFiles('v240_00001.m4s'), 200)
    expect(rest).toEqual({ files: stored.slice(2), next: null })
    await expectJson(await join.release(), 200)
    expect((await join.listFiles()).status).toBe(409)
  })

  it('copy the tracks that another variant has, made of the same file in the same queue', async () => {
    const keys = { v144: '1'.repeat(64), a: '2'.repeat(64) }
    const splitRungs = async (filePath: string, ladder: string, more: object) => {
      const job = await createOne(filePath, `f_hls,lad_${ladder}`, { queue })
      const lead = (await claim())!
      const trackKeys = { ...keys, ...more }
      await expectJson(await lead.split(CHUNKS, { planKey: KEY, probe: PROBE, trackKeys }), 200)
      return job.id
    }
    await splitRungs('rungs.mp4', '144', {})
    const first = await claimKind('video')
    await expectJson(await first.putFile('v144_00001.m4s', 'the small size'), 200)
    await finishChunk(first)
    await finishChunk(await claimKind('video'))
    await finishChunk(await claimKind('audio'))
    const join = await claimKind('join')
    await expectJson(await join.putFile('master.m3u8', 'all'), 200)
    await expectJson(await join.completePackage(), 200)

    const id = await splitRungs('rungs.mp4', '144+180', { v180: '3'.repeat(64) })
    const video = await claimKind('video')
    expect(video.assignment.chunk!.reusableTracks).toEqual(['v144'])
    expect(await (await video.readReused('v144_00001.m4s')).text()).toBe('the small size')
    for (const name of ['v144_00009.m4s', 'v180_00001.m4s', 'a_00001.m4s', 'master.m3u8']) {
      expect((await video.readReused(name)).status).toBe(400)
    }
    await finishChunk(video, { chunk: { ...FACTS, reusedTracks: ['v144'] } })
    expect((await video.readReused('v144_00001.m4s')).status).toBe(409)
    expect((await listChunks(id)).map(({ reusedTracks }) => reusedTracks)).toEqual([
      ['v144'],
      [],
      [],
      [],
    ])
    await expectJson(await api('DELETE', `/queue/jobs/${id}`), 200)

    const reusableOf = async (ladder: string, more: object) => {
      const other = await splitRungs('rungs.mp4', ladder, more)
      const { reusableTracks } = (await claimKind('video')).assignment.chunk!
      await expectJson(await api('DELETE', `/queue/jobs/${other}`), 200)
      return reusableTracks
    }
    expect(await reusableOf('144+360', {})).toEqual(['v144'])
    expect(await reusableOf('144+480', { v144: '4'.repeat(64) })).toEqual([])
    const ownQueue = queue
    queue = `${queue}-other`
    await addQueue(queue)
    expect(await reusableOf('144+720', {})).toEqual([])
    queue = ownQueue
    await putOriginal('rungs.mp4', 'other bytes')
    expect(await reusableOf('144+240', {})).toEqual([])
  })

  it('are used again by a retry, in the same package', async () => {
    const { id } = await splitStream('again.mp4')
    const first = await claimKind('video')
    await expectJson(await first.putFile('v240_00000.m4s', 'kept'), 200)
    await finishChunk(first)
    const second = await claimKind('video')
    await expectJson(await second.fail('input_invalid'), 200)
    expect((await second.putFile('v240_00000.m4s', 'late')).status).toBe(409)
    await expectJson(await api('POST', `/queue/jobs/${id}/retry`), 200)
    await expectJson(await (await claim())!.split(CHUNKS, { planKey: KEY, probe: PROBE }), 200)
    const { platform } = openPlatform()
    await collectGarbage(platform)
    expect(await statuses(id)).toEqual(['completed', 'pending', 'pending', 'waiting'])
    const retried = await claimKind('video')
    await expectJson(await retried.putVersion('master.m3u8', 1), 200)
    expect(await (await serve('again.mp4', 'v240_00000.m4s')).text()).toBe('kept')
    await expectJson(await api('DELETE', `/queue/jobs/${id}`), 200)
    await collectGarbage(platform)
    expect(await listFiles(id)).toEqual([])
  })
})
