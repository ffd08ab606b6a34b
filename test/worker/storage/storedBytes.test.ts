/**
 * The storage quota of an API key: it applies to each way to store a file, and deleting a file
 * frees its bytes.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { API_KEY, visit, api, expectJson, expectError } from '../helpers/requests.ts'
import { openPlatform, countRows } from '../helpers/database.ts'
import { makeKey, type MadeKey, storedBytes } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

/** Makes a file of `size` bytes that begins as an MP4 file does. */
function bytes(size: number) {
  return mp4('x'.repeat(size - 24))
}
function put(key: { headers: Record<string, string> }, path: string, size: number) {
  return visit(`/files/${path}`, { method: 'PUT', headers: key.headers, body: bytes(size) })
}
const root = { headers: API_KEY }
async function inR2(path: string) {
  return (await env.ORIGINALS.head(path))?.size ?? null
}
function capped(maxStoredBytes: number) {
  return makeKey({ maxStoredBytes })
}
const DAY_MS = 86_400_000

/** Each way to store one file of `size` bytes. */
const WAYS: Record<string, (key: MadeKey, path: string, size: number) => Promise<Response>> = {
  'PUT /files': put,
  'POST /upload': (key, path, size) => {
    const form = new FormData()
    form.append('files', new File([bytes(size)], 'any.mp4'))
    form.append('names', path)
    return visit('/upload', { method: 'POST', headers: key.headers, body: form })
  },
  'a signed URL': async (key, path, size) => {
    const response = await key.call('POST', '/signed-urls', { method: 'PUT', path })
    const { url } = await expectJson<{ url: string }>(response, 201)
    return visit(url.replace('http://reelqueue', ''), { method: 'PUT', body: bytes(size) })
  },
  'a multipart upload': async (key, path, size) => {
    const begun = await key.call('POST', '/uploads', { filePath: path })
    const { uploadId } = await expectJson<{ uploadId: string }>(begun, 201)
    const part = await visit(`/uploads/${uploadId}/1`, {
      method: 'PUT',
      headers: key.headers,
      body: bytes(size),
    })
    if (part.status !== 200) {
      return part
    }
    return key.call('POST', `/uploads/${uploadId}/complete`, { parts: [await part.json()] })
  },
}

describe.each(Object.keys(WAYS))('storing by %s', (way) => {
  const store = WAYS[way]!
  it('is rejected above the quota; stored files are kept, and other keys are not affected', async () => {
    const folder = `cap/${way.replaceAll(/\W/g, '')}`
    const [key, other] = [await capped(1_000), await capped(1_000)]
    expect((await store(key, `${folder}/a.mp4`, 700)).status).toBe(201)
    expect(await storedBytes(key)).toBe(700)
    const rejected = await store(key, `${folder}/b.mp4`, 301)
    const message = await expectError(rejected, 413, 'storage_cap_reached')
    expect(message).toContain('may store 1000 bytes and has stored 700')
    expect(message).toContain('Another 301 bytes would exceed the limit. Delete files')
    expect(await inR2(`${folder}/b.mp4`)).toBeNull()
    expect(await inR2(`${folder}/a.mp4`)).toBe(700)
    expect((await store(other, `${folder}/other.mp4`, 900)).status).toBe(201)
    // The quota can be used up to the last byte.
    expect((await store(key, `${folder}/b.mp4`, 300)).status).toBe(201)
    expect([await storedBytes(key), await storedBytes(other)]).toEqual([1_000, 900])
  })

  it('counts a replacement by the difference, and a rejected one changes nothing', async () => {
    const path = `replace/${way.replaceAll(/\W/g, '')}.mp4`
    const key = await capped(1_000)
    expect((await store(key, path, 900)).status).toBe(201)
    await expectError(await store(key, path, 1_001), 413, 'storage_cap_reached')
    expect([await inR2(path), await storedBytes(key)]).toEqual([900, 900])
    expect((await store(key, path, 1_000)).status).toBe(201)
    expect([await inR2(path), await storedBytes(key)]).toEqual([1_000, 1_000])
    expect((await store(key, path, 100)).status).toBe(201)
    expect([await inR2(path), await storedBytes(key)]).toEqual([100, 100])
  })
})

