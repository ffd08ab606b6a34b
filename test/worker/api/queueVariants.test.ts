/**
 * A key that is restricted to a queue keeps its variants and their files after the records of the
 * jobs are deleted, and does not get those of other queues.
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
let side: MadeKey
let other: MadeKey

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
  side = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'side' })
  other = await makeKey({ scopes: ['jobs:read', 'jobs:write'], queue: 'other' })
})

it('keeps variants, their size and their original when job records are cleaned', async () => {
  await make(FILE, 'side', '0123456789')
  await cleanJobs()
  expect(await textOf(await side.call('GET', `/t/w_640/${FILE}`))).toBe('0123456789')
  expect(await textOf(await side.call('GET', `/t/${FILE}`))).toContain(FILE)
  for (const path of [`w_640/${FILE}`, FILE]) {
    const size = await side.call('GET', `/video-status/${path}/size`)
    expect(await expectJson(size, 200)).toEqual({ size: 10, status: 'ready' })
  }
  expect(await countRows('jobs')).toBe(0)
})

it('keeps them from keys of other queues, of which each makes its own', async () => {
  await expectError(await other.call('GET', `/t/${FILE}`), 404, 'file_not_found')
  expect((await other.call('GET', `/video-status/w_640/${FILE}/size`)).status).toBe(404)
  expect((await other.call('GET', `/video-status/${FILE}/size`)).status).toBe(404)
  await make(FILE, 'other', 'made again')
  await cleanJobs()
  for (const key of [side, other]) {
    expect(await textOf(await key.call('GET', `/t/w_640/${FILE}`))).toBe('made again')
  }
})

it('keeps them when the record of a job is deleted by request', async () => {
  const filePath = 'kept/deleted.mp4'
  await make(filePath, 'side', 'by request')
  const { jobs } = await expectJson<{ jobs: { id: string }[] }>(
    await side.call('GET', '/queue/jobs'),
    200,
  )
  for (const { id } of jobs) {
    await expectJson(await side.call('DELETE', `/queue/jobs/${id}`), 200)
  }
  expect(await textOf(await side.call('GET', `/t/w_640/${filePath}`))).toBe('by request')
})

it('forgets the queues of a variant with the variant', async () => {
  expect(await countRows('variant_queues', 'file_path = ?', FILE)).toBe(2)
  await expectJson(await api('DELETE', `/files/${FILE}`), 200)
  expect(await countRows('variant_queues', 'file_path = ?', FILE)).toBe(0)
  await putOriginal(FILE, 'stored again')
  await expectError(await side.call('GET', `/t/${FILE}`), 404, 'file_not_found')
})
