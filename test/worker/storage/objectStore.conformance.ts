/** The tests that every ObjectStore must pass. `objectStore.test.ts` lists the stores. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { ObjectStore, StoredObject } from '../../../src/storage/objectStore.ts'
import { contentDigest, parseContentDigest } from '../../../src/domain/digest.ts'

const VIDEO = { contentType: 'video/mp4' }
/** Minimum size of every part but the last. */
const PART_BYTES = 5 * 1024 * 1024
const encoder = new TextEncoder()

const UNEQUAL_PARTS = [
  ['parts of unequal size', [PART_BYTES, PART_BYTES + 1, 100], 0],
  ['a last part that is larger', [PART_BYTES, PART_BYTES + 1], 0],
] as const

function sized(content: string | Uint8Array, sizeBytes?: number) {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content
  return { body: new Response(bytes as BodyInit).body!, sizeBytes: sizeBytes ?? bytes.length }
}

async function sha256(text: string) {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(text))
  return parseContentDigest(contentDigest(digest))!
}

/**
 * @param open returns a store; each test uses keys of its own
 * @param options.hasEqualParts false if the store may join parts of unequal size, as S3 does
 */
export function describeObjectStore(
  name: string,
  open: () => ObjectStore,
  { hasEqualParts = true } = {},
) {
  describe(name, () => {
    let store: ObjectStore
    let key: string
    beforeEach(() => {
      store = open()
      key = `${crypto.randomUUID()}/clip.mp4`
    })

    async function put(content: string, at = key): Promise<StoredObject> {
      const result = await store.put(at, sized(content), VIDEO)
      if (!result.ok) {
        throw new Error(result.reason)
      }
      return result.object
    }

    async function listKeys(prefix: string, limit: number, after?: string) {
      const { objects, isTruncated } = await store.list(prefix, limit, after)
      return { keys: objects.map((object) => object.key), isTruncated }
    }

    async function read(options?: Parameters<ObjectStore['get']>[1]) {
      const found = await store.get(key, options)
      return found.ok
        ? { range: found.range, text: await new Response(found.body).text() }
        : found.reason
    }

    async function uploadPart(uploadId: string, partNumber: number, content: Uint8Array) {
      const result = await store.uploadPart({ key, uploadId }, partNumber, sized(content))
      if (!result.ok) {
        throw new Error(result.reason)
      }
      return result.part
    }

    describe('put and head', () => {
      it('returns what was stored', async () => {
        const before = Date.now() - 1_000
        const metadata = { 'a-key': 'a value' }
        const result = await store.put(key, sized('0123456789'), { ...VIDEO, metadata })
        const head = await store.head(key)
        expect(result).toEqual({ ok: true, object: head })
        expect(head).toMatchObject({ key, sizeBytes: 10, contentType: 'video/mp4', metadata })
        expect(head!.etag).toMatch(/^[^"]+$/)
        expect(head!.uploadedAt.getTime()).toBeGreaterThanOrEqual(before)
      })

      it('returns null for a key without an object', async () => {
        expect(await store.head(key)).toBeNull()
      })

      it('stores an empty object', async () => {
        expect((await put('')).sizeBytes).toBe(0)
        expect(await read()).toEqual({ range: { offset: 0, length: 0 }, text: '' })
      })

      it('replaces an object and changes its etag', async () => {
        const first = await put('first')
        const second = await put('second')
        expect(second.etag).not.toBe(first.etag)
        expect(await read()).toMatchObject({ text: 'second' })
      })

      it.each([1, -1])(
        'rejects a body whose announced size is %i bytes off, and keeps the object',
        async (off) => {
          await put('before')
          const result = await store.put(key, sized('0123456789', 10 + off), VIDEO)
          expect(result).toEqual({ ok: false, reason: 'wrong_size' })
          expect(await read()).toMatchObject({ text: 'before' })
        },
      )

      it('stores leading bytes before those of the body', async () => {
        const leading = new TextEncoder().encode('0123')
        const content = { ...sized('456789', 10), leading }
        expect(await store.put(key, content, VIDEO)).toMatchObject({ ok: true })
        expect(await read()).toMatchObject({ text: '0123456789' })
      })

      it('rejects a body that does not match the digest, and keeps the object', async () => {
        const good = { ...VIDEO, sha256: await sha256('good') }
        expect(await store.put(key, sized('good'), good)).toMatchObject({ ok: true })
        const result = await store.put(key, sized('evil'), good)
        expect(result).toEqual({ ok: false, reason: 'digest_mismatch' })
        expect(await read()).toMatchObject({ text: 'good' })
      })
    })

    describe('replace', () => {
      const replace = (content: string, etag: string | null) =>
        store.replace(key, sized(content), { ...VIDEO, etag })

      it('stores an object if there is none, or if it is still the one with the etag', async () => {
        const first = await replace('first', null)
        const { etag } = (await store.head(key))!
        expect(first).toMatchObject({ ok: true, object: { etag } })
        expect(await replace('second', etag)).toMatchObject({ ok: true })
        expect(await read()).toMatchObject({ text: 'second' })
      })

      it('keeps an object that is another one, and stores none in place of one that is gone', async () => {
        const { etag } = await put('before')
        const large = 'x'.repeat(4_000_000)
        expect(await replace(large, null)).toEqual({ ok: false, reason: 'replaced' })
        await put('after')
        expect(await replace('new', etag)).toEqual({ ok: false, reason: 'replaced' })
        expect(await read()).toMatchObject({ text: 'after' })
        await store.delete([key])
        expect(await replace('new', etag)).toEqual({ ok: false, reason: 'replaced' })
      })
    })

    describe('get', () => {
      it('returns the whole object', async () => {
        const object = await put('0123456789')
        expect(await store.get(key)).toMatchObject({ ok: true, object })
        expect(await read()).toEqual({ range: { offset: 0, length: 10 }, text: '0123456789' })
      })

      it('returns a range', async () => {
        await put('0123456789')
        const range = { offset: 2, length: 3 }
        expect(await read({ range })).toEqual({ range, text: '234' })
      })

      it('limits a range to the object', async () => {
        await put('0123456789')
        const found = await read({ range: { offset: 8, length: 100 } })
        expect(found).toEqual({ range: { offset: 8, length: 2 }, text: '89' })
      })

      it('fails for a key without an object, with and without a condition', async () => {
        expect(await read()).toBe('not_found')
        expect(await read({ conditions: new Headers({ 'If-Match': '"x"' }) })).toBe('not_found')
      })

      it('evaluates If-Match and If-None-Match', async () => {
        const { etag } = await put('0123456789')
        const given = async (name: string, value: string) =>
          (await store.get(key, { conditions: new Headers({ [name]: value }) })).ok
        expect(await given('If-Match', `"${etag}"`)).toBe(true)
        expect(await given('If-Match', '*')).toBe(true)
        expect(await given('If-Match', '"other"')).toBe(false)
        expect(await given('If-None-Match', `"${etag}"`)).toBe(false)
        expect(await given('If-None-Match', `"other", "${etag}"`)).toBe(false)
        expect(await given('If-None-Match', '"other"')).toBe(true)
      })

      it('evaluates If-Modified-Since and If-Unmodified-Since', async () => {
        const { uploadedAt } = await put('0123456789')
        const given = async (name: string, ms: number) => {
          const value = new Date(uploadedAt.getTime() + ms).toUTCString()
          return (await store.get(key, { conditions: new Headers({ [name]: value }) })).ok
        }
        expect(await given('If-Modified-Since', -60_000)).toBe(true)
        expect(await given('If-Modified-Since', 60_000)).toBe(false)
        expect(await given('If-Unmodified-Since', -60_000)).toBe(false)
        expect(await given('If-Unmodified-Since', 60_000)).toBe(true)
      })

      it('returns the object without its body when a condition fails', async () => {
        const object = await put('0123456789')
        const conditions = new Headers({ 'If-None-Match': `"${object.etag}"` })
        expect(await store.get(key, { conditions })).toEqual({
          ok: false,
          reason: 'condition_failed',
          object,
        })
      })

      it('combines a range with a condition', async () => {
        const { etag } = await put('0123456789')
        const conditions = new Headers({ 'If-Match': `"${etag}"` })
        const range = { offset: 9, length: 1 }
        expect(await read({ range, conditions })).toEqual({ range, text: '9' })
        await put('replaced')
        expect(await read({ range, conditions })).toBe('condition_failed')
      })
    })

    describe('list and delete', () => {
      it('lists keys by prefix, in order and up to the limit', async () => {
        const keys = ['a', 'b', 'c'].map((name) => `${key}/${name}`)
        for (const at of [...keys].reverse()) {
          await put('content', at)
        }
        expect(await listKeys(`${key}/`, 10)).toEqual({ keys, isTruncated: false })
        expect(await listKeys(`${key}/`, 2)).toEqual({
          keys: keys.slice(0, 2),
          isTruncated: true,
        })
        expect(await listKeys(`${key}/`, 10, keys[0])).toEqual({
          keys: keys.slice(1),
          isTruncated: false,
        })
        expect(await listKeys(`${key}/d`, 10)).toEqual({ keys: [], isTruncated: false })
      })

      it('deletes several objects, and ignores keys without one', async () => {
        await put('content')
        await put('content', `${key}2`)
        await put('kept', `${key}3`)
        await store.delete([key, `${key}2`, `${key}none`])
        expect(await listKeys(key, 10)).toEqual({ keys: [`${key}3`], isTruncated: false })
      })
    })

    describe('multipart uploads', () => {
      it('assembles parts in the order of their numbers', async () => {
        const metadata = { 'a-key': 'a value' }
        const { uploadId } = await store.createMultipartUpload(key, { ...VIDEO, metadata })
        const last = await uploadPart(uploadId, 2, encoder.encode('end'))
        const first = await uploadPart(uploadId, 1, new Uint8Array(PART_BYTES).fill(65))
        expect([first.partNumber, last.partNumber]).toEqual([1, 2])
        expect(await store.head(key)).toBeNull()

        const result = await store.completeMultipartUpload({ key, uploadId }, [first, last])
        const head = await store.head(key)
        expect(result).toEqual({ ok: true, object: head })
        expect(head).toMatchObject({
          sizeBytes: PART_BYTES + 3,
          contentType: 'video/mp4',
          metadata,
        })
        const range = { offset: PART_BYTES - 2, length: 5 }
        expect(await read({ range })).toMatchObject({ text: 'AAend' })
      })

      it('replaces a part that is sent again', async () => {
        const { uploadId } = await store.createMultipartUpload(key, VIDEO)
        const stale = await uploadPart(uploadId, 1, encoder.encode('stale'))
        const part = await uploadPart(uploadId, 1, encoder.encode('fresh'))
        const bad = await store.completeMultipartUpload({ key, uploadId }, [stale])
        expect(bad).toEqual({ ok: false, reason: 'bad_parts' })
        expect(await store.completeMultipartUpload({ key, uploadId }, [part])).toMatchObject({
          ok: true,
        })
        expect(await read()).toMatchObject({ text: 'fresh' })
      })

      it.each([
        ['a part that was not sent', [PART_BYTES], 1],
        ['a small part that is not the last', [100, 100], 0],
        ...(hasEqualParts ? UNEQUAL_PARTS : []),
      ] as const)('rejects %s, and the upload stays open', async (_, sizes, missing) => {
        const { uploadId } = await store.createMultipartUpload(key, VIDEO)
        const parts = []
        for (const [index, size] of sizes.entries()) {
          parts.push(await uploadPart(uploadId, index + 1, new Uint8Array(size)))
        }
        const named = missing ? [...parts, { partNumber: parts.length + 1, etag: 'none' }] : parts
        const result = await store.completeMultipartUpload({ key, uploadId }, named)
        expect(result).toEqual({ ok: false, reason: 'bad_parts' })
        expect(await store.head(key)).toBeNull()
        const one = parts.slice(0, 1)
        expect(await store.completeMultipartUpload({ key, uploadId }, one)).toMatchObject({
          ok: true,
        })
      })

      it('rejects a part of the wrong size', async () => {
        const { uploadId } = await store.createMultipartUpload(key, VIDEO)
        const result = await store.uploadPart({ key, uploadId }, 1, sized('0123456789', 11))
        expect(result).toEqual({ ok: false, reason: 'wrong_size' })
      })

      it('ends an upload when it is completed, and a later abort keeps the object', async () => {
        const { uploadId } = await store.createMultipartUpload(key, VIDEO)
        const part = await uploadPart(uploadId, 1, encoder.encode('content'))
        await store.completeMultipartUpload({ key, uploadId }, [part])
        const again = await store.completeMultipartUpload({ key, uploadId }, [part])
        expect(again).toEqual({ ok: false, reason: 'gone' })
        await store.abortMultipartUpload({ key, uploadId })
        expect(await read()).toMatchObject({ text: 'content' })
      })

      it('ends an upload when it is aborted, and keeps the previous object', async () => {
        await put('before')
        const { uploadId } = await store.createMultipartUpload(key, VIDEO)
        const part = await uploadPart(uploadId, 1, encoder.encode('content'))
        expect(await store.abortMultipartUpload({ key, uploadId })).toEqual({ ok: true })
        expect(await store.completeMultipartUpload({ key, uploadId }, [part])).toEqual({
          ok: false,
          reason: 'gone',
        })
        expect(await store.uploadPart({ key, uploadId }, 2, sized('more'))).toEqual({
          ok: false,
          reason: 'gone',
        })
        expect(await read()).toMatchObject({ text: 'before' })
      })
    })
  })
}
