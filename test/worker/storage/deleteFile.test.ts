/** `DELETE /files` deletes a file and its variants, and cancels its active jobs. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'

import { mp4 } from '../helpers/mediaBytes.ts'
import { API_KEY, visit, api, expectJson, expectError } from '../helpers/requests.ts'
import { putOriginal, createJobs } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { jobRow, countRows, readCounters, eventTypes } from '../helpers/database.ts'
import { makeKey, RESTRICTABLE_SCOPES } from '../helpers/apiKeys.ts'

function remove(path: string, headers: Record<string, string> = API_KEY) {
  return visit(`/files/${path}`, { method: 'DELETE', headers })
}
function put(path: string, filling: string) {
  return visit(`/files/${path}`, { method: 'PUT', headers: API_KEY, body: mp4(filling) })
}
async function makeVariant(filePath: string) {
  expect((await put(filePath, 'first')).status).toBe(201)
  await createJobs(filePath, ['w_640'], { priority: 0 })
  await (await claimAsRunner()).completeWith(`the variant of ${filePath}`)
}
function outputOf(filePath: string) {
  return env.DB.prepare('SELECT output_key FROM variants WHERE file_path = ?')
    .bind(filePath)
    .first<string>('output_key')
}

describe('a deleted file', () => {
  it('disappears with its variants, and other files stay', async () => {
    await makeVariant('gone/a.mp4')
    await makeVariant('gone/b.mp4')
    await env.DB.exec(
      "INSERT INTO file_probes SELECT NULL, 'gone/' || value, '1', '', '{}', 1 FROM json_each('[\"a.mp4\",\"b.mp4\"]')",
    )
    const [key, control] = [await outputOf('gone/a.mp4'), await outputOf('gone/b.mp4')]
    const response = await expectJson(await remove('gone/a.mp4'), 200)
    expect(response).toEqual({ success: true, message: 'File deleted' })
    expect(await env.ORIGINALS.head('gone/a.mp4')).toBeNull()
    expect((await visit('/t/gone/a.mp4')).status).toBe(404)
    expect((await visit('/t/w_640/gone/a.mp4')).status).toBe(404)
    await vi.waitFor(async () => expect(await env.VARIANTS.head(key!)).toBeNull(), 5_000)
    const { results } = await env.DB.prepare('SELECT file_path FROM file_probes').all()
    expect(results).toEqual([{ file_path: 'gone/b.mp4' }])
    expect(await outputOf('gone/b.mp4')).toBe(control)
    expect((await visit('/t/w_640/gone/b.mp4')).status).toBe(200)
    expect((await visit('/t/gone/b.mp4')).status).toBe(200)
  })

  it('can be stored again, and its variants are made from the new file', async () => {
    await makeVariant('anew.mp4')
    await expectJson(await remove('anew.mp4'), 200)
    await put('anew.mp4', 'second')
    expect((await visit('/t/w_640/anew.mp4')).status).toBe(202)
    await (await claimAsRunner()).completeWith('of the second')
    const served = await (await visit('/t/w_640/anew.mp4')).bytes()
    expect(new TextDecoder().decode(served)).toBe('of the second')
  })

  it('has its pending and running jobs cancelled, and ended ones are kept', async () => {
    const filePath = 'jobs/a.mp4'
    await makeVariant(filePath)
    const [ended] = await createJobs(filePath, ['w_640'], { priority: 0 })
    const secondRunner = await claimAsRunner()
    expect(secondRunner.jobId).toBe(ended!.id)
    await secondRunner.completeWith('once more')
    const [runningJob] = await createJobs(filePath, ['w_320'], { priority: 0 })
    const running = await claimAsRunner()
    expect(running.jobId).toBe(runningJob!.id)
    const [pendingJob] = await createJobs(filePath, ['w_200'])
    await putOriginal('jobs/b.mp4')
    const [control] = await createJobs('jobs/b.mp4', ['w_200'])

    await expectJson(await remove(filePath), 200)
    expect((await jobRow(ended!.id))!.status).toBe('completed')
    expect((await jobRow(control!.id))!.status).toBe('pending')
    for (const { id } of [runningJob!, pendingJob!]) {
      expect(await jobRow(id)).toMatchObject({ status: 'cancelled', lease_expires_at: null })
      expect((await eventTypes(id)).at(-1)).toBe('job:cancelled')
    }
    // The next report of the runner is rejected, and its output is not served.
    expect((await running.report(50)).status).toBe(409)
    await expect(running.completeWith('too late')).rejects.toThrow('lease_lost')
    expect(await outputOf(filePath)).toBeNull()
    const { stored, counted } = await readCounters()
    expect(stored).toEqual(counted)
    await expectJson(await api('DELETE', `/queue/jobs/${control!.id}`), 200)
  })
})

describe('deleting a file that does not exist', () => {
  it('returns 404 and changes nothing', async () => {
    await putOriginal('twice/a.mp4')
    await putOriginal('twice/a.mp4.mp4')
    expect((await remove('twice/a.mp4')).status).toBe(200)
    expect(await expectError(await remove('twice/a.mp4'), 404, 'file_not_found')).toContain(
      'There is no file twice/a.mp4 in storage.',
    )
    await expectError(await remove('twice'), 404, 'file_not_found')
    expect(await env.ORIGINALS.head('twice/a.mp4.mp4')).not.toBeNull()
    expect(await countRows('files', "file_path = 'twice'")).toBe(0)
  })

  it('completes an earlier delete that was interrupted', async () => {
    await makeVariant('broken/off.mp4')
    const [job] = await createJobs('broken/off.mp4', ['w_100'])
    // Simulates a delete whose Worker died right after it had deleted the original.
    await env.ORIGINALS.delete('broken/off.mp4')
    expect((await visit('/t/w_640/broken/off.mp4')).status).toBe(200)
    expect((await remove('broken/off.mp4')).status).toBe(404)
    expect((await visit('/t/w_640/broken/off.mp4')).status).toBe(404)
    expect((await jobRow(job!.id))!.status).toBe('cancelled')
  })
})

describe('a key restricted to a folder', () => {
  it('deletes files inside, and is rejected outside without deleting', async () => {
    const key = await makeKey({ scopes: RESTRICTABLE_SCOPES, pathPrefix: 'mine/' })
    for (const path of ['mine/a.mp4', 'theirs/a.mp4', 'mine.mp4']) {
      await putOriginal(path)
    }
    await putOriginal('theirs/made.mp4')
    const [job] = await createJobs('theirs/a.mp4', ['w_640'])
    for (const path of [
      'theirs/a.mp4',
      'mine.mp4',
      'mine%2f..%2ftheirs/a.mp4',
      'theirs/none.mp4',
    ]) {
      const rejected = await remove(path, key.headers)
      expect([400, 404], path).toContain(rejected.status)
    }
    const readMessage = async (path: string) =>
      (await expectError(await remove(path, key.headers), 404, 'file_not_found')).replace(path, '')
    // The error message is the same for an existing and a missing file.
    expect(await readMessage('theirs/a.mp4')).toBe(await readMessage('theirs/none.mp4'))
    expect(await env.ORIGINALS.head('theirs/a.mp4')).not.toBeNull()
    expect(await env.ORIGINALS.head('mine.mp4')).not.toBeNull()
    expect((await jobRow(job!.id))!.status).toBe('pending')
    expect((await remove('mine/a.mp4', key.headers)).status).toBe(200)
    expect(await env.ORIGINALS.head('mine/a.mp4')).toBeNull()
  })
})

it('a URL signed to store or to read cannot delete', async () => {
  await putOriginal('signed/a.mp4')
  for (const [method, place] of [
    ['PUT', '/files/'],
    ['GET', '/t/'],
  ] as const) {
    const response = await api('POST', '/signed-urls', { method, path: 'signed/a.mp4' })
    const { url } = await expectJson<{ url: string }>(response, 201)
    const path = url.replace('http://reelqueue', '').replace(place, '/files/')
    await expectError(await visit(path, { method: 'DELETE' }), 401, 'unauthorized')
  }
  expect(await env.ORIGINALS.head('signed/a.mp4')).not.toBeNull()
})
