/**
 * The cleaner deletes old rows in batches, and keeps recent rows, active jobs and variants. For jobs
 * and variants that visitors requested, see visitorJobs.test.ts.
 */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FINAL_STATUSES } from '../../../src/domain/jobTransitions.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { api, expectJson, visitWith } from '../helpers/requests.ts'
import { claimAsRunner, startJob } from '../helpers/fakeRunner.ts'
import { db, openPlatform, jobRow, readCounters } from '../helpers/database.ts'
import { applyEvent, insertJobIn } from '../helpers/jobStore.ts'
import { jobs } from '../../../src/db/schema/index.ts'
import { createSettings } from '../../../src/platform/settings.ts'

const DAY_MS = 86_400_000
const RETENTION = { jobDays: 30, eventDays: 7, uploadDays: 1, publicVariantDays: 30 }
function run(sql: string, ...values: unknown[]) {
  return env.DB.prepare(sql)
    .bind(...values)
    .run()
}
async function count(table: string, where = '1') {
  return (await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).first<number>(
    'n',
  ))!
}
function setAge(table: string, column: string, days: number, where = '1') {
  return run(`UPDATE ${table} SET ${column} = ? WHERE ${where}`, Date.now() - days * DAY_MS)
}

async function runRound(budgetMs?: number, d1?: D1Database) {
  const { platform, settled } = openPlatform(d1)
  await runCleaner(platform, RETENTION, budgetMs)
  await settled()
}

