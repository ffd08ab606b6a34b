/** Reads the database and the bucket of a stopped system from its files. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { JOB_STATUSES, type JobStatus } from '../../../src/contract/jobStatus.ts'

/** The outcome of an attempt that ends its job with this status; null if it is not final. */
export const ENDED_AS: Record<JobStatus, string | null> = {
  pending: null,
  running: null,
  completed: 'completed',
  error: 'failed',
  cancelled: 'cancelled',
}
export const FINAL_STATUSES = JOB_STATUSES.filter((status) => ENDED_AS[status] !== null)

/**
 * Expects no lease, no active job, no output that is not a variant, and no open upload. The only
 * outputs in the bucket must be the variants, with the sizes that are in their rows; that of a package is
 * the sum of its files.
 */
export function expectNothingStored(stateDir: string): void {
  const rows = open(join(stateDir, 'v3/d1/miniflare-D1DatabaseObject'), 'jobs')
  const bucket = open(join(stateDir, 'v3/r2/miniflare-R2BucketObject'), '_mf_objects')
  expect(
    rows(`SELECT id, status, lease_expires_at, run_after FROM jobs
      WHERE status NOT IN (${FINAL_STATUSES.map((status) => `'${status}'`).join()}) OR lease_expires_at IS NOT NULL OR stage IS NOT NULL
        OR run_after IS NOT NULL`),
  ).toEqual([])
  expect(rows('SELECT * FROM attempts WHERE outcome IS NULL OR ended_at IS NULL')).toEqual([])
  expect(
    rows('SELECT * FROM outputs WHERE retired OR key NOT IN (SELECT output_key FROM variants)'),
  ).toEqual([])

  const variants = rows('SELECT output_key AS key, size_bytes AS size FROM variants ORDER BY key')
  // `bucket` also reads the bucket of the originals, whose keys in these tests begin otherwise.
  const stored = bucket(
    "SELECT key, size FROM _mf_objects WHERE key LIKE 'job\\_%' ESCAPE '\\' ORDER BY key",
  )
  expect(addUpPackages(stored, variants)).toEqual(variants)
  expect(bucket('SELECT key FROM _mf_multipart_uploads WHERE state = 0')).toEqual([])
}

/** Replaces the objects of each package by one row, as that of its variant: prefix and total size. */
function addUpPackages(stored: Row[], variants: Row[]): Row[] {
  const prefixes = variants.map(({ key }) => String(key)).filter((key) => key.endsWith('/'))
  const rows = new Map<string, Row>()
  for (const { key, size } of stored) {
    const owner = prefixes.find((prefix) => String(key).startsWith(prefix)) ?? String(key)
    rows.set(owner, { key: owner, size: Number(rows.get(owner)?.['size'] ?? 0) + Number(size) })
  }
  return [...rows.values()]
}

type Row = Record<string, string | number | null>

/** Returns a function that runs a query on every database of a folder that has this table. */
function open(folder: string, table: string): (query: string) => Row[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.sqlite'))
  const read = (name: string, query: string): Row[] => {
    const database = new DatabaseSync(join(folder, name), { readOnly: true })
    try {
      return database
        .prepare(query)
        .all()
        .map((row) => ({ ...row }) as Row)
    } finally {
      database.close()
    }
  }
  const matching = files.filter(
    (name) => read(name, `SELECT 1 FROM sqlite_master WHERE name = '${table}'`).length > 0,
  )
  expect(matching, `databases with ${table}`).not.toEqual([])
  return (query) => matching.flatMap((name) => read(name, query))
}
