/**
 * Storing and deleting files reads and writes a bounded number of rows, even with 100,000 files.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Caller, ROOT } from '../../../src/domain/caller.ts'
import { putFile, deleteFile } from '../../../src/services/files/files.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { beginUpload, putUploadPart } from '../../../src/services/files/multipartUploads.ts'
import { completeUpload } from '../../../src/services/files/completeUpload.ts'
import { openPlatform } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { meter, type Meter } from '../helpers/meteredDatabase.ts'

const FILES = 100_000
const PARTS = 1_000
const { d1, cost } = meter(env.DB)
const { platform, settled } = openPlatform(d1)
let keyed: Caller

beforeAll(async () => {
  const { id } = await makeKey({ maxStoredBytes: 1e12 })
  keyed = { ...ROOT, keyId: id }
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
    INSERT INTO files SELECT 'many/' || i || '.mp4', iif(i % 2, ?, NULL), 100, 'rev' || i, ?
    FROM n`,
  )
    .bind(FILES, id, Date.now())
    .run()
}, 120_000)

function expectAtMost({ rowsRead, rowsWritten }: Meter, read: number, written: number) {
  expect(rowsRead, 'rows read').toBeLessThanOrEqual(read)
  expect(rowsWritten, 'rows written').toBeLessThanOrEqual(written)
}
async function put(caller: Caller, path: string) {
  const bytes = mp4()
  const body = new Response(bytes).body!
  const spent = await cost(() => putFile(platform, caller, path, { body, sizeBytes: bytes.length }))
  await settled()
  expect(spent.result).toMatchObject({ ok: true })
  return spent
}

describe('the numbers of rows read and written', () => {
  it.each(['rows/new.mp4', 'rows/new.mp4', 'many/7.mp4', 'many/8.mp4'])(
    'are at most 25 and 10 when an API key stores %s',
    async (path) => expectAtMost(await put(keyed, path), 25, 10),
  )

  it('are at most 6 and 4 when the root key stores a file', async () => {
    expectAtMost(await put(ROOT, 'rows/root.mp4'), 6, 4)
  })

  it('are at most 8 and 0 when a file would exceed the storage quota', async () => {
    const body = new Response(mp4()).body!
    const spent = await cost(() =>
      putFile(platform, keyed, 'rows/large.mp4', { body, sizeBytes: 2e12 }),
    )
    expect(spent.result).toMatchObject({ ok: false, code: 'storage_cap_reached' })
    expectAtMost(spent, 8, 0)
  })

  it('are at most 16 and 6 when a file is deleted', async () => {
    const spent = await cost(() => deleteFile(platform, keyed, 'rows/new.mp4'))
    await settled()
    expect(spent.result).toEqual({ ok: true })
    expectAtMost(spent, 16, 6)
  })
})

describe('an upload with 1,000 parts', () => {
  let id: string
  const part = (n: number) => {
    const bytes = mp4()
    const body = new Response(bytes).body!
    return putUploadPart(platform, keyed, id, n, { body, sizeBytes: bytes.length })
  }
  beforeAll(async () => {
    const begun = await beginUpload(platform, keyed, 'rows/parts.mp4', null)
    if (!begun.ok) {
      throw new Error(begun.message)
    }
    ;({ id } = begun)
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
      INSERT INTO storage_reservations SELECT ?, i, ?, 'rows/parts.mp4', 10, 1 FROM n`,
    )
      .bind(1_000 + PARTS, id, keyed.keyId)
      .run()
  })

  it('stores a part with at most 8 rows read and 5 written', async () => {
    const spent = await cost(() => part(1))
    expect(spent.result).toMatchObject({ ok: true })
    expectAtMost(spent, 8, 5)
  })

  it('completes with at most 3,050 rows read and 3,050 written', async () => {
    const sent = await part(1)
    if (!sent.ok) {
      throw new Error(sent.message)
    }
    const spent = await cost(() => completeUpload(platform, keyed, id, [sent.part]))
    await settled()
    expect(spent.result).toMatchObject({ ok: true })
    expectAtMost(spent, 3 * PARTS + 50, 3 * PARTS + 50)
  })
})

it('a cleaner run without old rows reads at most 38 rows and writes none', async () => {
  const spent = await cost(() =>
    runCleaner(platform, { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 }),
  )
  await settled()
  expectAtMost(spent, 38, 0)
})
