/** The storage that the statistics and the metrics show: the originals and the variants. */
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import type { Stats } from '../../../src/contract/stats.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { openPlatform } from '../helpers/database.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { createJobs } from '../helpers/jobs.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { API_KEY, api, expectJson, visit } from '../helpers/requests.ts'

async function readStorage(query = '', headers: Record<string, string> = {}) {
  const response = await api('GET', `/queue/stats${query}`, undefined, headers)
  return (await expectJson<Stats>(response, 200)).storage
}
/** Makes a file of `size` bytes that begins as an MP4 file does. */
function put(path: string, size: number, headers: Record<string, string> = API_KEY) {
  return visit(`/files/${path}`, { method: 'PUT', headers, body: mp4('x'.repeat(size - 24)) })
}
async function makeVariant(filePath: string, transformation: string, content: string) {
  await createJobs(filePath, [transformation], { priority: 0 })
  await (await claimAsRunner()).completeWith(content)
}
async function clean() {
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 })
  await settled()
}

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare('DELETE FROM files'), env.DB.prepare('DELETE FROM variants')])
  await put('kept/control.mp4', 100)
})

it('the originals of all callers are counted, with the size that each has now', async () => {
  const key = await makeKey()
  await put('kept/a.mp4', 500, key.headers)
  await put('kept/b.mp4', 400)
  const variants = { count: 0, bytes: 0 }
  expect(await readStorage()).toEqual({ originals: { count: 3, bytes: 1_000 }, variants })
  await put('kept/a.mp4', 200)
  expect(await readStorage()).toEqual({ originals: { count: 3, bytes: 700 }, variants })
  await expectJson(await api('DELETE', '/files/kept/b.mp4'), 200)
  expect(await readStorage()).toEqual({ originals: { count: 2, bytes: 300 }, variants })
})

it('files that are charged to no key are counted after the cleaner has run', async () => {
  await put('kept/root.mp4', 300)
  await expectJson(await api('DELETE', '/files/kept/control.mp4'), 200)
  await env.DB.prepare('UPDATE files SET recorded_at = 1').run()
  await clean()
  const { results } = await env.DB.prepare('SELECT file_path FROM files').all()
  expect(results).toEqual([{ file_path: 'kept/root.mp4' }])
  expect(await readStorage()).toMatchObject({ originals: { count: 1, bytes: 300 } })
})

it('variants are counted until their original is deleted or replaced', async () => {
  await put('kept/a.mp4', 100)
  await makeVariant('kept/a.mp4', 'w_640', 'x'.repeat(70))
  await makeVariant('kept/control.mp4', 'w_640', 'x'.repeat(5))
  expect(await readStorage()).toMatchObject({ variants: { count: 2, bytes: 75 } })
  await makeVariant('kept/a.mp4', 'w_640', 'x'.repeat(30))
  expect(await readStorage()).toMatchObject({ variants: { count: 2, bytes: 35 } })
  await expectJson(await api('DELETE', '/files/kept/a.mp4'), 200)
  expect(await readStorage()).toMatchObject({
    originals: { count: 1, bytes: 100 },
    variants: { count: 1, bytes: 5 },
  })
})

it('the metrics have the same numbers, and restricted keys and single queues none', async () => {
  const metrics = await (await api('GET', '/metrics')).text()
  expect(metrics).toContain('reelqueue_stored_bytes{kind="original"} 100\n')
  expect(metrics).toContain('reelqueue_stored_files{kind="variant"} 0\n')
  const ofQueue = await makeKey({ queue: 'default', scopes: ['jobs:read', 'metrics:read'] })
  const ofFolder = await makeKey({ pathPrefix: 'kept', scopes: ['jobs:read'] })
  for (const { headers } of [ofQueue, ofFolder]) {
    expect(await readStorage('', headers)).toBeNull()
  }
  expect(await readStorage('?queue=default')).toBeNull()
  expect(await (await ofQueue.call('GET', '/metrics')).text()).not.toContain('stored')
})
