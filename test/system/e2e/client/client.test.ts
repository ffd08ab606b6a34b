/** The client of this repository, and one that another generator makes, against the service. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { createClient, type JobUpdate, transform } from '../../../../src/client/index.ts'
import { makeClip } from '../../fixtures/media.ts'
import { API_KEY } from '../../fixtures/system.ts'
import { systemTest } from '../../fixtures/systemTest.ts'

const test = systemTest()
const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
const PATH = 'videos/my clip.mp4'
const PART_BYTES = 5 * 1024 * 1024

test('a file is uploaded in parts, resumed, watched and read', async ({ system }) => {
  const client = createClient({ url: system.url, apiKey: API_KEY })
  const clip = makeClip({ size: '320x180', seconds: 2 })
  // Players and ffmpeg ignore what follows the last box.
  const content = new Blob([new Uint8Array(clip), new Uint8Array(2 * PART_BYTES)])
  const { uploadId } = await client.request('post', '/uploads', { body: { filePath: PATH } })
  await client.send('PUT', `/uploads/${uploadId}/1`, { body: content.slice(0, PART_BYTES) })

  const sent: number[] = []
  const stored = await client.files.upload(PATH, content, {
    uploadId,
    partSizeBytes: PART_BYTES,
    onProgress: ({ sentBytes }) => sent.push(sentBytes),
  })
  expect(stored).toMatchObject({ filePath: PATH, size: content.size })
  expect(sent[0]).toBe(PART_BYTES)
  expect(sent.at(-1)).toBe(content.size)

  const small = transform().width(160)
  const [job] = await client.jobs.create({ filePath: PATH, transformations: [small] })
  const updates: JobUpdate[] = []
  const ended = await client.waitFor(job!, { onUpdate: (update) => updates.push(update) })
  expect(ended).toMatchObject({ id: job!.id, status: 'completed', progress: 100 })
  expect(updates.length).toBeGreaterThan(1)

  const response = await client.send('GET', `/t/${small}/${encodeURI(PATH)}`)
  expect((await response.blob()).size).toBe(await client.variants.size(PATH, small))
  await expect(client.jobs.get('job_unknown')).rejects.toMatchObject({ code: 'job_not_found' })
})

test('a client of @hey-api/openapi-ts compiles, and lists the files', async ({ system }) => {
  const folder = mkdtempSync(join(system.stateDir, 'heyApi-'))
  execFileSync(process.execPath, [join(ROOT, 'scripts/openapi/heyApi.ts'), folder])
  const options =
    '--ignoreConfig --strict --skipLibCheck --target es2022 --module nodenext --lib es2024,dom,dom.iterable'
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), [...options.split(' '), 'client/index.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const { listFiles } = (await import(pathToFileURL(join(folder, 'client/index.js')).href)) as {
    listFiles: (options: object) => Promise<{ data: { files: { filePath: string }[] } }>
  }
  const { data } = await listFiles({ baseUrl: system.url, auth: API_KEY })
  expect(data.files.map(({ filePath }) => filePath)).toEqual([PATH])
})
