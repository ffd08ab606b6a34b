/** The secrets with credentials of S3-compatible services: how they are read, and who may use them. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createSettings } from '../../../src/platform/settings.ts'
import { findS3Bucket } from '../../../src/services/s3Credentials.ts'
import { expectError, visitWith } from '../helpers/requests.ts'

const ARCHIVE = {
  endpoint: 'https://s3.example.com',
  region: 'eu-1',
  buckets: ['films', 'clips'],
  accessKeyId: 'planted-id',
  secretAccessKey: 'planted-secret',
}

function read(credentials: unknown) {
  const json = typeof credentials === 'string' ? credentials : JSON.stringify(credentials)
  return createSettings({ ...env, S3_CREDENTIALS: json }).s3Credentials
}

describe('S3_CREDENTIALS', () => {
  it('has credentials by name; without it there are none', () => {
    expect(read({ archive: ARCHIVE }).get('archive')).toEqual({
      ...ARCHIVE,
      writePrefix: null,
      keys: null,
    })
    expect(read({ r2: { ...ARCHIVE, region: undefined } }).get('r2')!.region).toBe('auto')
    expect(createSettings({ ...env, S3_CREDENTIALS: '' }).s3Credentials.size).toBe(0)
    expect(createSettings({ ...env, DIRECT_UPLOADS: '' }).directUploads).toBeNull()
  })

  it.each([
    ['{"archive"', 'is not JSON'],
    [[], 'must be an object'],
    [{ 'my archive': ARCHIVE }, 'my archive'],
    [
      { archive: { ...ARCHIVE, secretAccessKey: undefined } },
      'archive.secretAccessKey must be a text',
    ],
    [
      { archive: { ...ARCHIVE, endpoint: 'planted.example.com' } },
      'archive.endpoint must be the URL',
    ],
    [
      { archive: { ...ARCHIVE, endpoint: 'https://s3.example.com/' } },
      'archive.endpoint must be the URL',
    ],
    [{ archive: { ...ARCHIVE, endpoint: 'file:///etc' } }, 'archive.endpoint must be the URL'],
    [{ archive: { ...ARCHIVE, buckets: [] } }, 'archive.buckets must name a bucket'],
    [
      { archive: { ...ARCHIVE, buckets: ['../x'] } },
      'archive.buckets.0 must be the name of a bucket',
    ],
    [{ archive: { ...ARCHIVE, writePrefix: '../' } }, 'archive.writePrefix must be the beginning'],
    [{ archive: { ...ARCHIVE, keys: ['root'] } }, 'archive.keys.0 must be the id of an API key'],
    [
      { archive: { ...ARCHIVE, bucket: 'films' } },
      'archive has a property that does not exist: bucket',
    ],
  ])('%j is rejected with what is wrong, and without a value', (value, message) => {
    expect(() => read(value)).toThrow(`S3_CREDENTIALS: `)
    expect(() => read(value)).toThrow(message)
    expect(() => read(value)).not.toThrow('planted')
  })

  it('that is not valid makes /health return 503, and leaves other requests alone', async () => {
    const bad = { S3_CREDENTIALS: '{"a": 1}' }
    await expectError(await visitWith(bad, '/health'), 503, 'not_configured')
    expect((await visitWith(bad, '/openapi.json')).status).toBe(200)
    const other = { DIRECT_UPLOADS: JSON.stringify({ ...ARCHIVE, bucket: 'originals' }) }
    await expectError(await visitWith(other, '/health'), 503, 'not_configured')
  })
})

describe('a named credential', () => {
  const platform = {
    s3Credentials: () =>
      read({
        open: { ...ARCHIVE, buckets: ['films'] },
        several: ARCHIVE,
        listed: { ...ARCHIVE, keys: ['key_a'] },
      }),
  }
  const key = { keyId: 'key_b', queue: null, pathPrefix: null }
  const find = (caller: Partial<typeof key> | object, name: string, bucket?: string) => {
    const found = findS3Bucket(platform, { ...key, ...caller }, name, bucket)
    return found.ok ? found.bucket.bucket : found.code
  }

  it('is for keys without a restriction, unless it lists keys', () => {
    expect(find({}, 'open')).toBe('films')
    expect(find({ keyId: 'root' }, 'listed', 'films')).toBe('films')
    expect(find({ pathPrefix: 'a/' }, 'open')).toBe('forbidden')
    expect(find({ queue: 'q' }, 'open')).toBe('forbidden')
    expect(find({ keyId: null }, 'open')).toBe('forbidden')
    expect(find({}, 'listed', 'films')).toBe('forbidden')
    expect(find({ keyId: 'key_a', pathPrefix: 'a/' }, 'listed', 'films')).toBe('films')
  })

  it('that a key may not use gets the response of a name that does not exist', () => {
    const errors = ['listed', 'absent'].map((name) => {
      const found = findS3Bucket(platform, key, name)
      return found.ok ? '' : found.message.replace(name, '')
    })
    expect(errors[0]).toMatch(/^There is no credential/)
    expect(errors[1]).toBe(errors[0])
  })

  it('is for its buckets alone, and the only one need not be named', () => {
    expect(find({}, 'several', 'clips')).toBe('clips')
    expect(find({}, 'several')).toBe('invalid_request')
    expect(find({}, 'open', 'other')).toBe('invalid_request')
  })
})
