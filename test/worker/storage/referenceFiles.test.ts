/** Reference files: access, delivery to runners, and the effects of replacing or deleting one. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { API_KEY, visit, api, asRunner, expectJson, expectError } from '../helpers/requests.ts'
import { putOriginal, createJobs } from '../helpers/jobs.ts'
import { claimJob, startJob, fakeRunner } from '../helpers/fakeRunner.ts'
import { jobRow, countRows } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { mp4, png } from '../helpers/mediaBytes.ts'
import { WAIT } from '../helpers/wait.ts'

async function textOf(response: Response) {
  return new TextDecoder().decode(await response.arrayBuffer())
}
function put(path: string, bytes: Uint8Array<ArrayBuffer>) {
  return visit(`/files/${path}`, {
    method: 'PUT',
    headers: { Authorization: 'Bearer test-api-key', 'Content-Length': String(bytes.length) },
    body: bytes,
  })
}

beforeAll(async () => {
  await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
  for (const path of ['a/clip.mp4', 'a/logo.png', 'b/logo.png', 'b/more.mp4', 'a/en.srt']) {
    await putOriginal(path)
  }
})

describe('a job with reference files', () => {
  it('is rejected with the path of a reference file that does not exist', async () => {
    const request = { filePath: 'a/clip.mp4', transformations: ['w_640', 'wm_a:none.png'] }
    const answer = await api('POST', '/queue/jobs', request)
    expect(await expectError(answer, 404, 'file_not_found')).toContain('a/none.png')
    expect(await countRows('jobs', "file_path = 'a/clip.mp4'")).toBe(0)
  })

  it('is rejected for an API key that may not read all of its reference files', async () => {
    const key = await makeKey({ scopes: ['jobs:read', 'jobs:write'], pathPrefix: 'a/' })
    for (const transformation of ['wm_b:logo.png', 'cat_b:more.mp4', 'cat_a:clip.mp4+b:none.mp4']) {
      const request = { filePath: 'a/clip.mp4', transformations: [transformation] }
      const answer = await key.call('POST', '/queue/jobs', request)
      expect(await expectError(answer, 403, 'forbidden')).toContain('b/')
      const served = await key.call('GET', `/t/${transformation}/a/clip.mp4`)
      await expectError(served, 403, 'forbidden')
      const signed = { method: 'GET', path: `${transformation}/a/clip.mp4` }
      await expectError(await key.call('POST', '/signed-urls', signed), 403, 'forbidden')
    }
    expect(await countRows('jobs')).toBe(0)
    const own = { filePath: 'a/clip.mp4', transformations: ['wm_a:logo.png'] }
    const { jobs } = await expectJson<{ jobs: { id: string }[] }>(
      await key.call('POST', '/queue/jobs', own),
      202,
    )
    await key.call('DELETE', `/queue/jobs/${jobs[0]!.id}`)
  })

  it('serves its reference files in order, and checks the fence and the ETag', async () => {
    const transformations = ['st_a:en.srt,wm_a:logo.png,cat_b:more.mp4+a:logo.png']
    const [job] = await createJobs('a/clip.mp4', transformations)
    const assignment = (await claimJob())!
    const files = await Promise.all(
      ['b/more.mp4', 'a/logo.png', 'a/en.srt'].map((path) => env.ORIGINALS.head(path)),
    )
    expect(assignment).toMatchObject({
      jobId: job!.id,
      references: files.map((file) => ({ etag: file!.etag, sizeBytes: file!.size })),
    })
    const runner = fakeRunner(assignment)
    expect(await textOf(await runner.source(0))).toBe('the bytes of b/more.mp4')
    expect(await textOf(await runner.source(2))).toBe('the bytes of a/en.srt')
    expect((await runner.source(3)).status).toBe(400)
    expect(await textOf(await runner.source())).toBe('the bytes of a/clip.mp4')
    const wrongFence = await asRunner(
      'GET',
      `/runner/jobs/${job!.id}/source?fence=${assignment.fence + 1}&reference=0`,
    )
    expect(wrongFence.status).toBe(409)
    await putOriginal('b/more.mp4', 'another')
    expect((await runner.source(0)).status).toBe(412)
    await putOriginal('b/more.mp4')
    await api('DELETE', `/queue/jobs/${job!.id}`)
  })

  it('fails with the path of a reference file that was deleted', async () => {
    await putOriginal('a/soon-gone.png')
    const [job] = await createJobs('a/clip.mp4', ['wm_a:soon-gone.png'])
    await env.ORIGINALS.delete('a/soon-gone.png')
    expect(await claimJob()).toBeNull()
    expect(await jobRow(job!.id)).toMatchObject({
      status: 'error',
      error_code: 'input_invalid',
      error: 'The file a/soon-gone.png, which the transformation names, is no longer in storage.',
    })
  })
})

describe('a variant with a reference file', () => {
  const make = async (filePath: string, transformation: string) => {
    const runner = await startJob(filePath, transformation)
    await runner.completeWith()
    return runner
  }

  it('is deleted when the API replaces the reference file; other variants are kept', async () => {
    expect((await put('marks/logo.png', png())).status).toBe(201)
    const marked = await make('made/one.mp4', 'wm_marks:logo.png')
    const plain = await make('made/one.mp4', 'w_640')
    expect(await countRows('variant_references')).toBe(1)
    expect((await put('marks/logo.png', new Uint8Array([...png(), 0]))).status).toBe(201)
    expect(await countRows('variants', 'job_id = ?', marked.jobId)).toBe(0)
    expect(await countRows('variants', 'job_id = ?', plain.jobId)).toBe(1)
    expect(await countRows('variant_references')).toBe(0)
    await vi.waitFor(
      async () => expect((await env.VARIANTS.list({ prefix: marked.jobId })).objects).toEqual([]),
      WAIT,
    )
    expect((await put('made/one.mp4', mp4())).status).toBe(201)
    expect(await countRows('variants', 'job_id = ?', plain.jobId)).toBe(0)
  })

  it('is queued again after the reference file is replaced directly in the bucket', async () => {
    await putOriginal('marks/direct.png')
    const before = await make('made/two.mp4', 'wm_marks:direct.png')
    const url = '/t/wm_marks:direct.png/made/two.mp4'
    expect((await visit(url)).status).toBe(200)
    await putOriginal('marks/direct.png', 'another mark')
    const { jobId } = await expectJson<{ jobId: string }>(await visit(url), 202)
    expect(jobId).not.toBe(before.jobId)
    await api('DELETE', `/queue/jobs/${jobId}`)
  })

  it('has its job returned to pending when the reference file is replaced during the attempt', async () => {
    await putOriginal('marks/moving.png')
    const runner = await startJob('made/three.mp4', 'wm_marks:moving.png')
    const upload = await runner.upload()
    await putOriginal('marks/moving.png', 'another mark')
    expect(await expectJson(await runner.complete(upload), 200)).toEqual({ status: 'pending' })
    await api('DELETE', `/queue/jobs/${runner.jobId}`)
  })

  it('is queued again after a failure when the reference file is replaced', async () => {
    await putOriginal('marks/broken.png')
    const runner = await startJob('made/four.mp4', 'wm_marks:broken.png')
    await runner.fail('input_invalid')
    const url = '/t/wm_marks:broken.png/made/four.mp4'
    expect((await visit(url)).status).toBe(422)
    await putOriginal('marks/broken.png', 'whole')
    const { jobId } = await expectJson<{ jobId: string }>(await visit(url), 202)
    await api('DELETE', `/queue/jobs/${jobId}`)
  })
})

it('a reference path with percent signs and non-ASCII letters is percent-encoded in the variant URL', async () => {
  await putOriginal('märks/100%25 ü.png')
  const [job] = await createJobs('a/clip.mp4', [{ wm: 'märks/100%25 ü.png' }])
  expect(job!.transformation).toBe('wm_märks:100%25 ü.png')
  const runner = fakeRunner((await claimJob())!)
  await runner.completeWith()
  const { outputPath } = await expectJson<{ outputPath: string }>(
    await api('GET', `/queue/jobs/${job!.id}`),
    200,
  )
  expect(outputPath).toBe('/t/wm_m%C3%A4rks:100%2525%20%C3%BC.png/a/clip.mp4')
  expect((await visit(outputPath)).status).toBe(200)
})

describe('the content check', () => {
  const text = (content: string) => new Uint8Array(new TextEncoder().encode(content))
  it.each([
    ['s/a.vtt', 'WEBVTT\n\n00:00.000 --> 00:01.000\nHello'],
    ['s/b.vtt', '\uFEFFWEBVTT - a title\r\n'],
    ['s/a.srt', '1\r\n00:00:00,000 --> 00:00:01,000\r\nHello'],
    ['s/b.srt', '\uFEFF\n0:00:00,000 --> 0:00:01,000\nHällo'],
    // Longer than the start that is checked in other files.
    ['s/long1.srt', `1\n00:00:00,000 --> 00:00:01,000\n${'字'.repeat(2_000)}`],
    ['s/long2.srt', `1\n00:00:00,000 --> 00:00:01,000\nx${'字'.repeat(2_000)}`],
  ])('accepts the subtitles %s', async (path, content) => {
    expect((await put(path, text(content))).status).toBe(201)
  })

  it.each([
    ['s/c.vtt', text('WEBVTTX\n')],
    ['s/d.vtt', text('<html>WEBVTT')],
    ['s/c.srt', text('<script>1</script>')],
    ['s/d.srt', text('1\nno time\n')],
    ['s/e.srt', new Uint8Array([0x31, 0x0a, 0xff, 0xfe])],
    ['s/f.srt', mp4()],
    ['s/playlist.m3u8', text('#EXTM3U\n')],
    ['s/manifest.mpd', text('<MPD/>')],
    ['s/document.json', text('{}')],
    ['s/segment.m4s', mp4()],
  ])('rejects %s', async (path, bytes) => {
    await expectError(await put(path, bytes), 415, 'content_mismatch')
    expect(await env.ORIGINALS.head(path)).toBeNull()
  })

  const CUE = '00:00:00.000 --> 00:00:01.000\nHello'
  describe.each([
    ['vtt', `WEBVTT\n\n${CUE}`],
    ['srt', `1\n${CUE}`],
  ])('rejects a .%s that is not UTF-8 or contains a NUL:', (extension, content) => {
    const bytes = (binary: string) => Uint8Array.from(binary, (c) => c.charCodeAt(0))
    const littleEndian = content.replace(/./gs, '$&\0')
    const bigEndian = content.replace(/./gs, '\0$&')
    it.each([
      ['Latin-1', `${content} \xE4 and more`],
      ['Latin-1 at the end', `${content} \xE4`],
      ['a NUL', `${content}\0`],
      ['a NUL after the first line', content.replace('\n', '\0\n')],
      ['UTF-16 (LE) with a BOM', `\xFF\xFE${littleEndian}`],
      ['UTF-16 (BE) with a BOM', `\xFE\xFF${bigEndian}`],
      ['UTF-16 (LE) without a BOM', littleEndian],
      ['UTF-16 (BE) without a BOM', bigEndian],
      ['a BOM and Latin-1', `\xEF\xBB\xBF${content} \xE4.`],
    ])('%s', async (_encoding, binary) => {
      const path = `s/encoding.${extension}`
      const message = await expectError(await put(path, bytes(binary)), 415, 'content_mismatch')
      expect(message).toContain('Save them as UTF-8.')
      expect(await env.ORIGINALS.head(path)).toBeNull()
    })
  })

  describe('of the whole of long subtitles', () => {
    const MAX_BYTES = 4 * 1024 ** 2
    const START = `1\n${CUE}\n`
    const long = (sizeBytes: number, end: number[] = []) => {
      const bytes = new Uint8Array(sizeBytes).fill(0x61)
      bytes.set(new TextEncoder().encode(START))
      bytes.set(end, sizeBytes - end.length)
      return bytes
    }
    const DOORS: Record<
      string,
      (path: string, bytes: Uint8Array<ArrayBuffer>) => Promise<Response>
    > = {
      'PUT /files': put,
      'POST /upload': (path, bytes) => {
        const body = new FormData()
        body.append('files', new File([bytes], path))
        return visit('/upload', { method: 'POST', headers: API_KEY, body })
      },
      'PUT /uploads/{uploadId}/1': (path, bytes) => putPart(path, 1, bytes),
    }
    async function putPart(filePath: string, part: number, body: Uint8Array<ArrayBuffer>) {
      const { uploadId } = await expectJson<{ uploadId: string }>(
        await api('POST', '/uploads', { filePath }),
        201,
      )
      return visit(`/uploads/${uploadId}/${part}`, { method: 'PUT', headers: API_KEY, body })
    }

    describe.each(Object.keys(DOORS))('%s', (door) => {
      const path = `whole-${door.replaceAll(/\W/g, '')}.srt`
      const send = (bytes: Uint8Array<ArrayBuffer>) => DOORS[door]!(path, bytes)
      it.each([
        ['Latin-1', [0xe4, 0x0a]],
        ['a character that is cut off', [0xe5, 0xad]],
        ['a NUL', [0, 0x0a]],
      ])('rejects %s at the end', async (_fault, end) => {
        for (const size of [5_000, 300_000, MAX_BYTES]) {
          const response = await send(long(size, end))
          const message = await expectError(response, 415, 'content_mismatch')
          expect(message).toContain('Save them as UTF-8.')
        }
        expect(await env.ORIGINALS.head(path)).toBeNull()
      })

      it('accepts the maximum size, and rejects one byte more', async () => {
        const larger = await send(long(MAX_BYTES + 1))
        const message = await expectError(larger, 413, 'too_large')
        expect(message).toContain(`at most ${MAX_BYTES} bytes`)
        expect(message).toContain(`got ${MAX_BYTES + 1} bytes`)
        const whole = await send(long(MAX_BYTES, [0xe5, 0xad, 0x97]))
        expect(whole.status, await whole.text()).toBeLessThan(300)
      })
    })

    it('rejects a second part, which would not be checked with the first one', async () => {
      const answer = await putPart('parts.srt', 2, long(100))
      expect(await expectError(answer, 413, 'too_large')).toContain('as one part')
    })
  })
})
