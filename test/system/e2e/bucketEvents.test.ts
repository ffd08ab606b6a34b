/** `npm start` notifies of stored files as R2 does, and a rule has its variants made without a request for jobs. */
import { afterEach, expect, test, vi } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { startSystem, type System } from '../fixtures/system.ts'

let system: System | undefined
afterEach(() => system?.stop())

interface Listed {
  jobs: { id: string; transformation: string; status: string; tags: string[] }[]
}

test('an upload is transcoded by a rule, once, and again when it is replaced', async () => {
  system = await startSystem()
  const { client } = system
  const rule = {
    name: 'films',
    prefix: 'films/',
    suffixes: ['.mp4'],
    transformations: ['t_true,tt_0,w_64'],
    tags: ['intake'],
  }
  const created = await client.request('/rules', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(rule),
  })
  expect(created.status).toBe(201)
  const list = async () => (await (await client.request('/queue/jobs?tag=intake')).json()) as Listed
  const waitFor = (statuses: string[]) =>
    vi.waitFor(
      async () => expect((await list()).jobs.map(({ status }) => status)).toEqual(statuses),
      { timeout: 30_000, interval: 100 },
    )

  await client.put('other/a.mp4', makeClip())
  await client.put('films/a.mp4', makeClip())
  await waitFor(['completed'])
  expect((await client.request('/t/t_true,tt_0,w_64/films/a.mp4')).status).toBe(200)
  await client.put('films/a.mp4', makeClip({ seconds: 1 }))
  await waitFor(['completed', 'completed'])

  const { events } = (await (await client.request('/rules')).json()) as {
    events: { outcome: string; count: number }[]
  }
  expect(events.map(({ outcome, count }) => [outcome, count])).toEqual([
    ['matched', 2],
    ['unmatched', 1],
  ])
}, 120_000)
