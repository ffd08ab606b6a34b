/**
 * Packages (variants of several files): stored for an attempt, served while they grow, and deleted
 * when they are retired.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { collectGarbage } from '../../../src/services/maintenance/garbageCollector.ts'
import { putPackageFile } from '../../../src/services/jobs/packageFiles.ts'
import { visit, api, expectJson, expectError, visitWith } from '../helpers/requests.ts'
import { putOriginal, readJob } from '../helpers/jobs.ts'
import { claimAsRunner, type FakeRunner, startJob } from '../helpers/fakeRunner.ts'
import { openPlatform, jobRow, countRows, eventTypes } from '../helpers/database.ts'
import { meter } from '../helpers/meteredDatabase.ts'
import { follow, isEvent } from '../helpers/eventStream.ts'
import { WAIT } from '../helpers/wait.ts'

const MASTER = '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8"\nv720.m3u8\n'
async function textOf(response: Response) {
  return new TextDecoder().decode(await response.arrayBuffer())
}
async function keys(jobId: string) {
  return (await env.VARIANTS.list({ prefix: jobId })).objects.map(({ key }) => key)
}
function startStream(filePath: string) {
  return startJob(filePath, 'f_hls')
}
function packagePath(filePath: string, name = '') {
  return `/t/f_hls/${filePath}${name && `/${name}`}`
}
async function digestOf(text: string) {
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(sum)))}:`
}

/** Makes a completed stream package with a playlist and a segment. */
async function makeStream(filePath: string) {
  const runner = await startStream(filePath)
  await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
  await expectJson(await runner.putFile('v720_00001.m4s', '0123456789'), 200)
  await expectJson(await runner.completePackage(2, 12_345), 200)
  return runner
}

beforeAll(async () => {
  await env.DB.prepare('UPDATE queues SET concurrency = 50').run()
})

describe('a file of a package', () => {
  it('is stored for its attempt, and replaces one of the same name', async () => {
    const runner = await startStream('put.mp4')
    for (const text of ['one', 'two']) {
      expect(await expectJson(await runner.putFile('v.m3u8', text), 200)).toEqual({
        etag: expect.any(String),
      })
    }
    const key = `${runner.jobId}/1/package/v.m3u8`
    expect(await keys(runner.jobId)).toEqual([key])
    const object = await env.VARIANTS.get(key)
    expect(await object!.text()).toBe('two')
    expect(object!.httpMetadata?.contentType).toBe('application/vnd.apple.mpegurl')
    expect(await countRows('outputs', 'job_id = ?', runner.jobId)).toBe(1)
  })

  it('that was changed in transit is rejected, and the previous one is kept', async () => {
    const runner = await startStream('damaged.mp4')
    const digest = await digestOf('whole')
    await expectJson(await runner.putFile('v.m3u8', 'whole', { 'Content-Digest': digest }), 200)
    const answer = await runner.putFile('v.m3u8', 'w h o l e', { 'Content-Digest': digest })
    await expectError(answer, 400, 'digest_mismatch')
    expect(await (await env.VARIANTS.get(`${runner.jobId}/1/package/v.m3u8`))!.text()).toBe('whole')
  })

  it.each([
    ['..%2Fescape.m4s', 400],
    ['UPPER.m4s', 400],
    ['page.html', 400],
  ])('cannot have the name %s', async (name, status) => {
    const runner = await startStream(`named-${status}-${encodeURIComponent(name)}.mp4`)
    expect((await runner.putFile(name, 'text')).status).toBe(status)
    expect(await keys(runner.jobId)).toEqual([])
  })

  it('of an attempt that has lost its lease is rejected', async () => {
    const runner = await startStream('stale.mp4')
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    await runner.release()
    const again = await claimAsRunner()
    expect(again).toMatchObject({ jobId: runner.jobId, fence: 2 })
    await expectJson(await again.putFile('master.m3u8', `${MASTER}#second`), 200)
    for (const late of [
      await runner.putFile('master.m3u8', 'late'),
      await runner.reportPlayable(),
      await runner.completePackage(),
    ]) {
      await expectError(late, 409, 'lease_lost')
    }
    expect(await jobRow(runner.jobId)).toMatchObject({ status: 'running', playable_at: null })
    await expectJson(await again.completePackage(), 200)
    expect(await textOf(await visit(packagePath('stale.mp4', 'master.m3u8')))).toBe(
      `${MASTER}#second`,
    )
    // The files of the first attempt are deleted.
    await vi.waitFor(async () => expect(await keys(`${runner.jobId}/1/`)).toEqual([]), WAIT)
  })
})

