/** Originals uploaded in parts: `/uploads`. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { API_KEY, visit, api, expectJson, expectError } from '../helpers/requests.ts'
import { openPlatform, countRows } from '../helpers/database.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

/** Minimum size of a part in R2. The last part may be smaller. */
const PART = 5 * 1024 * 1024
const DAY_MS = 86_400_000

async function begin(filePath: string): Promise<string> {
  const response = await api('POST', '/uploads', { filePath })
  return (await expectJson<{ uploadId: string }>(response, 201)).uploadId
}
function put(id: string, part: number, body: BodyInit) {
  return visit(`/uploads/${id}/${part}`, { method: 'PUT', headers: API_KEY, body })
}
function complete(id: string, parts: unknown[]) {
  return api('POST', `/uploads/${id}/complete`, { parts })
}

function firstPart(): Uint8Array<ArrayBuffer> {
  const part = new Uint8Array(PART)
  part.set(mp4())
  return part
}

it('joins parts that can be sent repeatedly and in any order', async () => {
  const id = await begin('parts/long.mp4')
  const tail = await expectJson(await put(id, 2, 'the end'), 200)
  await expectJson(await put(id, 1, firstPart().fill(7, 100)), 200)
  const head = await expectJson(await put(id, 1, firstPart()), 200)
  expect(await env.ORIGINALS.head('parts/long.mp4')).toBeNull()

  const stored = await expectJson(await complete(id, [head, tail]), 201)
  expect(stored).toMatchObject({ filePath: 'parts/long.mp4', size: PART + 7 })
  const object = (await env.ORIGINALS.get('parts/long.mp4'))!
  const bytes = new Uint8Array(await object.arrayBuffer())
  expect(bytes[100]).toBe(0)
  expect(new TextDecoder().decode(bytes.slice(PART))).toBe('the end')
  expect(object.httpMetadata?.contentType).toBe('video/mp4')
  expect((await complete(id, [head, tail])).status).toBe(404)
})

it('rejects a first part that does not match the file name, and invalid file names', async () => {
  const id = await begin('parts/fake.mp4')
  const response = await put(id, 1, '<html>not a video</html>')
  await expectError(response, 415, 'content_mismatch')
  expect((await api('POST', '/uploads', { filePath: 'parts/script.exe' })).status).toBe(415)
  expect((await api('POST', '/uploads', { filePath: 'parts/../x.mp4' })).status).toBe(400)
})

it('rejects invalid parts with the reason, and keeps the upload', async () => {
  const id = await begin('parts/uneven.mp4')
  const small = await expectJson(await put(id, 1, mp4()), 200)
  const other = await expectJson(await put(id, 2, 'more'), 200)
  for (const parts of [[small, other], [other], [{ partNumber: 1, etag: 'wrong' }]]) {
    const problem = await expectJson<{ message: string }>(await complete(id, parts), 400)
    expect(problem.message).toContain('parts:')
  }
  expect((await complete(id, [small])).status).toBe(201)
})

it('aborts an upload on request and when it is too old, and keeps newer ones', async () => {
  const [aborted, old, young] = [
    await begin('parts/a.mp4'),
    await begin('parts/b.mp4'),
    await begin('parts/c.mp4'),
  ]
  expect((await api('DELETE', `/uploads/${aborted}`)).status).toBe(200)
  expect((await put(aborted, 1, mp4())).status).toBe(404)
  await env.DB.prepare('UPDATE uploads SET created_at = ? WHERE id = ?')
    .bind(Date.now() - 2 * DAY_MS, old)
    .run()
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1 })
  await settled()
  expect((await put(old, 1, mp4())).status).toBe(404)
  expect((await put(young, 1, mp4())).status).toBe(200)
  expect(await countRows('uploads', 'id IN (?, ?)', old, young)).toBe(1)
})

it('requires an API key', async () => {
  expect((await visit('/uploads', { method: 'POST' })).status).toBe(401)
})
