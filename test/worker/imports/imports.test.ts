/** Jobs whose file is imported from another server: the course of an import. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { findImports } from '../../../src/db/imports.ts'
import { listWaitingJobs } from '../../../src/db/importSteps.ts'
import { cancelJob, deleteJob, retryJob } from '../../../src/services/jobs/jobActions.ts'
import { UNRESTRICTED } from '../../../src/domain/caller.ts'
import { recordDeletedFile } from '../../../src/services/files/files.ts'
import { ImportLease } from '../../../src/services/imports/ImportLease.ts'
import { runImportStep } from '../../../src/services/imports/runImportStep.ts'
import { wakeDueImports } from '../../../src/services/imports/wakeDueImports.ts'
import { countRows, db, eventTypes } from '../helpers/database.ts'
import { claimJob, fakeRunner } from '../helpers/fakeRunner.ts'
import { listRequests, openImports, remoteUrl, storedVersion } from '../helpers/imports.ts'
import { createOne, readJob } from '../helpers/jobs.ts'

const PART = 5 * 1024 * 1024
const SIZE = PART + 100_000
/** The server ends its first answer in the second part. */
const CUT = `size=${SIZE}&cut=1:${PART + 50_000}`

beforeEach(async () => {
  for (const table of ['jobs', 'imports', 'uploads']) {
    await env.DB.prepare(`DELETE FROM ${table}`).run()
  }
})
afterEach(() => vi.useRealTimers())

async function readImport(filePath: string) {
  return (await findImports(db, [filePath]))[0]
}

/** Claims all jobs that can be claimed. Returns their paths. */
async function claimAll(): Promise<string[]> {
  const paths: string[] = []
  for (let job = await claimJob(); job !== null; job = await claimJob()) {
    paths.push(job.filePath)
    await fakeRunner(job).completeWith()
  }
  return paths
}

it('a job waits for its file, and starts when the file is stored', async () => {
  const { create, run } = openImports()
  const url = remoteUrl(`size=${SIZE}`)
  const [created] = await create('imports/new.mp4', url)
  const { id } = created!.row
  expect(await readJob(id)).toMatchObject({
    status: 'pending',
    stage: 'import',
    progress: 0,
    retryAt: null,
  })
  expect(await claimAll()).toEqual([])

  await run()
  expect(await storedVersion('imports/new.mp4')).toBe(1)
  expect(await readJob(id)).toMatchObject({ status: 'pending', stage: null, error: null })
  const job = (await claimJob())!
  expect(job).toMatchObject({ jobId: id, source: { sizeBytes: SIZE } })
  await fakeRunner(job).completeWith()
  expect(await readJob(id)).toMatchObject({ status: 'completed' })
  expect(await eventTypes(id)).toEqual(['job:created', 'job:started', 'job:completed'])
  // One request, and nothing that can be secret is kept.
  expect(await listRequests(url)).toHaveLength(1)
  expect(await readImport('imports/new.mp4')).toMatchObject({ source: null, etag: '"v1"' })
  expect(await countRows('uploads', "file_path = 'imports/new.mp4' AND completed_at IS NULL")).toBe(
    0,
  )
})

it('a transfer that is cut goes on with the first part that is missing', async () => {
  const { create, step, runAll } = openImports()
  vi.useFakeTimers({ toFake: ['Date'] })
  const url = remoteUrl(CUT)
  const [created] = await create('imports/cut.mp4', url)
  await step()
  expect(await readJob(created!.row.id)).toMatchObject({ stage: 'import', progress: 98 })
  expect(await storedVersion('imports/cut.mp4')).toBeNull()

  await runAll()
  expect(await storedVersion('imports/cut.mp4')).toBe(1)
  expect(await listRequests(url)).toMatchObject([
    { range: expect.stringMatching(/^bytes=0-/) },
    { range: `bytes=${PART}-${SIZE - 1}`, 'if-range': '"v1"' },
  ])
})