describe('the stored bytes of a key', () => {
  it('are shown without a quota too; a quota can be set, raised and removed later', async () => {
    const key = await makeKey()
    expect(key).toMatchObject({ maxStoredBytes: null, storedBytes: 0 })
    expect((await put(key, 'later/a.mp4', 500)).status).toBe(201)
    expect(await storedBytes(key)).toBe(500)
    const change = (maxStoredBytes: number | null) =>
      api('PATCH', `/api-keys/${key.id}`, { maxStoredBytes })
    // A quota below the stored bytes keeps the files, but no more can be stored.
    expect(await expectJson(await change(400), 200)).toMatchObject({ maxStoredBytes: 400 })
    await expectError(await put(key, 'later/b.mp4', 30), 413, 'storage_cap_reached')
    await change(530)
    expect((await put(key, 'later/b.mp4', 30)).status).toBe(201)
    await change(null)
    expect((await put(key, 'later/c.mp4', 5_000)).status).toBe(201)
    for (const bad of [0, -1, 1.5, '9']) {
      await expectError(await change(bad as number), 400, 'invalid_request')
    }
  })

  it('are freed when the key itself or the root key deletes the file', async () => {
    const key = await capped(500)
    for (const remove of [key.headers, API_KEY]) {
      expect((await put(key, 'freed/a.mp4', 500)).status).toBe(201)
      await expectError(await put(key, 'freed/b.mp4', 100), 413, 'storage_cap_reached')
      const deleted = await visit('/files/freed/a.mp4', { method: 'DELETE', headers: remove })
      expect(deleted.status).toBe(200)
      expect(await storedBytes(key)).toBe(0)
    }
  })

  it('move to the key that replaces a file, and to no key if that is the root key', async () => {
    const [one, two] = [await makeKey(), await makeKey()]
    await put(one, 'owner/a.mp4', 100)
    await put(two, 'owner/a.mp4', 250)
    expect([await storedBytes(one), await storedBytes(two)]).toEqual([0, 250])
    await put(root, 'owner/a.mp4', 300)
    expect([await storedBytes(one), await storedBytes(two)]).toEqual([0, 0])
  })

  it('do not include rejected content', async () => {
    const key = await capped(1_000)
    await put(key, 'refused/a.mp4', 600)
    const bad = await visit('/files/refused/a.mp4', {
      method: 'PUT',
      headers: key.headers,
      body: 'no video at all',
    })
    expect(bad.status).toBe(415)
    expect([await storedBytes(key), await countRows('storage_reservations')]).toEqual([600, 0])
  })

  it('end with the key when it is deleted; its files stay, and another key can replace them', async () => {
    const key = await makeKey()
    await put(key, 'orphan/a.mp4', 100)
    expect((await api('DELETE', `/api-keys/${key.id}`)).status).toBe(200)
    expect(await inR2('orphan/a.mp4')).toBe(100)
    const other = await makeKey()
    await put(other, 'orphan/a.mp4', 200)
    expect(await storedBytes(other)).toBe(200)
  })

  it('stay within the quota for concurrent files', async () => {
    const key = await capped(1_000)
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, n) => put(key, `race/${n}.mp4`, 300)),
    )
    const statuses = responses.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([...Array(3).fill(201), ...Array(7).fill(413)])
    expect(await storedBytes(key)).toBe(900)
  })
})

it('a form that exceeds the quota is rejected completely', async () => {
  const key = await capped(1_000)
  const form = new FormData()
  for (const name of ['a.mp4', 'b.mp4']) {
    form.append('files', new File([bytes(501)], name))
  }
  form.append('folder', 'whole')
  const rejected = await visit('/upload', { method: 'POST', headers: key.headers, body: form })
  await expectError(rejected, 413, 'storage_cap_reached')
  expect([await inR2('whole/a.mp4'), await storedBytes(key)]).toEqual([null, 0])
})

