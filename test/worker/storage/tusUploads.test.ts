/** Resumable uploads by the tus protocol: `/tus`. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { toHex } from '../../../src/domain/digest.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { countRows, openPlatform } from '../helpers/database.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { api, expectError, expectJson, visit } from '../helpers/requests.ts'
import {
  append,
  createUpload,
  cutBody,
  metadata,
  MIB,
  readLocation,
  readOffset,
  tus,
} from '../helpers/tus.ts'

/** R2's minimum. */
const PART = 5 * MIB
const DAY_MS = 86_400_000

/** The bytes of a file, which differ from position to position. */
function makeFile(size: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(size)
  for (let index = 0; index < size; index++) {
    file[index] = index * 31 + (index >> 12)
  }
  file.set(mp4())
  return file
}

function digest(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  return crypto.subtle.digest('SHA-256', bytes).then(toHex)
}

async function expectStored(filePath: string, file: Uint8Array<ArrayBuffer>): Promise<void> {
  const object = await env.ORIGINALS.get(filePath)
  expect(object?.size).toBe(file.length)
  // Comparing the bytes themselves takes seconds.
  expect(await digest(await object!.arrayBuffer())).toBe(await digest(file))
}

async function clean() {
  const { platform, settled } = openPlatform()
  await runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 })
  await settled()
}

async function tails(path: string): Promise<number> {
  const id = /tus_\w+/.exec(path)![0]
  return (await env.VARIANTS.list({ prefix: `tus/${id}/` })).objects.length
}

async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status !== status) {
    throw new Error(`expected ${status}, got ${response.status}: ${await response.text()}`)
  }
  return response
}

it('stores bytes at any offset, and completes the file with the last one', async () => {
  const file = makeFile(2 * PART + 1_000)
  const path = await createUpload('tus/long.mp4', file.length)
  // Less than the check of the content needs, inside a part, across a part, up to the end of one.
  const ends = [10, 5_000, PART + 7, 2 * PART, file.length]
  let offset = 0
  for (const end of ends) {
    expect(await env.ORIGINALS.head('tus/long.mp4')).toBeNull()
    const patched = await expectStatus(await append(path, offset, file.slice(offset, end)), 204)
    expect(patched.headers.get('Upload-Offset')).toBe(String(end))
    expect(await readOffset(path)).toBe(end)
    expect(await tails(path)).toBe(end % PART === 0 || end === file.length ? 0 : 1)
    offset = end
  }
  await expectStored('tus/long.mp4', file)
  const object = (await env.ORIGINALS.head('tus/long.mp4'))!
  expect(object.httpMetadata?.contentType).toBe('video/mp4')

  const created = await api('POST', '/queue/jobs', {
    filePath: 'tus/long.mp4',
    transformations: ['w_640'],
  })
  expect(await expectJson(created, 202)).toMatchObject({ jobs: [{ filePath: 'tus/long.mp4' }] })
  expect(await countRows('storage_reservations')).toBe(0)
})

it('keeps the bytes that arrived before the connection was lost, in mid-part', async () => {
  const file = makeFile(PART + 3 * MIB)
  const path = await createUpload('tus/cut.mp4', file.length)
  const cuts = [2 * MIB + 3, 4 * MIB, PART + MIB]
  let offset = 0
  for (const end of cuts) {
    const rest = file.length - offset
    await append(path, offset, cutBody(file.slice(offset, end), rest)).catch(() => undefined)
    expect(await readOffset(path)).toBe(end)
    offset = end
  }
  await expectStatus(await append(path, offset, file.slice(offset)), 204)
  await expectStored('tus/cut.mp4', file)
  expect(await tails(path)).toBe(0)
})

it('accepts one of several concurrent requests, and loses no bytes', async () => {
  const file = makeFile(PART + 100)
  const path = await createUpload('tus/race.mp4', file.length)
  const other = await createUpload('tus/other.mp4', file.length)
  const responses = await Promise.all(
    Array.from({ length: 4 }, () => append(path, 0, file.slice(0, PART - 5))),
  )
  const statuses = responses.map(({ status }) => status).toSorted((one, two) => one - two)
  expect(statuses[0]).toBe(204)
  for (const status of statuses.slice(1)) {
    expect([409, 423]).toContain(status)
  }
  await expectStatus(await append(path, PART - 5, file.slice(PART - 5)), 204)
  await expectStored('tus/race.mp4', file)
  expect(await readOffset(other)).toBe(0)
})