describe('a finished package', () => {
  it('without its main file fails the attempt with output_invalid', async () => {
    const runner = await startStream('headless.mp4')
    await expectJson(await runner.putFile('v720_00001.m4s', 'text'), 200)
    await runner.completePackage()
    expect(await jobRow(runner.jobId)).toMatchObject({
      error_code: 'output_invalid',
      error: 'The package has no master.m3u8.',
    })
    expect(await countRows('variants', 'job_id = ?', runner.jobId)).toBe(0)
    await api('DELETE', `/queue/jobs/${runner.jobId}`)
  })

  it('fails the attempt if the variant is one file', async () => {
    const runner = await startJob('single.mp4')
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    await runner.completePackage()
    expect(await jobRow(runner.jobId)).toMatchObject({ error: 'This variant is not a package.' })
    await api('DELETE', `/queue/jobs/${runner.jobId}`)
  })

  it('can be finished repeatedly, with one effect', async () => {
    const runner = await makeStream('twice.mp4')
    expect(await expectJson(await runner.completePackage(), 200)).toEqual({ status: 'completed' })
    expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', 'job:completed'])
  })

  it('is served file by file, with content types, ranges and ETags', async () => {
    const filePath = 'served/clip.mp4'
    const runner = await makeStream(filePath)
    const entry = await visit(packagePath(filePath), { redirect: 'manual' })
    expect(entry.status).toBe(307)
    expect(entry.headers.get('Location')).toBe(packagePath(filePath, 'master.m3u8'))
    const dash = await visit('/t/f_dash/served/clip.mp4?queue=default', { redirect: 'manual' })
    expect(dash.headers.get('Location')).toBe('/t/f_dash/served/clip.mp4/master.m3u8?queue=default')
    const master = await visit(packagePath(filePath, 'master.m3u8'))
    expect(master.headers.get('Content-Type')).toBe('application/vnd.apple.mpegurl')
    expect(master.headers.get('Cache-Control')).toBe('public, max-age=300')
    expect(await textOf(master)).toBe(MASTER)
    const segment = packagePath(filePath, 'v720_00001.m4s')
    const range = await visit(segment, { headers: { Range: 'bytes=2-4' } })
    expect(range.status).toBe(206)
    expect(range.headers.get('Content-Type')).toBe('video/iso.segment')
    expect(await textOf(range)).toBe('234')
    const head = await visit(segment, { method: 'HEAD' })
    expect(head.headers.get('Content-Length')).toBe('10')
    const tag = { 'If-None-Match': head.headers.get('ETag')! }
    expect((await visit(segment, { headers: tag })).status).toBe(304)
    const none = await visit(packagePath(filePath, 'v720_00002.m4s'))
    expect(none.headers.get('Retry-After')).toBeNull()
    await expectError(none, 404, 'file_not_found')
    expect(await readJob(runner.jobId)).toMatchObject({
      playable: true,
      output: { sizeBytes: 12_345 },
      fps: null,
    })
    const size = await visit('/video-status/f_hls/served/clip.mp4/size')
    expect(await expectJson(size, 200)).toEqual({ size: 12_345, status: 'ready' })
    expect(await countRows('jobs', 'file_path LIKE ?', 'served/%')).toBe(1)
  })

  it('is deleted completely after its variant is deleted, over several runs', async () => {
    const runner = await makeStream('large.mp4')
    const control = await makeStream('control.mp4')
    const prefix = `${runner.jobId}/1/package/`
    await Promise.all(
      Array.from({ length: 700 }, (_, n) => env.VARIANTS.put(`${prefix}s_${n}.m4s`, 'x')),
    )
    await env.DB.prepare('DELETE FROM variants WHERE job_id = ?').bind(runner.jobId).run()
    const { platform } = openPlatform()
    await collectGarbage(platform)
    expect((await keys(prefix)).length).toBe(202)
    expect(await countRows('outputs', 'job_id = ?', runner.jobId)).toBe(1)
    await collectGarbage(platform)
    expect(await keys(prefix)).toEqual([])
    expect(await keys(control.jobId)).toHaveLength(2)
  })

  it('can be read by scripts of a configured origin', async () => {
    await makeStream('embedded.mp4')
    const Origin = 'https://app.example.com'
    const send = (path: string, init: RequestInit) =>
      visitWith({ CORS_ORIGINS: Origin }, path, init)
    const path = packagePath('embedded.mp4', 'v720_00001.m4s')
    const allowed = await send(path, { method: 'OPTIONS', headers: { Origin } })
    expect(allowed.headers.get('Access-Control-Allow-Headers')).toContain('Range')
    for (const [each, status] of [
      [path, 206],
      [packagePath('embedded.mp4'), 307],
      [packagePath('embedded.mp4', 'v720_00002.m4s'), 404],
    ] as const) {
      const answer = await send(each, { headers: { Origin, Range: 'bytes=0-1' } })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(Origin)
      expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Content-Range')
      await answer.body?.cancel()
    }
  })
})