it.each([
  ['does not know ranges', 'noRanges'],
  ['has a weak ETag, which does not identify the bytes', 'etag=weak'],
  ['has no ETag', 'etag=none'],
])(
  'a file of a server that %s is fetched in one go, and from its start after a cut',
  async (_, query) => {
    const { create, runAll } = openImports()
    vi.useFakeTimers({ toFake: ['Date'] })
    const filePath = `imports/one-go-${query}.mp4`
    const url = remoteUrl(`${CUT}&${query}`)
    await create(filePath, url)
    await runAll()
    expect(await storedVersion(filePath)).toBe(1)
    const requests = await listRequests(url)
    expect(requests).toHaveLength(2)
    expect(requests.map((headers) => headers['if-range'])).toEqual([undefined, undefined])
  },
)

it('a file whose server does not say its size is stored, also with whole parts only', async () => {
  const { create, run } = openImports()
  const memoryPart = 8 * 1024 * 1024
  for (const size of [70_000, memoryPart, memoryPart + 1]) {
    const filePath = `imports/unknown-${size}.mp4`
    await create(filePath, remoteUrl(`size=${size}&noRanges&noLength`))
    await run()
    expect(await storedVersion(filePath)).toBe(1)
    expect((await env.ORIGINALS.head(filePath))!.size).toBe(size)
  }
})

it.each([
  ['knows If-Range', ''],
  ['ignores If-Range', '&noIfRange'],
])(
  'a file that changes while it is fetched from a server that %s is fetched again, and never mixed',
  async (_, query) => {
    const { create, runAll } = openImports()
    vi.useFakeTimers({ toFake: ['Date'] })
    const filePath = `imports/changed${query}.mp4`
    await create(filePath, remoteUrl(`${CUT}&change=2${query}`))
    await runAll()
    expect(await storedVersion(filePath)).toBe(2)
  },
)

it('a file that changes twice fails, and nothing of it is kept', async () => {
  const { create, runAll } = openImports()
  vi.useFakeTimers({ toFake: ['Date'] })
  const url = remoteUrl(`size=${SIZE}&cut=all:${PART + 50_000}&change=2,3,4,5`)
  const [created] = await create('imports/changing.mp4', url)
  await runAll()
  expect(await readJob(created!.row.id)).toMatchObject({
    status: 'error',
    errorCode: 'import_changed',
    error: expect.stringContaining('changed twice'),
  })
  expect(await storedVersion('imports/changing.mp4')).toBeNull()
  expect(await countRows('uploads', "file_path = 'imports/changing.mp4'")).toBe(0)
})

it('another message, and the cron trigger, continue what a lost message and a dead Worker left', async () => {
  const lost = openImports()
  vi.useFakeTimers({ toFake: ['Date'] })
  const url = remoteUrl(CUT)
  await lost.create('imports/lost.mp4', url)
  // The Worker dies when it has recorded a part: nothing after that is recorded.
  await lost.step()
  lost.loseMessages()
  await env.DB.prepare('UPDATE imports SET due_at = ?, failures = 0 WHERE file_path = ?')
    .bind(Date.now() + 90_000, 'imports/lost.mp4')
    .run()

  const { platform, run } = openImports()
  await wakeDueImports(platform)
  await run()
  expect(await listRequests(url)).toHaveLength(1)
  vi.setSystemTime(Date.now() + 90_000)
  await wakeDueImports(platform)
  await run()
  expect(await storedVersion('imports/lost.mp4')).toBe(1)
  expect(await listRequests(url)).toHaveLength(2)
})

it('an import ends after 12 hours, also if its Worker died in every step', async () => {
  const { create, platform, run } = openImports()
  const url = remoteUrl()
  const [created] = await create('imports/long.mp4', url)
  await env.DB.prepare('UPDATE imports SET started_at = started_at - ? WHERE file_path = ?')
    .bind(12 * 3_600_000, 'imports/long.mp4')
    .run()
  await wakeDueImports(platform)
  await run()
  expect(await readJob(created!.row.id)).toMatchObject({
    status: 'error',
    errorCode: 'import_unavailable',
    error: expect.stringContaining('within 12 hours'),
  })
  expect(await listRequests(url)).toEqual([])
})

