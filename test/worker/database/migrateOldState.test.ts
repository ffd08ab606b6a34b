/**
 * Migrates a database of migration 0001 to the current version: its rows are kept, and the API
 * works with them.
 */
import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../src/contract/job.ts'
import oldDatabase from '../../fixtures/databaseAtMigration0001.sql?raw'
import { visit, api, expectJson } from '../helpers/requests.ts'
import { claimJob } from '../helpers/fakeRunner.ts'
import { jobRow, countRows, readCounters, eventTypes } from '../helpers/database.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

const KEY = { Authorization: 'Bearer rq_fixture-fixture-fixture-fixture-fixture-key' }
const KEY_ID = 'key_909eeba408174ff2a8d3e8d33115d36c'
const UPLOAD_ID = 'upl_3db9384e392a41f984910c23d5357f45'
const PENDING_JOB = 'job_41f612b747f44196ae9fbf1dc82c2de1'
const WATERMARKED_JOB = 'job_e172800a83884599810eb7bfe000c804'
const WATERMARK = {
  path: 'images/logo.png',
  etag: 'c5932daa4d133d1744dcd37a4ed62d0c',
  sizeBytes: 96,
}
const TINY_OUTPUT = 'job_9fca56fbf69a4b78967296bf6c082be9/1/88f6375c-5672-4098-85df-712bdc24811c'

const TABLES = `SELECT name FROM sqlite_master
  WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
  ORDER BY name`

