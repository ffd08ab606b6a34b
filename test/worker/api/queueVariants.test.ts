/**
 * A key that is restricted to a queue keeps its access to the variants and originals of that queue
 * after the records of the jobs are deleted. It has no access to those of other queues.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { countRows, openPlatform } from '../helpers/database.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'

const FILE = 'kept/clip.mp4'
let sideKey: MadeKey
let otherKey: MadeKey

async function make(filePath: string, queue: string, output: string) {
  await createOne(filePath, 'w_640', { queue })
  await (await claimAsRunner(queue)).completeWith(output)
}
async function textOf(response: Response) {
  expect(response.status).toBe(200)
  return new TextDecoder().decode(await response.arrayBuffer())
}
/** Ages all ended jobs, and lets the cleaner delete their records. */
async function cleanJobs() {
  await env.DB.prepare('UPDATE jobs SET completed_at = 1').run()
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 })
  await settled()
  expect(await countRows('jobs')).toBe(0)
}

beforeAll(async () => {
  for (const name of ['side', 'other']) {
    await expectJson(await api('PUT', `/queues/${name}`, {}), 200)
  }
  sideKey = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'side' })
  otherKey = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'other' })
})

it('a key keeps access to variants, sizes and originals after the cleaner deleted the jobs', async () => {
  await make(FILE, 'side', '0123456789')
  await cleanJobs()
  expect(await textOf(await sideKey.call('GET', `/t/w_640/${FILE}`))).toBe('0123456789')
  expect(await textOf(await sideKey.call('GET', `/t/${FILE}`))).toContain(FILE)
  for (const path of [`w_640/${FILE}`, FILE]) {
    const size = await sideKey.call('GET', `/video-status/${path}/size`)
    expect(await expectJson(size, 200)).toEqual({ size: 10, status: 'ready' })
  }
  expect(await countRows('jobs')).toBe(0)
})

it('a key of another queue has no access until a job of its queue completes', async () => {
  await expectError(await otherKey.call('GET', `/t/${FILE}`), 404, 'file_not_found')
  expect((await otherKey.call('GET', `/video-status/w_640/${FILE}/size`)).status).toBe(404)
  expect((await otherKey.call('GET', `/video-status/${FILE}/size`)).status).toBe(404)
  await make(FILE, 'other', 'made again')
  await cleanJobs()
  for (const key of [sideKey, otherKey]) {
    expect(await textOf(await key.call('GET', `/t/w_640/${FILE}`))).toBe('made again')
  }
})

it('a key keeps access to a variant after its job is deleted by request', async () => {
  const filePath = 'kept/deleted.mp4'
  await make(filePath, 'side', 'by request')
  const { jobs } = await expectJson<{ jobs: { id: string }[] }>(
    await sideKey.call('GET', '/queue/jobs'),
    200,
  )
  for (const { id } of jobs) {
    await expectJson(await sideKey.call('DELETE', `/queue/jobs/${id}`), 200)
  }
  expect(await textOf(await sideKey.call('GET', `/t/w_640/${filePath}`))).toBe('by request')
})

it('deleting a file deletes the queues recorded for its variants', async () => {
  expect(await countRows('variant_queues', 'file_path = ?', FILE)).toBe(2)
  await expectJson(await api('DELETE', `/files/${FILE}`), 200)
  expect(await countRows('variant_queues', 'file_path = ?', FILE)).toBe(0)
  await putOriginal(FILE, 'stored again')
  await expectError(await sideKey.call('GET', `/t/${FILE}`), 404, 'file_not_found')
})