it('two messages at once take one step', async () => {
  const { create, platform, run } = openImports()
  const url = remoteUrl()
  await create('imports/twice.mp4', url)
  const { remoteFiles } = platform
  platform.remoteFiles = {
    ...remoteFiles,
    async open(request) {
      // The second message arrives while the first step waits for an answer.
      await runImportStep(platform, 'imports/twice.mp4')
      return remoteFiles.open(request)
    },
  }
  await run()
  expect(await storedVersion('imports/twice.mp4')).toBe(1)
  expect(await listRequests(url)).toHaveLength(1)
})

it('a request with the same URL joins an import; one with another URL is refused', async () => {
  const { create, run } = openImports()
  const url = remoteUrl()
  const [first] = await create('imports/joined.mp4', url)
  const joined = await create('imports/joined.mp4', url, { transformations: ['w_64', 'w_128'] })
  expect(joined.map(({ deduplicated }) => deduplicated)).toEqual([true, false])
  expect(joined[0]!.row.id).toBe(first!.row.id)
  await expect(
    create('imports/joined.mp4', remoteUrl(), { transformations: ['w_256'] }),
  ).rejects.toThrow('Another file is being imported to imports/joined.mp4.')
  await run()
  expect(await claimAll()).toEqual(['imports/joined.mp4', 'imports/joined.mp4'])
  expect(await listRequests(url)).toHaveLength(1)
})

it('a request for variants that are being made of another file is refused, as nothing is fetched', async () => {
  const { create, run } = openImports()
  await createOne('imports/active.mp4', 'w_64')
  const url = remoteUrl()
  await expect(create('imports/active.mp4', url)).rejects.toThrow(
    'these variants are being made of another file at imports/active.mp4',
  )
  expect(await readImport('imports/active.mp4')).toBeUndefined()
  // With another variant the file is fetched. Until its jobs have ended, it can be requested again.
  await create('imports/active.mp4', url, { transformations: ['w_64', 'w_128'] })
  await run()
  const again = await create('imports/active.mp4', url, { transformations: ['w_128'] })
  expect(again.map(({ deduplicated }) => deduplicated)).toEqual([true])
  await run()
  expect(await listRequests(url)).toHaveLength(1)
  await claimAll()
})

it('a file that is stored with the same ETag is not fetched again', async () => {
  const { create, run } = openImports()
  const url = remoteUrl()
  await create('imports/again.mp4', url)
  await run()
  const before = await env.ORIGINALS.head('imports/again.mp4')
  const [second] = await create('imports/again.mp4', url, { transformations: ['w_128'] })
  await run()
  expect(await listRequests(url)).toMatchObject([{}, { 'if-none-match': '"v1"' }])
  expect((await env.ORIGINALS.head('imports/again.mp4'))!.version).toBe(before!.version)
  expect(await readJob(second!.row.id)).toMatchObject({ status: 'pending', stage: null })
  await claimAll()

  // Another file is stored there now, so the ETag says nothing.
  await env.ORIGINALS.put('imports/again.mp4', 'another file')
  await create('imports/again.mp4', url, { transformations: ['w_256'] })
  await run()
  expect(await storedVersion('imports/again.mp4')).toBe(1)
  await claimAll()
})

