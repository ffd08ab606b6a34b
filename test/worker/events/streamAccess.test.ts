/** Access of visitors, API keys and stream tokens to event streams. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ALL_QUEUES } from '../../../src/services/ports.ts'
import { visit, api, expectJson, expectError, visitWith } from '../helpers/requests.ts'
import { putOriginal, createJobs, type CreatedJob } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'
import { type Client, isEvent, socketCount, trackClients } from '../helpers/eventStream.ts'

const VISITOR = { Authorization: '' }
const clients = trackClients()
function watch(query: string, headers: Record<string, string> = VISITOR) {
  return clients.watch(query, headers)
}
afterEach(async () => {
  await clients.closeAll()
  for (const queue of ['default', 'side', ALL_QUEUES]) {
    await vi.waitFor(async () => expect(await socketCount(queue)).toBe(0), 5_000)
  }
})

const PATHS = ['a/one.mp4', 'a/two.mp4', 'ab/one.mp4']
let named: CreatedJob
beforeAll(async () => {
  await expectJson(await api('PUT', '/queues/side', {}), 200)
  for (const path of PATHS) {
    await putOriginal(path)
  }
  named = (await createJobs('a/one.mp4', ['w_100']))[0]!
})

let width = 200
/**
 * Creates a job for each of `PATHS`, then the job `last`, which `client` may see. Events arrive in
 * order, so after the event of `last` no earlier event is outstanding. Returns the paths of the
 * events that `client` received about other jobs.
 */
async function listReceivedPaths(client: Client, last: { filePath: string; queue?: string }) {
  width += 4
  for (const filePath of PATHS) {
    await createJobs(filePath, [`w_${width}`])
  }
  const { filePath, ...fields } = last
  const [end] = await createJobs(filePath, [`w_${width + 2}`], fields)
  await client.first(isEvent(end!.id, 'job:created'))
  const others = client.durable().filter(({ data }) => data['jobId'] !== end!.id)
  return others.map(({ data }) => data['filePath'])
}

interface Token {
  token: string
  url: string
  expiresAt: string
}
async function createToken(body: object, key?: MadeKey) {
  const path = '/queue/events/token'
  const response = key ? await key.call('POST', path, body) : await api('POST', path, body)
  return expectJson<Token>(response, 201)
}
/** Removes the path prefix from the grant of a token, and keeps the signature. */
function widenToken(token: string) {
  const [payload, ...rest] = token.split('.')
  const grant = JSON.parse(atob(payload!.replaceAll('-', '+').replaceAll('_', '/'))) as object
  const wider = btoa(JSON.stringify({ ...grant, pathPrefix: null }))
  return [wider.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''), ...rest].join('.')
}

describe('a visitor', () => {
  it('cannot follow a queue, and the response names the alternatives', async () => {
    for (const path of [
      '/queue/events',
      '/queue/events?queue=side',
      '/queue/events?lastEventId=0',
    ]) {
      expect(await expectError(await visit(path), 401, 'unauthorized')).toMatch(
        /jobId.*filePath.*events:read.*token/,
      )
    }
    expect(await socketCount()).toBe(0)
  })

  it('can follow a file by its path, and receives no other events', async () => {
    const client = await watch('?filePath=a/two.mp4')
    const paths = await listReceivedPaths(client, { filePath: 'a/two.mp4' })
    expect(new Set(paths)).toEqual(new Set(['a/two.mp4']))
  })

  it.each([
    ['off', '?jobId=x', 401],
    ['off', '', 401],
    ['named', '', 401],
    ['named', '?jobId=x', 404],
    ['open', '?queue=nowhere', 404],
  ])('with PUBLIC_EVENTS %s, "%s" returns %i', async (setting, query, status) => {
    const response = await visitWith({ PUBLIC_EVENTS: setting }, `/queue/events${query}`)
    expect(response.status).toBe(status)
  })
})

