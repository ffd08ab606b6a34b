import { env } from 'cloudflare:workers'
import { expect, it, vi } from 'vitest'

import { mp4 } from '../helpers/mediaBytes.ts'
import { API_KEY, visit } from '../helpers/requests.ts'
import { createJobs } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { countRows } from '../helpers/database.ts'

function put(path: string, filling: string) {
  return visit(`/files/${path}`, { method: 'PUT', headers: API_KEY, body: mp4(filling) })
}
function keyOf(filePath: string) {
  return env.DB.prepare('SELECT output_key FROM variants WHERE file_path = ?')
    .bind(filePath)
    .first<string>('output_key')
}

/** Stores a file and makes a variant of it. Returns the key of the variant's object. */
async function makeVariant(filePath: string): Promise<string> {
  expect((await put(filePath, 'first')).status).toBe(201)
  // Priority 0 is claimed first, before jobs of other tests.
  await createJobs(filePath, ['w_640'], { priority: 0 })
  await (await claimAsRunner()).completeWith(`the variant of ${filePath}`)
  const key = await keyOf(filePath)
  expect(key).not.toBeNull()
  return key!
}

it('replacing a file deletes its variants and their objects, and no others', async () => {
  const key = await makeVariant('replaced/a.mp4')
  const control = await makeVariant('replaced/b.mp4')
  expect(await env.VARIANTS.head(key)).not.toBeNull()

  expect((await put('replaced/a.mp4', 'second')).status).toBe(201)
  expect(await keyOf('replaced/a.mp4')).toBeNull()
  await vi.waitFor(async () => expect(await env.VARIANTS.head(key)).toBeNull(), 5_000)
  await vi.waitFor(async () => expect(await countRows('outputs', 'retired = 1')).toBe(0), 5_000)

  expect(await keyOf('replaced/b.mp4')).toBe(control)
  expect(await env.VARIANTS.head(control)).not.toBeNull()
  expect((await visit('/t/w_640/replaced/b.mp4')).status).toBe(200)
  expect((await visit('/t/w_640/replaced/a.mp4')).status).toBe(202)
})

it('storing the same bytes again keeps the variants', async () => {
  const key = await makeVariant('replaced/same.mp4')
  expect((await put('replaced/same.mp4', 'first')).status).toBe(201)
  expect(await keyOf('replaced/same.mp4')).toBe(key)
  expect((await visit('/t/w_640/replaced/same.mp4')).status).toBe(200)
})

it('a rejected replacement keeps the variants', async () => {
  const key = await makeVariant('replaced/refused.mp4')
  const rejected = await visit('/files/replaced/refused.mp4', {
    method: 'PUT',
    headers: API_KEY,
    body: 'no video',
  })
  expect(rejected.status).toBe(415)
  expect(await keyOf('replaced/refused.mp4')).toBe(key)
})

it('a file that is replaced during an attempt does not get a variant of the old file', async () => {
  const filePath = 'replaced/meanwhile.mp4'
  await put(filePath, 'first')
  await createJobs(filePath, ['w_640'], { priority: 0 })
  const runner = await claimAsRunner()
  expect(runner.assignment.filePath).toBe(filePath)
  await put(filePath, 'second')
  await expect(runner.completeWith('the variant of the first')).rejects.toThrow()
  expect(await keyOf(filePath)).toBeNull()
  const again = await claimAsRunner()
  expect(again.assignment).toMatchObject({ jobId: runner.jobId, attempt: 1 })
  await again.completeWith('the variant of the second')
  const served = await visit(`/t/w_640/${filePath}`)
  expect(await served.bytes()).toEqual(new TextEncoder().encode('the variant of the second'))
})