it('the import stops when its last job is cancelled or deleted', async () => {
  const { create, step, run, platform } = openImports()
  const url = remoteUrl(CUT)
  const jobs = await create('imports/stopped.mp4', url, {
    transformations: ['w_64', 'w_128'],
    headers: { Authorization: 'Bearer secret' },
  })
  await step()
  const [cancelled, deleted] = jobs.map(({ row }) => row.id)
  expect(await cancelJob(platform, UNRESTRICTED, cancelled!, false)).toEqual({ ok: true })
  expect(await readImport('imports/stopped.mp4')).toMatchObject({ endedAt: null })
  expect(await deleteJob(platform, UNRESTRICTED, deleted!)).toEqual({ ok: true })
  expect(await readImport('imports/stopped.mp4')).toMatchObject({
    endedAt: expect.any(Number),
    source: null,
  })
  await wakeDueImports(platform)
  await run()
  expect(await countRows('uploads', "file_path = 'imports/stopped.mp4'")).toBe(0)
  expect(await readImport('imports/stopped.mp4')).toMatchObject({ uploadId: null })
  expect(await listRequests(url)).toHaveLength(1)
})

it('a step that runs while its last job is cancelled stores nothing more', async () => {
  const imports = openImports()
  const { create, platform, run } = imports
  const url = remoteUrl(`size=${SIZE}`)
  const [created] = await create('imports/stopping.mp4', url)
  const { remoteFiles } = platform
  platform.remoteFiles = {
    ...remoteFiles,
    maxBytes: remoteFiles.maxBytes,
    async open(request) {
      const answer = await remoteFiles.open(request)
      await cancelJob(platform, UNRESTRICTED, created!.row.id, false)
      return answer
    },
  }
  await run()
  expect(await storedVersion('imports/stopping.mp4')).toBeNull()
  expect(await countRows('uploads', "file_path = 'imports/stopping.mp4'")).toBe(0)
})

it('an import that begins while a cancelled one is assembled fetches its own file', async () => {
  const { create, platform, run } = openImports()
  const { originals } = platform
  vi.useFakeTimers({ toFake: ['Date'] })
  const [first] = await create('imports/overtaken.mp4', remoteUrl('change=1'))
  let next: string | undefined
  platform.originals = {
    ...originals,
    async completeMultipartUpload(...upload) {
      const completed = await originals.completeMultipartUpload(...upload)
      if (next === undefined) {
        await cancelJob(platform, UNRESTRICTED, first!.row.id, false)
        vi.setSystemTime(Date.now() + 1_000)
        next = remoteUrl()
        await create('imports/overtaken.mp4', next)
      }
      return completed
    },
  }
  await run()
  expect(await listRequests(next!)).toHaveLength(1)
  expect(await storedVersion('imports/overtaken.mp4')).toBe(1)
})

it('the remains of an import that is cancelled while it is assembled are deleted at once', async () => {
  const { create, platform, run } = openImports()
  const { originals } = platform
  const [created] = await create('imports/assembled.mp4', remoteUrl())
  platform.originals = {
    ...originals,
    async completeMultipartUpload(...upload) {
      await cancelJob(platform, UNRESTRICTED, created!.row.id, false)
      return originals.completeMultipartUpload(...upload)
    },
  }
  await run()
  expect(await readImport('imports/assembled.mp4')).toMatchObject({ uploadId: null })
  expect(await countRows('uploads', "file_path = 'imports/assembled.mp4'")).toBe(0)
})

it('a late notification that an earlier file was deleted does not cancel the import', async () => {
  const { create, platform, run, settled } = openImports()
  const ordinary = await createOne('imports/notified.mp4')
  await env.ORIGINALS.delete('imports/notified.mp4')
  const [created] = await create('imports/notified.mp4', remoteUrl())
  expect(await recordDeletedFile(platform, 'imports/notified.mp4', false)).toBe(true)
  await settled()
  await run()
  expect(await readJob(ordinary.id)).toMatchObject({ status: 'cancelled' })
  expect(await readJob(created!.row.id)).toMatchObject({ status: 'pending', stage: null })
  expect(await storedVersion('imports/notified.mp4')).toBe(1)
})

