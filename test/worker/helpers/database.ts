/** Direct access to the database, and the platform as the Worker creates it. */
import { env } from 'cloudflare:workers'
import { JOB_STATUSES } from '../../../src/contract/jobStatus.ts'
import { openDatabase } from '../../../src/db/database.ts'
import type { JobRow } from '../../../src/db/rows.ts'
import { createPlatform } from '../../../src/platform/platform.ts'

export const db = openDatabase(env.DB)

/** Creates the platform with the database `d1`. `settled` resolves when deferred work is done. */
export function openPlatform(d1: D1Database = env.DB) {
  const deferred: Promise<unknown>[] = []
  const platform = createPlatform({ ...env, DB: d1 }, (work) => void deferred.push(work))
  const settled = async () => {
    while (deferred.length > 0) {
      await deferred.shift()
    }
  }
  return { platform, settled }
}

export function jobRow(id: string) {
  return env.DB.prepare('SELECT * FROM jobs WHERE id = ?').bind(id).first<Record<string, never>>()
}

export async function countRows(table: string, where = '1', ...values: unknown[]): Promise<number> {
  const counted = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`)
  return (await counted.bind(...values).first<number>('n'))!
}

/** Reads the stored counters of a queue, and the same numbers counted from its jobs. */
export async function readCounters(queue = 'default') {
  const stored = await env.DB.prepare(
    `SELECT ${JOB_STATUSES.join(', ')} FROM queues WHERE name = ?`,
  )
    .bind(queue)
    .first<Record<JobRow['status'], number>>()
  const sums = JOB_STATUSES.map((status) => `coalesce(sum(status = '${status}'), 0) AS ${status}`)
  const counted = await env.DB.prepare(`SELECT ${sums.join(', ')} FROM jobs WHERE queue = ?`)
    .bind(queue)
    .first<Record<JobRow['status'], number>>()
  return { stored, counted }
}

/** Reads the types of a job's events, in order. */
export async function eventTypes(jobId: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT type FROM events WHERE job_id = ? ORDER BY seq')
    .bind(jobId)
    .all<{ type: string }>()
  return results.map((row) => row.type)
}

export async function addQueue(name: string, concurrency = 4): Promise<void> {
  await env.DB.prepare('INSERT INTO queues (name, concurrency) VALUES (?, ?)')
    .bind(name, concurrency)
    .run()
}