describe('an API key', () => {
  it('that is restricted to a folder receives only events of that folder, and 404 outside of it', async () => {
    const key = await makeKey({ scopes: ['events:read'], pathPrefix: 'a/' })
    const seen = await listReceivedPaths(await watch('', key.headers), { filePath: 'a/one.mp4' })
    expect(new Set(seen)).toEqual(new Set(['a/one.mp4', 'a/two.mp4']))
    const outside = await visit('/queue/events?filePath=ab/one.mp4', { headers: key.headers })
    await expectError(outside, 404, 'file_not_found')
  })

  it('that is restricted to a folder receives progress and replayed events of that folder only', async () => {
    const key = await makeKey({ scopes: ['events:read'], pathPrefix: 'a/' })
    const all = await watch('', { Authorization: 'Bearer test-api-key' })
    const client = await watch('?lastEventId=0', key.headers)
    const jobs: CreatedJob[] = []
    for (const filePath of ['ab/one.mp4', 'a/one.mp4']) {
      jobs.push(...(await createJobs(filePath, ['w_950'], { priority: 0 })))
    }
    for (const { id } of jobs) {
      const runner = await claimAsRunner()
      expect(runner.jobId).toBe(id)
      await runner.report(30)
      await all.first(isEvent(id, 'job:progress'))
    }
    await client.first(isEvent(jobs[1]!.id, 'job:progress'))
    for (const { id } of jobs) {
      await api('DELETE', `/queue/jobs/${id}`)
    }
    await client.first(isEvent(jobs[1]!.id, 'job:deleted'))
    expect(client.seen.some(({ data }) => data['jobId'] === jobs[0]!.id)).toBe(false)
    expect(client.durable()[0]!.data['jobId']).toBe(named.id)
    for (const { data } of client.durable()) {
      expect(data['filePath']).toMatch(/^a\//)
    }
  })

  it('that is restricted to a queue follows it by default, and gets 404 for another', async () => {
    const key = await makeKey({ scopes: ['events:read'], queue: 'side' })
    const client = await watch('', key.headers)
    const last = { filePath: 'a/one.mp4', queue: 'side' }
    expect(await listReceivedPaths(client, last)).toEqual([])
    const outside = await visit('/queue/events?queue=default', { headers: key.headers })
    await expectError(outside, 404, 'queue_not_found')
  })

  it('without events:read cannot follow a queue; an invalid key cannot follow a file', async () => {
    const key = await makeKey({ scopes: ['jobs:read'] })
    await expectError(await key.call('GET', '/queue/events'), 403, 'forbidden')
    const headers = { Authorization: 'Bearer wrong' }
    await expectError(
      await visit('/queue/events?filePath=a/one.mp4', { headers }),
      401,
      'unauthorized',
    )
  })
})

describe('a stream token', () => {
  it.each([
    [{}, PATHS, { filePath: 'ab/one.mp4' }],
    [{ pathPrefix: 'a/' }, ['a/one.mp4', 'a/two.mp4'], { filePath: 'a/one.mp4' }],
    [{ filePath: 'ab/one.mp4' }, ['ab/one.mp4'], { filePath: 'ab/one.mp4' }],
    [{ queue: 'side' }, [], { filePath: 'a/one.mp4', queue: 'side' }],
  ])('for %j receives only the events that match it', async (limits, paths, last) => {
    const { token, url, expiresAt } = await createToken(limits)
    expect(new URL(url).search).toBe(`?token=${token}`)
    const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(9.5)
    expect(minutes).toBeLessThanOrEqual(10)
    const seen = await listReceivedPaths(await watch(`?token=${token}`), last)
    expect(new Set(seen.filter((path) => path !== undefined))).toEqual(new Set(paths))
  })

  it('for a job receives only the events of that job, and 404 for another', async () => {
    const [mine] = await createJobs('a/two.mp4', ['w_900'])
    const [other] = await createJobs('a/two.mp4', ['w_902'])
    const { token } = await createToken({ jobId: mine!.id })
    const client = await watch(`?token=${token}`)
    for (const { id } of [other!, mine!]) {
      await api('DELETE', `/queue/jobs/${id}`)
    }
    await client.first(isEvent(mine!.id, 'job:deleted'))
    expect(client.durable()).toHaveLength(1)
    const wider = await visit(`/queue/events?token=${token}&jobId=${named.id}`)
    await expectError(wider, 404, 'job_not_found')
  })

  it('cannot exceed the restriction of its API key', async () => {
    const key = await makeKey({ scopes: ['events:read'], pathPrefix: 'a/', queue: 'default' })
    for (const body of [
      { pathPrefix: 'ab/' },
      { filePath: 'ab/one.mp4' },
      { queue: 'side' },
      { pathPrefix: 'a/../ab/' },
    ]) {
      expect([400, 404]).toContain((await key.call('POST', '/queue/events/token', body)).status)
    }
    const { token } = await createToken({}, key)
    const seen = await listReceivedPaths(await watch(`?token=${token}`), {
      filePath: 'a/one.mp4',
    })
    expect(new Set(seen)).toEqual(new Set(['a/one.mp4', 'a/two.mp4']))
    for (const outside of ['filePath=ab/one.mp4', 'queue=side']) {
      expect((await visit(`/queue/events?token=${token}&${outside}`)).status).toBe(404)
    }
  })

  it('that was changed or has expired is rejected; more than an hour cannot be requested', async () => {
    const { token } = await createToken({ pathPrefix: 'a/', expiresInSeconds: 1 })
    const [payload, id, mac] = token.split('.')
    for (const wrong of [
      widenToken(token),
      `${payload}.other.${mac}`,
      `${payload}.${id}.${mac!.slice(1)}A`,
      `${payload}.${id}`,
      `${payload}`,
      'x',
      `${token}.x`,
    ]) {
      await expectError(await visit(`/queue/events?token=${wrong}`), 401, 'unauthorized')
    }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2_000 })
    try {
      const late = await visit(`/queue/events?token=${token}`)
      expect(await expectError(late, 401, 'unauthorized')).toContain('has expired')
    } finally {
      vi.useRealTimers()
    }
    await expectError(
      await api('POST', '/queue/events/token', { expiresInSeconds: 3_601 }),
      400,
      'invalid_request',
    )
  })

  it('is rejected after the API key that created it was disabled', async () => {
    const key = await makeKey({ scopes: ['events:read'] })
    const { token } = await createToken({}, key)
    await watch(`?token=${token}`)
    await api('PATCH', `/api-keys/${key.id}`, { disabled: true })
    await expectError(await visit(`/queue/events?token=${token}`), 401, 'unauthorized')
  })

  it('ends its stream when it expires', async () => {
    const { token } = await createToken({ expiresInSeconds: 1 })
    const client = await watch(`?token=${token}`)
    await vi.waitFor(() => expect(client.ended).toBe(true), 5_000)
  })
})