it('a retry of a job that has no file imports it again', async () => {
  const { create, run, runAll, platform } = openImports()
  vi.useFakeTimers({ toFake: ['Date'] })
  const url = remoteUrl('status=404:1')
  const [created] = await create('imports/retried.mp4', url)
  const { id } = created!.row
  await run()
  expect(await readJob(id)).toMatchObject({ status: 'error', errorCode: 'import_unavailable' })
  expect(await retryJob(platform, UNRESTRICTED, id)).toEqual({ ok: true })
  expect(await readJob(id)).toMatchObject({ status: 'pending', stage: 'import', errorCode: null })
  await runAll()
  expect(await storedVersion('imports/retried.mp4')).toBe(1)
  expect(await claimAll()).toEqual(['imports/retried.mp4'])
})

it.each([
  ['without headers', {}],
  ['with headers, which are not kept', { headers: { Authorization: 'Bearer secret' } }],
])('a retry does not replace a file that was stored since: a request %s', async (name, fields) => {
  const { create, run, platform } = openImports()
  const filePath = `imports/stored since ${name}.mp4`
  await env.ORIGINALS.put(filePath, 'before the request')
  const url = remoteUrl('status=404:2')
  const [created] = await create(filePath, url, fields)
  await run()
  const { id } = created!.row
  if (!('headers' in fields)) {
    // An earlier file is to be replaced.
    await retryJob(platform, UNRESTRICTED, id)
    await wakeDueImports(platform)
    await run()
    expect(await listRequests(url)).toHaveLength(2)
  }
  const requests = await listRequests(url)
  const { etag, size } = (await env.ORIGINALS.put(filePath, 'stored by the user'))!
  expect(await retryJob(platform, UNRESTRICTED, id)).toEqual({ ok: true })
  await wakeDueImports(platform)
  await run()
  expect(await listRequests(url)).toEqual(requests)
  const job = (await claimJob())!
  expect(job).toMatchObject({ jobId: id, source: { etag, sizeBytes: size } })
  await fakeRunner(job).completeWith()
})

it('headers are not kept for a retry, which says so', async () => {
  const { create, run, platform } = openImports()
  const url = remoteUrl('status=404')
  const headers = { Authorization: 'Bearer secret' }
  const [created] = await create('imports/no-headers.mp4', url, { headers })
  const { id } = created!.row
  await run()
  expect(await readImport('imports/no-headers.mp4')).toMatchObject({ source: null })
  await retryJob(platform, UNRESTRICTED, id)
  await run()
  expect(await readJob(id)).toMatchObject({
    status: 'error',
    errorCode: 'import_unavailable',
    error: expect.stringContaining('Create the jobs again, with source.'),
  })
  expect(await listRequests(url)).toHaveLength(1)
})

it('progress is sent to the streams of the queue', async () => {
  const sent: unknown[] = []
  const { create, run, platform } = openImports()
  platform.hubs = {
    ...platform.hubs,
    sendProgress: async (queue, filePath, data) => void sent.push([queue, filePath, data]),
  }
  const [created] = await create('imports/progress.mp4', remoteUrl(`size=${SIZE}`))
  await run()
  expect(sent[0]).toMatchObject([
    'default',
    'imports/progress.mp4',
    { jobId: created!.row.id, stage: 'import', progress: expect.any(Number), fps: null },
  ])
  await claimAll()
})

it('progress is sent less often to many jobs, and to a bounded number of them', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { create, platform } = openImports()
  const sizes = Array.from({ length: 25 }, (_, index) => `w_${64 + 2 * index}`)
  await create('imports/many.mp4', remoteUrl(), { transformations: sizes })
  const row = (await readImport('imports/many.mp4'))!
  const waiting = await listWaitingJobs(db, 'imports/many.mp4')
  const countCalls = async (jobs: typeof waiting) => {
    let calls = 0
    const sendProgress = async () => void calls++
    const lease = new ImportLease(
      { ...platform, hubs: { ...platform.hubs, sendProgress } },
      row,
      jobs,
    )
    for (let second = 0; second < 10; second++) {
      await lease.keep(second, 10, 1)
      vi.setSystemTime(Date.now() + 1_000)
    }
    return calls
  }
  expect(await countCalls(waiting.slice(0, 1))).toBe(10)
  expect(await countCalls(waiting)).toBe(2 * 20)
})