beforeAll(async () => {
  const { results } = await env.DB.prepare(TABLES).all<{ name: string }>()
  await env.DB.prepare('DROP VIEW attempts').run()
  await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DROP TABLE ${name}`)))
  const statements = oldDatabase.split('--> statement-breakpoint')
  await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  await env.ORIGINALS.put('videos/tiny.mp4', mp4())
  await env.ORIGINALS.put('videos/clip.mp4', mp4('another file'))
  await env.VARIANTS.put(TINY_OUTPUT, 'an old variant')
})

async function storedBytes() {
  const key = env.DB.prepare('SELECT stored_bytes AS n FROM api_keys WHERE id = ?').bind(KEY_ID)
  return key.first<number>('n')
}

describe('a migrated database', () => {
  it('has the expected number of rows in each table, and the values of a job', async () => {
    const tables: [string, number][] = [
      ['jobs', 8],
      ['ended_attempts', 6],
      ['attempts', 6],
      ['events', 21],
      ['files', 4],
      ['storage_reservations', 1],
      ['uploads', 1],
      ['outputs', 4],
      ['variants', 4],
      ['variant_references', 1],
      ['variant_queues', 4],
      ['named_presets', 1],
      ['queue_hourly_stats', 1],
      ['idempotency_keys', 1],
    ]
    for (const [table, rows] of tables) {
      expect([table, await countRows(table)]).toEqual([table, rows])
    }
    expect(await jobRow(WATERMARKED_JOB)).toMatchObject({
      transformation: 'w_320,wm_images:logo.png',
      required_encoders: '["aac","libx264"]',
      reference_files: JSON.stringify([WATERMARK]),
      runner_id: 'local-1-651a5b4c',
      runner_secret_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      api_key_id: KEY_ID,
    })
  })

  it('has the data of its events', async () => {
    const { results } = await env.DB.prepare(
      'SELECT type, job_id, file_path, data FROM events ORDER BY seq',
    ).all<{ type: string; job_id: string; file_path: string; data: string }>()
    for (const { type, job_id, file_path, data } of results) {
      expect([type, JSON.parse(data)]).toEqual([
        type,
        expect.objectContaining({ jobId: job_id, filePath: file_path, status: expect.anything() }),
      ])
    }
  })

  it('has counters that agree with its rows', async () => {
    for (const queue of ['default', 'later']) {
      const { stored, counted } = await readCounters(queue)
      expect(stored).toEqual(counted)
    }
    const owned = await env.DB.prepare(
      `SELECT (SELECT sum(size_bytes) FROM files WHERE api_key_id = ?1) +
        (SELECT sum(size_bytes) FROM storage_reservations WHERE api_key_id = ?1) AS n`,
    )
      .bind(KEY_ID)
      .first<number>('n')
    expect(await storedBytes()).toBe(owned)
  })

  it('has no trigger or index that mentions one of these old names', async () => {
    const { results } = await env.DB.prepare(
      "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL",
    ).all<{ sql: string }>()
    for (const { sql } of results) {
      expect(sql).not.toMatch(
        /\b(needs|made_with|runner_hash|(?<!api_)key_id|incoming|queue_hours|settled_at)\b/,
      )
    }
  })
})

describe('the API of a migrated database', () => {
  it('lists the jobs', async () => {
    const { jobs } = await expectJson<{ jobs: Job[] }>(await api('GET', '/queue/jobs'), 200)
    expect(jobs.map(({ transformation, status }) => [transformation, status])).toEqual([
      ['w_32', 'completed'],
      ['w_64,f_webm', 'cancelled'],
      ['w_64,vc_h265', 'pending'],
      ['w_160', 'error'],
      ['f_hls', 'completed'],
      ['w_4,f_webp,t_true', 'error'],
      ['w_320,wm_images:logo.png', 'completed'],
      ['w_160', 'completed'],
    ])
    expect(jobs[6]).toMatchObject({
      id: WATERMARKED_JOB,
      outputPath: '/t/w_320,wm_images:logo.png/videos/clip.mp4',
    })
    const attempts = await api('GET', `/queue/jobs/${WATERMARKED_JOB}/attempts`)
    expect(await expectJson(attempts, 200)).toMatchObject({
      attempts: [{ attempt: 1, runner: 'local-1-651a5b4c', outcome: 'completed' }],
    })
  })

  it('serves an old variant', async () => {
    const response = await visit('/t/w_32/videos/tiny.mp4')
    expect([response.status, await response.text()]).toEqual([200, 'an old variant'])
  })

  it('accepts an old API key and an old idempotency key', async () => {
    const request = {
      filePath: 'videos/clip.mp4',
      transformations: ['w_160', 'w_320,wm_images:logo.png'],
    }
    const response = await api('POST', '/queue/jobs', request, {
      ...KEY,
      'Idempotency-Key': 'first',
    })
    const { jobs } = await expectJson<{ jobs: { id: string }[] }>(response, 202)
    expect(jobs[1]).toMatchObject({ id: WATERMARKED_JOB, deduplicated: true })
  })

  it('lets a runner claim a job that was pending', async () => {
    await expectJson(await api('PATCH', '/queues/later', { paused: false }), 200)
    expect(await claimJob('later')).toMatchObject({ jobId: PENDING_JOB, fence: 1 })
    expect(await eventTypes(PENDING_JOB)).toEqual(['job:created', 'job:started'])
    expect(
      await countRows('attempts', "job_id = ? AND runner_id = 'test-runner'", PENDING_JOB),
    ).toBe(1)
  })

  it('applies an old named preset to a new job', async () => {
    const request = { filePath: 'videos/tiny.mp4', transformations: ['n_card'] }
    const response = await api('POST', '/queue/jobs', request)
    expect(await expectJson(response, 202)).toMatchObject({
      jobs: [{ transformation: 'w_160,q_50', status: 'pending' }],
    })
  })

  it('frees the storage of an old upload when it is aborted', async () => {
    const before = (await storedBytes())!
    await expectJson(await api('DELETE', `/uploads/${UPLOAD_ID}`, undefined, KEY), 200)
    expect([await storedBytes(), await countRows('storage_reservations')]).toEqual([
      before - 77_324,
      0,
    ])
  })

  it('deletes the variant of a deleted reference file', async () => {
    await env.ORIGINALS.put(WATERMARK.path, 'x')
    await expectJson(await api('DELETE', `/files/${WATERMARK.path}`, undefined, KEY), 200)
    expect(await countRows('variants', "transformation = 'w_320,wm_images:logo.png'")).toBe(0)
    expect(await countRows('variant_references')).toBe(0)
  })
})