/** The database, as if it had this size. */
function withSize(bytes: number): D1Database {
  const resized = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get: (target, name) => {
        if (name === 'bind') {
          return (...values: unknown[]) => resized(target.bind(...values))
        }
        if (name === 'run') {
          return async () => {
            const result = await target.run()
            return { ...result, meta: { ...result.meta, size_after: bytes } }
          }
        }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  return {
    prepare: (sql: string) => resized(env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  } as D1Database
}

beforeEach(async () => {
  await run('DELETE FROM jobs')
  await run('DELETE FROM events')
})

describe('jobs', () => {
  it.each(FINAL_STATUSES)(
    'with the status %s are deleted with their attempts after 30 days',
    async (status) => {
      const old = await insertJobIn(status)
      const recent = await insertJobIn(status)
      await setAge('jobs', 'completed_at', 31, `id = '${old.id}'`)
      await setAge('jobs', 'completed_at', 29, `id = '${recent.id}'`)
      await runRound()
      expect(await jobRow(old.id)).toBeNull()
      expect(await jobRow(recent.id)).toMatchObject({ status })
      expect(await count('attempts', `job_id = '${old.id}'`)).toBe(0)
      const { stored, counted } = await readCounters()
      expect(stored).toEqual(counted)
    },
  )

  it('that are pending or running are kept even after 400 days', async () => {
    const running = await insertJobIn('running')
    const pending = await insertJobIn('pending')
    await setAge('jobs', 'created_at', 400)
    await runRound()
    expect(await jobRow(running.id)).toMatchObject({ status: 'running' })
    expect(await jobRow(pending.id)).toMatchObject({ status: 'pending' })
    await applyEvent('forceCancel', running)
  })

  it('leave their variants when they are deleted', async () => {
    const runner = await startJob('kept.mp4')
    await runner.completeWith()
    await setAge('jobs', 'completed_at', 31)
    await runRound()
    expect(await jobRow(runner.jobId)).toBeNull()
    expect((await api('GET', '/t/w_640/kept.mp4')).status).toBe(200)
  })

  it('of one status are deleted in batches of 200, until the time is over or none is left', async () => {
    for (let n = 0; n < 250; n++) {
      await insertJobIn('cancelled')
    }
    await run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
      INSERT INTO idempotency_keys SELECT 'key' || i, '', '[]', 1 FROM n`,
    )
    await setAge('jobs', 'completed_at', 31)
    await runRound(0)
    expect([await count('jobs'), await count('idempotency_keys')]).toEqual([50, 2_300])
    await runRound()
    expect([await count('jobs'), await count('idempotency_keys')]).toEqual([0, 0])
    expect((await readCounters()).stored).toMatchObject({ cancelled: 0 })
  })
})

describe('the size of the database', () => {
  it.each([
    [6.9e9, undefined, 'kept'],
    [7e9, 'filling', 'kept'],
    [8.5e9, 'nearly_full', 'deleted'],
  ])(
    '%f bytes: /health says %s, and a job that ended 16 days ago is %s',
    async (bytes, level, fate) => {
      const logged = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      const job = await insertJobIn('completed')
      await setAge('jobs', 'completed_at', 16)
      const recent = await insertJobIn('completed')
      await setAge('jobs', 'completed_at', 14, `id = '${recent.id}'`)
      await runRound(undefined, withSize(bytes))
      expect(await jobRow(job.id)).toEqual(fate === 'kept' ? expect.anything() : null)
      expect(await jobRow(recent.id)).not.toBeNull()
      const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object)
      expect(lines).toEqual(
        level === undefined
          ? []
          : [{ event: 'database_filling', level, sizeBytes: bytes, maxBytes: 10e9 }],
      )
      logged.mockRestore()
      const response = await visitWith({ DB: withSize(bytes) }, '/health')
      expect(await response.json()).toEqual({ status: 'ok', ...(level && { database: level }) })
    },
  )
})

it('events past their retention are deleted, newer ones are kept', async () => {
  const { id } = await insertJobIn('completed')
  await setAge('events', 'created_at', 8, "type = 'job:created'")
  await setAge('events', 'created_at', 6, "type = 'job:completed'")
  await runRound()
  const { results } = await env.DB.prepare('SELECT type FROM events WHERE job_id = ? ORDER BY seq')
    .bind(id)
    .all()
  expect(results).toEqual([{ type: 'job:started' }, { type: 'job:completed' }])
})

it('the unfinished upload of a cancelled job is aborted, and its row is deleted', async () => {
  const runner = await startJob('half.mp4')
  const { uploadId } = await expectJson<{ uploadId: string }>(await runner.beginOutput(), 200)
  await expectJson(await runner.putPart(uploadId), 200)
  const { key } = (await env.DB.prepare('SELECT key FROM outputs WHERE job_id = ?')
    .bind(runner.jobId)
    .first<{ key: string }>())!
  // Simulates a Worker that crashed before it could abort the upload.
  await run("UPDATE jobs SET status = 'cancelled', completed_at = ?", Date.now())
  expect(await count('outputs', `key = '${key}' AND retired`)).toBe(1)
  await runRound()
  expect(await count('outputs', `key = '${key}'`)).toBe(0)
  const upload = env.VARIANTS.resumeMultipartUpload(key, uploadId)
  await expect(upload.uploadPart(1, 'more')).rejects.toThrow()
  expect(await env.VARIANTS.head(key)).toBeNull()
})

it('idempotency keys are deleted after a day', async () => {
  await run("INSERT INTO idempotency_keys VALUES ('old', '', '[]', ?)", Date.now() - 1.1 * DAY_MS)
  await run("INSERT INTO idempotency_keys VALUES ('young', '', '[]', ?)", Date.now() - 0.9 * DAY_MS)
  await runRound()
  const { results } = await env.DB.prepare('SELECT key FROM idempotency_keys').all()
  expect(results).toEqual([{ key: 'young' }])
})

it('probes of files are deleted after 7 days, and all but the newest 50,000', async () => {
  const now = Date.now()
  const insert = (seq: number, filePath: string, days: number) =>
    run(
      "INSERT INTO file_probes VALUES (?, ?, '1', 'etag', '{}', ?)",
      seq,
      filePath,
      now - days * DAY_MS,
    )
  await insert(1, 'old', 7.1)
  await insert(2, 'young', 6.9)
  const list = async () =>
    (await env.DB.prepare('SELECT file_path FROM file_probes').all()).results.flatMap(Object.values)
  await runRound()
  expect(await list()).toEqual(['young'])
  await insert(50_002, 'newest', 0)
  await runRound()
  expect(await list()).toEqual(['newest'])
})

it('retention is set in wrangler.toml, and an invalid value is rejected', () => {
  expect(createSettings(env).retention).toEqual(RETENTION)
  expect(() => createSettings({ ...env, JOB_RETENTION_DAYS: 'soon' }).retention).toThrow(
    /JOB_RETENTION_DAYS/,
  )
})

describe('an error', () => {
  it.each([
    ['deleteFinishedJobs', 'DELETE FROM jobs'],
    ['deleteEvents', 'DELETE FROM events'],
    ['deleteHourlyStats', 'DELETE FROM queue_hourly_stats'],
    ['forgetDeletedFiles', 'DELETE FROM files'],
  ])('of %s does not stop the other steps', async (_name, failing) => {
    const job = await insertJobIn('completed')
    await setAge('jobs', 'completed_at', 31, `id = '${job.id}'`)
    await setAge('events', 'created_at', 8)
    await run("INSERT INTO idempotency_keys VALUES ('x', '', '[]', 1)")
    await run("INSERT OR REPLACE INTO queue_hourly_stats VALUES ('default', 0, 1, 0, 0, 0)")
    await run("INSERT INTO files VALUES ('a.mp4', NULL, 0, 'r', 1)")
    const before = await countOld()
    await run(`CREATE TRIGGER failing BEFORE ${failing.replace('FROM', 'ON')}
      BEGIN SELECT raise(ABORT, 'the disk is full'); END`)
    await runRound()
    await run('DROP TRIGGER failing')
    const table = failing.split(' ').at(-1)!
    const kept = Object.entries(await countOld()).filter(([, n]) => n > 0)
    expect(kept).toEqual([[table, before[table]]])
    await runRound()
    expect(Object.values(await countOld())).toEqual([0, 0, 0, 0, 0])
  })
})

/** Counts the rows of each table that the cleaner must delete. */
async function countOld(): Promise<Record<string, number>> {
  const tables = ['jobs', 'events', 'idempotency_keys', 'queue_hourly_stats', 'files']
  const old: Record<string, string> = {
    jobs: `completed_at < ${Date.now() - 30 * DAY_MS}`,
    events: `created_at < ${Date.now() - 7 * DAY_MS}`,
    idempotency_keys: 'created_at = 1',
    queue_hourly_stats: 'hour = 0',
    files: 'recorded_at = 1',
  }
  return Object.fromEntries(
    await Promise.all(tables.map(async (table) => [table, await count(table, old[table])])),
  )
}

it('a pending job is kept, and jobs can be created and claimed after a cleanup', async () => {
  await insertJobIn('pending')
  await runRound()
  expect(await db.select().from(jobs).get()).toMatchObject({ status: 'pending' })
  await run('DELETE FROM jobs')
  await startJob('after.mp4')
  await expect(claimAsRunner()).rejects.toThrow('nothing to claim')
})
