/** Objects of S3-compatible services as the source of jobs, with the credentials of the operator. */
import { afterEach, expect, it, vi } from 'vitest'
import { ROOT } from '../../../src/domain/caller.ts'
import type { S3Credential } from '../../../src/storage/s3/credential.ts'
import { listRequests, openImports, storedVersion } from '../helpers/imports.ts'
import { readJob } from '../helpers/jobs.ts'

const ARCHIVE: S3Credential = {
  endpoint: 'https://s3.files.example.com',
  region: 'auto',
  buckets: ['films', 'clips'],
  accessKeyId: 'the-id',
  secretAccessKey: 'the-secret',
  writePrefix: null,
  keys: null,
}
const OBJECT = { credential: 'archive', bucket: 'films', key: 'a b/clip.mp4' }

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function openWith(credentials: Record<string, S3Credential>) {
  return openImports({ s3Credentials: () => new Map(Object.entries(credentials)) })
}

it('an object is requested with a signature, and stored', async () => {
  const { createFrom, run } = openWith({ archive: ARCHIVE })
  const [created] = await createFrom({ ...OBJECT, filePath: 's3/clip.mp4' })
  await run()
  expect(await storedVersion('s3/clip.mp4')).toBe(1)
  expect(await readJob(created!.row.id)).toMatchObject({ status: 'pending', stage: null })
  expect(await listRequests('https://s3.files.example.com/films/a%20b/clip.mp4')).toMatchObject([
    { authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=the-id\//) },
  ])
})

it('a key that may not use the credential, or another bucket of it, is refused', async () => {
  const { createFrom } = openWith({ archive: ARCHIVE })
  const filePath = 's3/refused.mp4'
  const caller = { ...ROOT, keyId: 'key_1', pathPrefix: 's3/' }
  await expect(createFrom({ ...OBJECT, filePath }, caller)).rejects.toThrow(
    'There is no credential "archive" that this key may use.',
  )
  await expect(createFrom({ ...OBJECT, bucket: 'other', filePath })).rejects.toThrow(
    'The credential "archive" is not for the bucket "other".',
  )
})

it('messages name the credential, and not the address of its service', async () => {
  const { createFrom, run, platform } = openWith({ archive: ARCHIVE })
  const [created] = await createFrom({ ...OBJECT, filePath: 's3/denied.mp4' })
  vi.spyOn(globalThis, 'fetch')
    .mockResolvedValueOnce(new Response(null, { status: 403 }))
    .mockRejectedValueOnce(new Error('Network connection lost.'))
  await run()
  const { error } = await readJob(created!.row.id)
  expect(error).toContain('The server "archive" of S3_CREDENTIALS refuses access (403)')
  const bucket = { ...ARCHIVE, bucket: 'films', credential: 'archive' }
  expect(await platform.remoteFiles.openObject(bucket, 'a.mp4', {})).toEqual({
    ok: false,
    reason: 'unreachable',
    message: 'The request to "archive" of S3_CREDENTIALS failed: Network connection lost.',
  })
})

it('an import whose credential was deleted meanwhile fails', async () => {
  const { createFrom, run, platform } = openWith({ archive: ARCHIVE })
  const [created] = await createFrom({ ...OBJECT, filePath: 's3/deleted.mp4' })
  platform.s3Credentials = () => new Map()
  await run()
  expect(await readJob(created!.row.id)).toMatchObject({
    status: 'error',
    errorCode: 'import_refused',
    error: expect.stringContaining('There is no credential "archive"'),
  })
})
