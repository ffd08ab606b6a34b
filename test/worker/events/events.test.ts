import { afterEach, describe, expect, it, vi } from 'vitest'

import { durableEventData } from '../../../src/contract/events.ts'
import { ALL_QUEUES } from '../../../src/services/ports.ts'
import { type Client, hub, isEvent, socketCount, trackClients } from '../helpers/eventStream.ts'
import { api, expectJson } from '../helpers/requests.ts'
import { putOriginal, createJobs, createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'

const { watch, closeAll } = trackClients()
afterEach(closeAll)

describe('the event stream', () => {
  it('has headers against caching and buffering, and begins with "connected"', async () => {
    const client = await watch()
    expect(client.headers.get('Content-Type')).toBe('text/event-stream')
    expect(client.headers.get('Cache-Control')).toBe('no-cache')
    expect(client.headers.get('X-Accel-Buffering')).toBe('no')
    expect(client.seen).toEqual([
      {
        event: 'connected',
        id: expect.any(Number),
        data: { clientId: expect.stringMatching(/^client_\w+$/) },
      },
    ])
  })

  it('returns 404 for a queue or a job that does not exist', async () => {
    for (const query of ['?queue=nowhere', `?jobId=job_${'0'.repeat(32)}`]) {
      await expectJson(await api('GET', `/queue/events${query}`), 404)
    }
  })

  it('sends the events of a job in order, with rising ids', async () => {
    const client = await watch()
    const filePath = 'events/life.mp4'
    await putOriginal(filePath)
    const [job] = await createJobs(filePath, ['w_640'], { priority: 7 })
    const { id } = job!
    const runner = await claimAsRunner()
    await client.first(isEvent(id, 'job:started'))
    await runner.report(47)
    const progress = await client.first(isEvent(id, 'job:progress'))
    await runner.completeWith('the output')
    await client.first(isEvent(id, 'job:completed'))

    expect(progress).toMatchObject({ id: null, data: { jobId: id, progress: 47, stage: 'encode' } })
    expect(client.durable().map(({ event, data }) => [event, data])).toEqual([
      ['job:created', { jobId: id, filePath, status: 'pending', priority: 7 }],
      ['job:started', { jobId: id, filePath, status: 'running' }],
      ['job:completed', { jobId: id, filePath, status: 'completed' }],
    ])
    for (const { data } of client.durable()) {
      expect(durableEventData.strict().parse(data)).toEqual(data)
    }
    const ids = [client.seen[0]!.id!, ...client.ids()]
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('sends failures, retries, cancellations and deletions', async () => {
    const client = await watch()
    const { id } = await createOne('events/trouble.mp4')
    await (await claimAsRunner()).fail('internal', 'A fault that may pass.')
    await client.first(isEvent(id, 'job:retrying'))
    await api('DELETE', `/queue/jobs/${id}`)
    const { id: failed } = await createOne('events/failed.mp4')
    await (await claimAsRunner()).fail('input_invalid', 'The file is no video.')
    await client.first(isEvent(failed, 'job:error'))
    await api('POST', `/queue/jobs/${failed}/retry`)
    await api('POST', `/queue/jobs/${failed}/cancel`)
    await client.first(isEvent(failed, 'job:cancelled'))

    const listEventsOf = (jobId: string) =>
      client
        .durable()
        .filter(({ data }) => data['jobId'] === jobId)
        .map(({ event, data: { status, error } }) => [event, status, error])
    expect(listEventsOf(id)).toEqual([
      ['job:created', 'pending', undefined],
      ['job:started', 'running', undefined],
      ['job:retrying', 'pending', 'A fault that may pass.'],
      ['job:deleted', 'deleted', undefined],
    ])
    expect(listEventsOf(failed)).toEqual([
      ['job:created', 'pending', undefined],
      ['job:started', 'running', undefined],
      ['job:error', 'error', 'The file is no video.'],
      ['job:retrying', 'pending', undefined],
      ['job:cancelled', 'cancelled', undefined],
    ])
  })
})

describe('event filters', () => {
  it('select the events of a job, a file or a queue', async () => {
    await expectJson(await api('PUT', '/queues/other', {}), 200)
    const mine = await createOne('filter/mine.mp4')
    const [byJob, byFile, byQueue, all] = [
      await watch(`?jobId=${mine.id}`),
      await watch('?filePath=filter/mine.mp4'),
      await watch('?queue=other'),
      await watch(),
    ]
    const [sibling] = await createJobs('filter/mine.mp4', ['w_320'])
    const [inOtherQueue] = await createJobs('filter/mine.mp4', ['w_160'], { queue: 'other' })
    const unrelated = await createOne('filter/stranger.mp4')
    const runner = await claimAsRunner()
    expect(runner.jobId).toBe(mine.id)
    await runner.report(12)
    const jobs = [mine, sibling!, unrelated, inOtherQueue!]
    for (const { id } of jobs) {
      await api('DELETE', `/queue/jobs/${id}`)
    }
    await all.first(isEvent(unrelated.id, 'job:deleted'))
    await byQueue.first(isEvent(inOtherQueue!.id, 'job:deleted'))
    await byJob.first(isEvent(mine.id, 'job:deleted'))
    await byFile.first(isEvent(sibling!.id, 'job:deleted'))

    const listJobIds = (client: Client) =>
      new Set(client.seen.slice(1).map(({ data }) => data['jobId']))
    expect(listJobIds(byJob)).toEqual(new Set([mine.id]))
    expect(listJobIds(byFile)).toEqual(new Set([mine.id, sibling!.id, inOtherQueue!.id]))
    expect(listJobIds(byQueue)).toEqual(new Set([inOtherQueue!.id]))
    expect(listJobIds(all)).toEqual(new Set([mine.id, sibling!.id, inOtherQueue!.id, unrelated.id]))
    for (const client of [byJob, byFile, all]) {
      expect(client.seen.filter(({ event }) => event === 'job:progress')).toHaveLength(1)
    }
  })

  it('find a job that is not in the default queue by its id alone', async () => {
    await putOriginal('filter/far.mp4')
    const [job] = await createJobs('filter/far.mp4', undefined, { queue: 'other' })
    const client = await watch(`?jobId=${job!.id}`)
    await api('POST', `/queue/jobs/${job!.id}/cancel`)
    await client.first(isEvent(job!.id, 'job:cancelled'))
  })
})

it('two clients see the same events in the same order', async () => {
  const [one, two] = [await watch(), await watch()]
  await putOriginal('events/many.mp4')
  const jobs = (
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        createJobs('events/many.mp4', [`w_${100 + n}`, `h_${100 + n}`]),
      ),
    )
  ).flat()
  await Promise.all(jobs.map(({ id }) => api('POST', `/queue/jobs/${id}/cancel`)))
  for (const { id } of jobs) {
    for (const client of [one, two]) {
      await client.first(isEvent(id, 'job:cancelled'))
    }
  }
  expect(one.durable()).toEqual(two.durable())
  expect(one.ids()).toEqual(one.ids().toSorted((a, b) => a - b))
  expect(one.durable()).toHaveLength(48)
})

it('a client that disconnects frees its socket, and others continue', async () => {
  const [leaving, staying] = [await watch(), await watch()]
  await vi.waitFor(async () => expect(await socketCount(ALL_QUEUES)).toBe(2), 5_000)
  await leaving.close()
  await vi.waitFor(async () => expect(await socketCount(ALL_QUEUES)).toBe(1), 5_000)
  const { id } = await createOne('events/stay.mp4')
  await staying.first(isEvent(id, 'job:created'))
  await staying.close()
  await vi.waitFor(async () => expect(await socketCount(ALL_QUEUES)).toBe(0), 5_000)
  await hub(ALL_QUEUES).notify(null)
})
