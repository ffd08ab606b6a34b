import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { API_KEY, visit, expectJson, type ErrorBody } from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { mp4, png } from '../helpers/mediaBytes.ts'

function put(path: string, body: BodyInit, headers: Record<string, string> = {}) {
  return visit(`/files/${path}`, { method: 'PUT', headers: { ...API_KEY, ...headers }, body })
}
async function stored(key: string) {
  const object = await env.ORIGINALS.get(key)
  return object && new Uint8Array(await object.arrayBuffer())
}
async function expectRejected(response: Response, status: number) {
  return (await expectJson<ErrorBody>(response, status)).code
}

const LARGE = 'x'.repeat(50_000)
/** Makes a body without a Content-Length. */
function streamOf(...chunks: Uint8Array[]) {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(chunk)
      }
      controller.close()
    },
  })
}

describe('a stored file', () => {
  it('has the same bytes, and the content type of its name', async () => {
    const bytes = mp4('x'.repeat(10_000))
    const answer = await expectJson<Record<string, unknown>>(
      await put('videos/clip.mp4', bytes),
      201,
    )
    expect(answer).toEqual({
      filePath: 'videos/clip.mp4',
      size: bytes.length,
      etag: expect.stringMatching(/^".+"$/),
      contentType: 'video/mp4',
    })
    expect(await stored('videos/clip.mp4')).toEqual(bytes)
    const head = await env.ORIGINALS.head('videos/clip.mp4')
    expect(head?.httpMetadata?.contentType).toBe('video/mp4')
    expect(head?.httpEtag).toBe(answer['etag'])
  })

  it('can have an upper-case extension, or another of its container family', async () => {
    expect((await put('family/A.MP4', mp4())).status).toBe(201)
    expect((await put('family/b.mov', mp4())).status).toBe(201)
    expect((await put('family/c.png', png())).status).toBe(201)
    expect((await env.ORIGINALS.head('family/b.mov'))?.httpMetadata?.contentType).toBe(
      'video/quicktime',
    )
  })

  it('replaces the file at its path and no other', async () => {
    await put('replace/a.mp4', mp4('before'))
    await put('replace/b.mp4', mp4('control'))
    expect((await put('replace/a.mp4', mp4('after'))).status).toBe(201)
    expect(await stored('replace/a.mp4')).toEqual(mp4('after'))
    expect(await stored('replace/b.mp4')).toEqual(mp4('control'))
  })
})

describe('a request with invalid content is rejected, and the stored file is kept', () => {
  it.each([
    ['text as .mp4', 'kept/a.mp4', 'this is no video at all', 415],
    ['an image as .mp4', 'kept/a.mp4', png(), 415],
    ['a video as .png', 'kept/a.png', mp4(), 415],
    ['a playlist as .mp4', 'kept/a.mp4', '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n', 415],
    ['a page as .mp4', 'kept/a.mp4', '<!doctype html><script>alert(1)</script>', 415],
    ['an empty file', 'kept/a.mp4', '', 415],
    ['an unknown extension', 'kept/a.exe', mp4(), 415],
    ['no extension', 'kept/a', mp4(), 415],
    ['only an extension', 'kept/.mp4x', mp4(), 415],
  ])('%s', async (_name, path, body, status) => {
    await putOriginal(path, 'what was there')
    expect(await expectRejected(await put(path, body), status)).toBe('content_mismatch')
    expect(new TextDecoder().decode((await stored(path))!)).toBe('what was there')
  })

  it('a body of unknown length returns 411', async () => {
    expect(await expectRejected(await put('length/a.mp4', streamOf(mp4())), 411)).toBe(
      'length_required',
    )
    expect(await stored('length/a.mp4')).toBeNull()
  })

  it.each([
    ['shorter', 'in one piece', 7, [mp4()]],
    ['longer', 'in one piece', -3, [mp4()]],
    ['shorter', 'in pieces', 7, [mp4(LARGE), mp4(LARGE)]],
    ['longer', 'in pieces', -3, [mp4(LARGE), mp4(LARGE)]],
  ])('a body %s than its Content-Length, %s, returns 400', async (_name, _how, off, chunks) => {
    await putOriginal('length/b.mp4', 'what was there')
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, off)
    const headers = { 'Content-Length': String(length) }
    const response = await put('length/b.mp4', streamOf(...chunks), headers)
    expect(await expectRejected(response, 400)).toBe('invalid_request')
    expect(new TextDecoder().decode((await stored('length/b.mp4'))!)).toBe('what was there')
  })
})