describe('an unfinished package', () => {
  it('returns 202 until it is playable, and is then served as it grows', async () => {
    const filePath = 'live.mp4'
    const runner = await startStream(filePath)
    expect((await visit(packagePath(filePath, 'master.m3u8'))).status).toBe(202)
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    expect((await visit(packagePath(filePath, 'master.m3u8'))).status).toBe(202)
    expect(await readJob(runner.jobId)).toMatchObject({ playable: false })
    for (let n = 0; n < 2; n++) {
      await expectJson(await runner.reportPlayable(), 200)
    }
    expect(await eventTypes(runner.jobId)).toEqual(['job:created', 'job:started', 'job:playable'])
    expect(await readJob(runner.jobId)).toMatchObject({ playable: true, fps: 50, speed: 2 })
    const master = await visit(packagePath(filePath, 'master.m3u8'))
    expect(master.headers.get('Cache-Control')).toBe('no-cache')
    expect(await textOf(master)).toBe(MASTER)
    const early = await visit(packagePath(filePath, 'v720_00001.m4s'))
    expect([early.status, early.headers.get('Retry-After')]).toEqual([404, '1'])
    await expectJson(await runner.putFile('v720_00001.m4s', 'segment'), 200)
    const segment = await visit(packagePath(filePath, 'v720_00001.m4s'))
    expect(segment.headers.get('Cache-Control')).toBe('public, max-age=300')
    expect(await textOf(segment)).toBe('segment')
    await runner.release()
    // No files are served between the end of an attempt and a playable next attempt.
    expect((await visit(packagePath(filePath, 'master.m3u8'))).status).toBe(202)
    const between = await visit(packagePath(filePath, 'v720.m3u8'))
    expect(between.headers.get('Retry-After')).toMatch(/^\d+$/)
    await expectError(between, 503, 'not_ready')
    const again = await claimAsRunner()
    await expectJson(await again.putFile('master.m3u8', MASTER), 200)
    await again.reportPlayable()
    expect((await eventTypes(runner.jobId)).filter((type) => type === 'job:playable')).toHaveLength(
      2,
    )
    await again.completePackage()
  })

  it.each<[string, (jobId: string, filePath: string, runner: FakeRunner) => Promise<Response>]>([
    ['is released', (_id, _path, runner) => runner.release()],
    ['fails', (_id, _path, runner) => runner.fail('input_invalid')],
    ['fails and is retried', (_id, _path, runner) => runner.fail('stalled')],
    ['is cancelled', (id) => api('POST', `/queue/jobs/${id}/cancel`, { force: true })],
    ['is cancelled with its file', (_id, path) => api('DELETE', `/files/${path}`)],
  ])('is not playable once its attempt %s', async (name, end) => {
    const filePath = `ended ${name}.mp4`
    const runner = await startStream(filePath)
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    await expectJson(await runner.reportPlayable(), 200)
    expect(await readJob(runner.jobId)).toMatchObject({ playable: true })
    expect((await end(runner.jobId, filePath, runner)).status).toBe(200)
    expect(await readJob(runner.jobId)).toMatchObject({ playable: false })
    expect(await jobRow(runner.jobId)).toMatchObject({ playable_at: null, package_key: null })
    await api('DELETE', `/queue/jobs/${runner.jobId}`)
  })

  it('sends an event when it becomes playable, and its speed with its progress', async () => {
    const runner = await startStream('playable.mp4')
    const { jobId } = runner
    const client = await follow(`?jobId=${jobId}`)
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    await expectJson(await runner.reportPlayable(), 200)
    const { data, id } = await client.first(isEvent(jobId, 'job:playable'))
    expect(data).toEqual({ jobId, filePath: 'playable.mp4', status: 'running' })
    expect(id).toBeGreaterThan(0)
    const progress = await client.first(isEvent(jobId, 'job:progress'))
    expect(progress.data).toEqual({
      jobId,
      progress: 20,
      stage: 'encode',
      etaSeconds: 5,
      fps: 50,
      speed: 2,
    })
    await client.close()
    await expectJson(await runner.fail('input_invalid'), 200)
    expect(await readJob(jobId)).toMatchObject({ playable: false, fps: null, speed: null })
  })

  it('is not playable before it has a file', async () => {
    const runner = await startStream('early.mp4')
    await expectJson(await runner.reportPlayable(), 200)
    expect(await readJob(runner.jobId)).toMatchObject({ playable: false, speed: 2 })
    expect((await visit(packagePath('early.mp4', 'master.m3u8'))).status).toBe(202)
    await api('DELETE', `/queue/jobs/${runner.jobId}`)
  })

  it('is deleted with a file that is stored after its job was deleted', async () => {
    const runner = await startStream('late.mp4')
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    const prefix = `${runner.jobId}/1/package/`
    const { platform, settled } = openPlatform()
    await expectJson(await api('DELETE', `/queue/jobs/${runner.jobId}`), 200)
    await collectGarbage(platform)
    await settled()
    expect(await keys(prefix)).toEqual([])
    await env.VARIANTS.put(`${prefix}v720_00009.m4s`, 'stored late')
    // Simulates that an hour has passed since the prefix was listed.
    await env.DB.prepare('UPDATE outputs SET collect_after = 1 WHERE collect_after > 0').run()
    await collectGarbage(platform)
    expect(await keys(prefix)).toEqual([])
    expect(await countRows('outputs', 'job_id = ?', runner.jobId)).toBe(0)
  })
})

