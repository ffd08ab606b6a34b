import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { followEvents, waitForEnds } from '../fixtures/events.ts'
import { makeClip, probe } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'

const test = systemTest()

const PATH = 'videos/holiday.mp4'
// Long enough for several progress reports of one encode.
const SECONDS = 16
const VARIANTS = [
  {
    transformation: 'w_640',
    contentType: 'video/mp4',
    format: /mp4/,
    codecs: ['h264', 'aac'],
    width: 640,
  },
  {
    transformation: 'f_webm,w_480',
    contentType: 'video/webm',
    format: /webm/,
    codecs: ['vp9', 'opus'],
    width: 480,
  },
  {
    transformation: 't_true,tt_2,w_320',
    contentType: 'image/jpeg',
    format: /image2|jpeg/,
    codecs: ['mjpeg'],
    width: 320,
  },
]

describe('a file, from upload to variants', () => {
  let jobIds: string[]
  test.beforeAll(async ({ system, events }) => {
    await system.client.put(PATH, makeClip({ size: '1280x720', seconds: SECONDS }))
    const wanted = VARIANTS.map(({ transformation }) => transformation)
    const jobs = await system.client.createJobs(PATH, wanted)
    expect(jobs.map(({ status }) => status)).toEqual(['pending', 'pending', 'pending'])
    jobIds = jobs.map(({ id }) => id)
    await waitForEnds(events, jobIds)
  }, 240_000)

  test.for(VARIANTS)('has the requested variant $transformation', async (variant, { system }) => {
    const response = await system.client.request(`/t/${variant.transformation}/${PATH}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe(variant.contentType)
    const { format, streams } = await probe(await response.bytes())
    expect(format.format_name).toMatch(variant.format)
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(variant.codecs)
    expect(streams[0]!.width).toBe(variant.width)
    expect(streams[0]!.height).toBe((variant.width * 720) / 1280)
    if (streams.length > 1) {
      expect(Number(format.duration)).toBeCloseTo(SECONDS, 0)
    }
  })

  test('has events for created, started and completed, in this order', ({ events }) => {
    for (const jobId of jobIds) {
      const durable = events.ofJob(jobId).filter(({ id }) => id !== undefined)
      expect(durable.map(({ type }) => type)).toEqual([
        'job:created',
        'job:started',
        'job:completed',
      ])
      expect(durable.map(({ data }) => data.status)).toEqual(['pending', 'running', 'completed'])
      expect(durable.every(({ data }) => data.filePath === PATH)).toBe(true)
    }
  })

  test('has several progress events, whose values never decrease', ({ events }) => {
    const [mp4] = jobIds
    const progress = events
      .ofJob(mp4!)
      .filter(({ type }) => type === 'job:progress')
      .map(({ data }) => data.progress as number)
    expect(progress.length).toBeGreaterThanOrEqual(2)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(new Set(progress).size).toBeGreaterThanOrEqual(2)
  })

  test('has log lines of the Worker, the hub and the runner, which its id finds', ({ system }) => {
    const [mp4] = jobIds
    const lines = ['worker.log', 'runner-1.log'].flatMap((name) =>
      readFileSync(join(system.stateDir, name), 'utf8')
        .split('\n')
        .filter((line) => line.includes(mp4!))
        .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Record<string, string>),
    )
    expect(lines.map(({ event }) => event)).toEqual([
      'job_claimed',
      'lease_held',
      'attempt_ended',
      'job started',
      'job finished',
    ])
    // The trace of a job is named by its id; the claim is a span, which the runner continues.
    expect(new Set(lines.map((line) => line['trace_id']))).toEqual(new Set([mp4!.slice(4)]))
    const [claimed, , ended, ...run] = lines
    expect(ended!['span_id']).toBe(claimed!['span_id'])
    for (const line of run) {
      expect(line).toMatchObject({
        span_id: claimed!['span_id'],
        requestId: claimed!['requestId'],
      })
    }
  })

  test('has rising event ids', ({ events }) => {
    const ids = events.seen.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]))
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
  })

  test('replays the missed events once and in order after Last-Event-ID', async ({
    system,
    events,
  }) => {
    const durable = events.seen.filter(({ type, id }) => id !== undefined && type !== 'connected')
    const [last, ...missed] = durable.slice(2)
    const resumed = await followEvents(system.client, last!.id)
    const next = await system.client.createJobs(PATH, ['t_true,tt_1,w_64'])
    await waitForEnds(resumed, [next[0]!.id])
    await resumed.close()
    const received = resumed.seen.filter(({ type, id }) => id !== undefined && type !== 'connected')
    expect(received.slice(0, missed.length).map(({ id, type }) => [id, type])).toEqual(
      missed.map(({ id, type }) => [id, type]),
    )
    expect(received.slice(missed.length).map(({ type }) => type)).toEqual([
      'job:created',
      'job:started',
      'job:completed',
    ])
  })
})