describe('file names', () => {
  it.each([
    ['with spaces and signs', 'n/a%20b%26c%3Fd.mp4', 'n/a b&c?d.mp4'],
    ['with an encoded slash', 'n%2Fdeep%2Fa.mp4', 'n/deep/a.mp4'],
    ['with a percent sign', 'n/100%25.mp4', 'n/100%.mp4'],
    ['with an encoded escape', 'n/%252F.mp4', 'n/%2F.mp4'],
    ['in any script', 'n/%E6%98%A0%E7%94%BB%F0%9F%8E%AC.mp4', 'n/映画🎬.mp4'],
    ['with a decomposed letter', 'n/cafe%CC%81.mp4', 'n/café.mp4'],
    ['with dots inside', 'n/a..b/...mp4', 'n/a..b/...mp4'],
  ])('%s are decoded once and normalized', async (_name, written, key) => {
    const answer = await expectJson<{ filePath: string }>(await put(written, mp4(key)), 201)
    expect(answer.filePath).toBe(key.normalize('NFC'))
    expect(await stored(key.normalize('NFC'))).toEqual(mp4(key))
    const served = await visit(`/t/${written}`)
    expect(new Uint8Array(await served.arrayBuffer())).toEqual(mp4(key))
  })

  it('two Unicode forms of one name are one file', async () => {
    await put('nfc/e%CC%81.mp4', mp4('decomposed'))
    await put('nfc/%C3%A9.mp4', mp4('composed'))
    expect((await env.ORIGINALS.list({ prefix: 'nfc/' })).objects).toHaveLength(1)
  })

  it('different paths have different object keys', async () => {
    const paths = ['k/a/b_c.mp4', 'k/a_b/c.mp4', 'k/a_b_c.mp4', 'k/A/b_c.mp4', 'k/a%252Fb_c.mp4']
    for (const path of paths) {
      expect((await put(path, mp4(path))).status).toBe(201)
    }
    expect((await env.ORIGINALS.list({ prefix: 'k/' })).objects).toHaveLength(paths.length)
    for (const path of paths) {
      expect(await stored(decodeURIComponent(path))).toEqual(mp4(path))
    }
  })

  it.each([
    ['a segment ".."', 'a%2F..%2Fb.mp4'],
    ['".." at the start', '..%2Fb.mp4'],
    ['an encoded ".."', '%2e%2e%2Fb.mp4'],
    ['a segment "."', 'a%2F.%2Fb.mp4'],
    ['an absolute path', '%2Fetc/b.mp4'],
    ['an empty segment', 'a//b.mp4'],
    ['a trailing slash', 'a.mp4/'],
    ['a backslash', 'a%5Cb.mp4'],
    ['a NUL', 'a%00.mp4'],
    ['a direction override', 'a%E2%80%AEb.mp4'],
    ['white space at the start of a segment', 'a/%20b.mp4'],
    ['a long segment', `${'a'.repeat(252)}.mp4`],
    ['a long path', `${'a/'.repeat(600)}b.mp4`],
    ['an incomplete escape', 'a%E0%A4.mp4'],
  ])('%s is rejected', async (_name, path) => {
    const before = (await env.ORIGINALS.list()).objects.length
    expect(await expectRejected(await put(path, mp4('refused')), 400)).toBe('invalid_path')
    expect((await env.ORIGINALS.list()).objects).toHaveLength(before)
  })
})