describe('a signature for a package', () => {
  it('is valid for its files, and is added to the URLs in its playlists', async () => {
    const filePath = 'signed/clip.mp4'
    await makeStream(filePath)
    const request = { method: 'GET', path: `f_hls/${filePath}` }
    const { url } = await expectJson<{ url: string }>(
      await api('POST', '/signed-urls', request),
      201,
    )
    const { pathname, search } = new URL(url)
    expect(pathname).toBe(packagePath(filePath))
    const entry = await visit(pathname + search, { redirect: 'manual' })
    const location = entry.headers.get('Location')!
    expect(location).toBe(`${packagePath(filePath, 'master.m3u8')}${search}`)
    const master = await visit(location)
    expect(master.headers.get('Cache-Control')).toMatch(/^private/)
    const text = await textOf(master)
    expect(text).toBe(
      `#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8${search}"\nv720.m3u8${search}\n`,
    )
    const head = await visit(location, { method: 'HEAD' })
    expect(head.headers.get('Content-Length')).toBe(String(text.length))
    const segment = await visit(`${packagePath(filePath, 'v720_00001.m4s')}${search}`)
    expect(await textOf(segment)).toBe('0123456789')
    // The signature is not valid for another variant of the file, or for another file.
    for (const other of [
      `/t/f_hls,sd_2/${filePath}/master.m3u8`,
      packagePath('other.mp4', 'master.m3u8'),
    ]) {
      expect((await visit(other + search)).status).toBe(403)
    }
  })

  it('can be requested for one of its files', async () => {
    await putOriginal('signed/other.mp4')
    const request = { method: 'GET', path: 'f_hls/signed/other.mp4/master.m3u8' }
    const { url } = await expectJson<{ url: string }>(
      await api('POST', '/signed-urls', request),
      201,
    )
    const { pathname, search } = new URL(url)
    expect(pathname).toBe(packagePath('signed/other.mp4', 'master.m3u8'))
    const answer = await visit(pathname + search)
    const { jobId } = await expectJson<{ jobId: string }>(answer, 202)
    await api('DELETE', `/queue/jobs/${jobId}`)
  })
})

describe('the row cost of a package', () => {
  const { d1, cost } = meter(env.DB)
  const { platform } = openPlatform(d1)

  it('is at most 5 writes for the first file, and 4 reads and no write for the next', async () => {
    const runner = await startStream('costs.mp4')
    const put = (name: string) =>
      putPackageFile(platform, runner, {
        name,
        body: new Response('text').body!,
        sizeBytes: 4,
        digest: undefined,
      })
    const first = await cost(() => put('v_1.m4s'))
    expect(first.result.ok).toBe(true)
    expect(first.rowsWritten).toBeLessThanOrEqual(5)
    const next = await cost(() => put('v_2.m4s'))
    expect(next.result.ok).toBe(true)
    expect(next.rowsRead).toBeLessThanOrEqual(4)
    expect(next.rowsWritten).toBe(0)
    await expectJson(await runner.putFile('master.m3u8', MASTER), 200)
    await runner.completePackage()
  })

  it('is at most 2 reads and no write for a served segment', async () => {
    const serve = () => visitWith({ DB: d1 }, packagePath('costs.mp4', 'v_2.m4s'))
    const spent = await cost(serve)
    expect(spent.result.status).toBe(200)
    expect(await spent.result.text()).toBe('text')
    expect(spent.rowsRead).toBeLessThanOrEqual(2)
    expect(spent.rowsWritten).toBe(0)
  })
})
