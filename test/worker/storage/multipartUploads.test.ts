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
    const error = await expectJson<{ message: string }>(await complete(id, parts), 400)
    expect(error.message).toContain('parts:')
  }
  expect((await complete(id, [small])).status).toBe(201)
})

it('repeats its response to a completion that is sent again, even after the file was replaced', async () => {
  const id = await begin('parts/twice.mp4')
  const parts = [await expectJson(await put(id, 1, mp4()), 200)]
  const first = await complete(id, parts)
  const etag = first.headers.get('ETag')
  const stored = await expectJson<{ etag: string }>(first, 201)
  expect(etag).toBe(stored.etag)
  expect(await expectJson(await complete(id, parts), 201)).toEqual(stored)
  await expectJson(await api('PUT', '/files/parts/twice.mp4', mp4('another')), 201)
  expect(await expectJson(await complete(id, parts), 201)).toEqual(stored)
  // The completion after the replacement did not store the old file again.
  expect((await env.ORIGINALS.head('parts/twice.mp4'))!.size).toBe(mp4('another').length)

  const others = [{ partNumber: 1, etag: 'another' }]
  const message = await expectError(await complete(id, others), 400, 'invalid_request')
  expect(message).toContain('completed with other parts')
  await expectError(await put(id, 2, 'more'), 404, 'upload_not_found')
  await expectError(await api('DELETE', `/uploads/${id}`), 404, 'upload_not_found')
})

it('accepts concurrent completions, and a completion after a crash of the Worker', async () => {
  const id = await begin('parts/race.mp4')
  const parts = [await expectJson(await put(id, 1, mp4()), 200)]
  const responses = await Promise.all(Array.from({ length: 4 }, () => complete(id, parts)))
  const files = await Promise.all(responses.map((response) => expectJson(response, 201)))
  for (const file of files) {
    expect(file).toEqual(files[0])
  }
  // As if the Worker had ended after R2 completed the upload, before the database recorded it.
  const lost = await begin('parts/lost.mp4')
  const part = await expectJson<R2UploadedPart>(await put(lost, 1, mp4()), 200)
  const row = env.DB.prepare('SELECT upload_id FROM uploads WHERE id = ?').bind(lost)
  const r2Id = (await row.first<string>('upload_id'))!
  await env.ORIGINALS.resumeMultipartUpload('parts/lost.mp4', r2Id).complete([part])
  expect(await expectJson(await complete(lost, [part]), 201)).toMatchObject({
    filePath: 'parts/lost.mp4',
    size: mp4().length,
  })
})

it('rejects a part that is named twice, and keeps the upload', async () => {
  const id = await begin('parts/repeated.mp4')
  const part = await expectJson<{ partNumber: number }>(await put(id, 1, mp4()), 200)
  for (const parts of [
    [part, part],
    [part, { ...part, etag: 'another' }],
    [part, { partNumber: 2, etag: 'x' }, part],
  ]) {
    const message = await expectError(await complete(id, parts), 400, 'invalid_request')
    expect(message).toContain('Part 1 is named twice')
  }
  expect((await complete(id, [part])).status).toBe(201)
})

it('returns the ETag of a part as a header, which a completion accepts, and lists the parts', async () => {
  const id = await begin('parts/listed.mp4')
  const tail = await put(id, 2, 'the end')
  await put(id, 1, firstPart().fill(7, 100))
  const head = await put(id, 1, firstPart())
  const [one, two] = [head.headers.get('ETag')!, tail.headers.get('ETag')!]
  expect(one).toMatch(/^"[^"]+"$/)
  const parts = [
    await expectJson<{ etag: string }>(head, 200),
    await expectJson<{ etag: string }>(tail, 200),
  ]
  expect([one, two]).toEqual(parts.map(({ etag }) => `"${etag}"`))
  const upload = await expectJson(await api('GET', `/uploads/${id}`), 200)
  expect(upload).toEqual({
    uploadId: id,
    filePath: 'parts/listed.mp4',
    partSizeBytes: 32 * 1024 * 1024,
    directSize: null,
    createdAt: expect.stringMatching(/Z$/),
    completedAt: null,
    parts: [
      { ...parts[0], size: PART },
      { ...parts[1], size: 7 },
    ],
  })
  const named = [
    { partNumber: 1, etag: one },
    // A proxy that compresses a response makes its ETag weak.
    { partNumber: 2, etag: `W/${two}` },
  ]
  expect((await complete(id, named)).status).toBe(201)
  expect(await expectJson(await api('GET', `/uploads/${id}`), 200)).toMatchObject({
    completedAt: expect.stringMatching(/Z$/),
  })
  await expectError(await api('GET', '/uploads/upl_none'), 404, 'upload_not_found')
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
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 })
  await settled()
  expect((await put(old, 1, mp4())).status).toBe(404)
  expect((await put(young, 1, mp4())).status).toBe(200)
  expect(await countRows('uploads', 'id IN (?, ?)', old, young)).toBe(1)
  expect(await countRows('upload_parts', 'upload_id IN (?, ?)', aborted, old)).toBe(0)
})

it('deletes the rows of a completed upload when it is too old, and keeps its file', async () => {
  const id = await begin('parts/done.mp4')
  const part = await expectJson(await put(id, 1, mp4()), 200)
  await expectJson(await complete(id, [part]), 201)
  await env.DB.prepare('UPDATE uploads SET created_at = ? WHERE id = ?')
    .bind(Date.now() - 2 * DAY_MS, id)
    .run()
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 })
  await settled()
  expect(await countRows('uploads', 'id = ?', id)).toBe(0)
  expect(await countRows('upload_parts', 'upload_id = ?', id)).toBe(0)
  expect(await env.ORIGINALS.head('parts/done.mp4')).not.toBeNull()
})

it('requires an API key', async () => {
  expect((await visit('/uploads', { method: 'POST' })).status).toBe(401)
})