it('rejects a request while another one holds the lock, until the lock expires', async () => {
  const path = await createUpload('tus/locked.mp4', 100)
  const lock = env.DB.prepare("UPDATE tus_uploads SET lock_token = 'other', locked_until = ?")
  await lock.bind(Date.now() + 60_000).run()
  await expectError(await append(path, 0, mp4()), 423, 'upload_locked')
  expect(await readOffset(path)).toBe(0)
  await lock.bind(Date.now() - 1).run()
  await expectStatus(await append(path, 0, mp4()), 204)
  expect(await readOffset(path)).toBe(mp4().length)
})

it('rejects a wrong offset with the right one, and keeps nothing of the body', async () => {
  const path = await createUpload('tus/offset.mp4', 100)
  await expectStatus(await append(path, 0, mp4()), 204)
  const message = await expectError(await append(path, 3, 'more'), 409, 'offset_mismatch')
  expect(message).toContain(`is ${mp4().length} (got 3)`)
  await expectError(await append(path, mp4().length, 'x'.repeat(100)), 413, 'too_large')
  expect(await readOffset(path)).toBe(mp4().length)
})

it('keeps nothing of a body with another checksum', async () => {
  const file = makeFile(PART + 200)
  const path = await createUpload('tus/sum.mp4', file.length)
  const sum = async (algorithm: string, bytes: Uint8Array<ArrayBuffer>) =>
    btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest(algorithm, bytes))))
  const wrong = { 'Upload-Checksum': `sha1 ${await sum('SHA-1', mp4())}` }
  const recordedParts = await countRows('upload_parts')
  // The body has a whole part, which is discarded too.
  await expectError(
    await append(path, 0, file.slice(0, PART + 100), wrong),
    460,
    'checksum_mismatch',
  )
  expect(await readOffset(path)).toBe(0)
  expect(await tails(path)).toBe(0)
  expect(await countRows('upload_parts')).toBe(recordedParts)
  const unknown = { 'Upload-Checksum': 'crc32 AAAA' }
  await expectError(await append(path, 0, file, unknown), 400, 'invalid_request')
  await append(path, 0, cutBody(file.slice(0, MIB), file.length), wrong).catch(() => undefined)
  expect(await readOffset(path)).toBe(0)

  const first = file.slice(0, PART + 100)
  const right = { 'Upload-Checksum': `sha1 ${await sum('SHA-1', first)}` }
  await expectStatus(await append(path, 0, first, right), 204)
  const rest = file.slice(PART + 100)
  const last = { 'Upload-Checksum': `sha256 ${await sum('SHA-256', rest)}` }
  await expectStatus(await append(path, PART + 100, rest, last), 204)
  await expectStored('tus/sum.mp4', file)
})

it('stores a file whose length is named later', async () => {
  const file = makeFile(6_000)
  const path = await createUpload('tus/deferred.mp4', null)
  const head = await tus('HEAD', path)
  expect(head.headers.get('Upload-Defer-Length')).toBe('1')
  expect(head.headers.get('Upload-Length')).toBeNull()
  await expectStatus(await append(path, 0, file), 204)
  expect(await env.ORIGINALS.head('tus/deferred.mp4')).toBeNull()
  const length = { 'Upload-Length': String(file.length) }
  await expectStatus(await append(path, file.length, undefined, length), 204)
  await expectStored('tus/deferred.mp4', file)
  expect((await tus('HEAD', path)).headers.get('Upload-Length')).toBe('6000')

  const changed = await createUpload('tus/changed.mp4', 100)
  const other = { 'Upload-Length': '101' }
  await expectError(await append(changed, 0, mp4(), other), 400, 'invalid_request')
})

it('stores the body of the request that creates the upload', async () => {
  const headers = {
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Length': String(mp4().length),
    'Upload-Metadata': metadata({ filename: 'with-upload.mp4' }),
  }
  const created = await tus('POST', '/tus', headers, mp4())
  expect(created.status).toBe(201)
  expect(created.headers.get('Upload-Offset')).toBe(String(mp4().length))
  await expectStored('with-upload.mp4', mp4())
  const text = await tus('POST', '/tus', { ...headers, 'Upload-Length': '4' }, 'text')
  await expectError(text, 415, 'content_mismatch')
})