describe('a multipart upload', () => {
  const begin = async (key: MadeKey, filePath: string) => {
    const begun = await key.call('POST', '/uploads', { filePath })
    return (await expectJson<{ uploadId: string }>(begun, 201)).uploadId
  }
  const part = (key: { headers: Record<string, string> }, id: string, n: number, size: number) =>
    visit(`/uploads/${id}/${n}`, { method: 'PUT', headers: key.headers, body: bytes(size) })

  it('charges a part that is sent twice once, and frees all parts when it is aborted', async () => {
    const key = await capped(1_000)
    const id = await begin(key, 'parts/aborted.mp4')
    expect((await part(key, id, 1, 600)).status).toBe(200)
    expect((await part(key, id, 1, 600)).status).toBe(200)
    expect(await storedBytes(key)).toBe(600)
    await expectError(await part(key, id, 2, 401), 413, 'storage_cap_reached')
    // The key that began the upload is charged for the parts of other keys too.
    expect((await part(root, id, 2, 400)).status).toBe(200)
    expect(await storedBytes(key)).toBe(1_000)
    expect((await key.call('DELETE', `/uploads/${id}`)).status).toBe(200)
    expect([await storedBytes(key), await countRows('storage_reservations')]).toEqual([0, 0])
  })

  it('charges the size of the completed file, without unused parts', async () => {
    const key = await makeKey()
    const id = await begin(key, 'parts/made.mp4')
    const sent = await (await part(key, id, 1, 600)).json()
    await part(key, id, 2, 300)
    expect(await storedBytes(key)).toBe(900)
    await expectJson(await key.call('POST', `/uploads/${id}/complete`, { parts: [sent] }), 201)
    expect([await storedBytes(key), await inR2('parts/made.mp4')]).toEqual([600, 600])
    expect(await countRows('storage_reservations')).toBe(0)
  })

  it('frees its bytes when it is too old, and newer ones keep theirs', async () => {
    const key = await makeKey()
    const [old, young] = [await begin(key, 'parts/old.mp4'), await begin(key, 'parts/young.mp4')]
    await part(key, old, 1, 500)
    await part(key, young, 1, 70)
    await env.DB.prepare('UPDATE uploads SET created_at = ? WHERE id = ?')
      .bind(Date.now() - 2 * DAY_MS, old)
      .run()
    await clean()
    expect(await storedBytes(key)).toBe(70)
  })
})

async function clean() {
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 })
  await settled()
}

it('a reservation older than a day is replaced by the size of the file that R2 holds', async () => {
  const key = await makeKey()
  await put(key, 'died/stored.mp4', 100)
  // The state after two writers crashed: one had stored 200 bytes, the other none.
  await env.ORIGINALS.put('died/stored.mp4', bytes(200), {
    customMetadata: { 'reelqueue-key': key.id },
  })
  const insertReservation = (id: string, path: string, size: number, age: number) =>
    env.DB.prepare('INSERT INTO storage_reservations VALUES (?, 0, ?, ?, ?, ?)')
      .bind(id, key.id, path, size, Date.now() - age * DAY_MS)
      .run()
  await insertReservation('put_1', 'died/stored.mp4', 200, 1.1)
  await insertReservation('put_2', 'died/never.mp4', 4_000, 1.1)
  await insertReservation('put_3', 'died/coming.mp4', 30, 0.9)
  expect(await storedBytes(key)).toBe(4_330)
  await clean()
  expect(await storedBytes(key)).toBe(230)
  // Rows of files for which no key is charged are deleted once they are old.
  const unowned = () => countRows('files', "file_path = 'died/never.mp4'")
  expect(await unowned()).toBe(1)
  await env.DB.prepare("UPDATE files SET recorded_at = 1 WHERE file_path LIKE 'died/%'").run()
  await clean()
  expect([await unowned(), await storedBytes(key)]).toEqual([0, 230])
})