it('completes an upload that the Worker had completed without recording it', async () => {
  const path = await createUpload('tus/lost.mp4', mp4().length)
  const row = await env.DB.prepare(
    "SELECT id, upload_id FROM uploads WHERE file_path = 'tus/lost.mp4'",
  ).first<{ id: string; upload_id: string }>()
  const upload = env.ORIGINALS.resumeMultipartUpload('tus/lost.mp4', row!.upload_id)
  await upload.complete([await upload.uploadPart(1, mp4())])
  expect(await readOffset(path)).toBe(0)
  await expectStatus(await append(path, 0, mp4()), 204)
  expect(await readOffset(path)).toBe(mp4().length)
  await expectStored('tus/lost.mp4', mp4())
})

it('checks the content, also if the first request has too few bytes for it', async () => {
  const path = await createUpload('tus/fake.mp4', 6_000)
  await expectStatus(await append(path, 0, 'not a vid'), 204)
  await expectError(await append(path, 9, 'x'.repeat(5_000)), 415, 'content_mismatch')
  expect(await readOffset(path)).toBe(9)
  for (const [filePath, length, status] of [
    ['tus/script.exe', 10, 415],
    ['tus/empty.mp4', 0, 415],
    ['tus/../x.mp4', 10, 400],
    ['tus/large.vtt', PART, 413],
  ] as const) {
    const headers = { 'Upload-Length': String(length), 'Upload-Metadata': metadata({ filePath }) }
    expect((await tus('POST', '/tus', headers)).status).toBe(status)
  }
})

it('ends an upload on request, and deletes its bytes', async () => {
  const path = await createUpload('tus/ended.mp4', 100)
  const kept = await createUpload('tus/kept.mp4', 100)
  await expectStatus(await append(path, 0, mp4()), 204)
  await expectStatus(await append(kept, 0, mp4()), 204)
  expect(await tails(path)).toBe(1)
  await expectStatus(await tus('DELETE', path), 204)
  expect(await tails(path)).toBe(0)
  expect((await tus('HEAD', path)).status).toBe(404)
  await expectError(await append(path, mp4().length, 'more'), 404, 'upload_not_found')
  expect(await readOffset(kept)).toBe(mp4().length)
})

it('names the time at which an unfinished upload expires, and the cleaner deletes it then', async () => {
  const path = await createUpload('tus/expired.mp4', 100)
  await expectStatus(await append(path, 0, mp4()), 204)
  const expires = (await tus('HEAD', path)).headers.get('Upload-Expires')!
  expect(Date.parse(expires) - Date.now()).toBeGreaterThan(DAY_MS - 60_000)
  await clean()
  expect(await readOffset(path)).toBe(mp4().length)
  await env.DB.prepare("UPDATE uploads SET created_at = ? WHERE file_path = 'tus/expired.mp4'")
    .bind(Date.now() - DAY_MS - 1_000)
    .run()
  await clean()
  expect((await tus('HEAD', path)).status).toBe(404)
  expect(await tails(path)).toBe(0)
  expect(await countRows('tus_uploads')).toBe(await countRows('uploads'))
})

it('describes itself, and rejects another version', async () => {
  for (const path of ['/tus', '/tus/tus_1']) {
    const options = await visit(path, { method: 'OPTIONS' })
    expect(options.status).toBe(204)
    expect(Object.fromEntries(options.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension':
        'creation,creation-with-upload,creation-defer-length,expiration,checksum,termination',
      'tus-max-size': String(320_000 * MIB),
      'tus-checksum-algorithm': 'sha1,sha256,md5',
    })
  }
  const old = await tus('POST', '/tus', { 'Tus-Resumable': '0.2.2' })
  expect(old.headers.get('Tus-Version')).toBe('1.0.0')
  await expectError(old, 412, 'unsupported_version')
  const path = await createUpload('tus/type.mp4', 100)
  const type = { 'Content-Type': 'text/plain' }
  await expectError(await append(path, 0, mp4(), type), 415, 'content_mismatch')
  const head = await tus('HEAD', path)
  expect(head.headers.get('Cache-Control')).toBe('no-store')
  expect(head.headers.get('Upload-Metadata')).toBe(metadata({ filePath: 'tus/type.mp4' }))
  const both = { 'Upload-Length': '10', 'Upload-Defer-Length': '1' }
  expect((await tus('POST', '/tus', both)).status).toBe(400)
  expect(
    await readLocation(
      await tus('POST', '/tus', {
        'Upload-Length': '10',
        'Upload-Metadata': metadata({ filePath: 'tus/a.mp4' }),
      }),
    ),
  ).toMatch(/^\/tus\/tus_\w+$/)
})
