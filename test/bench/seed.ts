/** Fills the jobs table of a stopped service. Through the API, a million jobs would take an hour. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Variants of each file, one job each. */
export const SEEDED_VARIANTS = ['w_320', 'w_640', 'w_960', 'w_1280']

const FACTS = {
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  durationSeconds: 60.04,
  sizeBytes: 9_123_456,
  videoCodec: 'h264',
  audioCodec: 'aac',
  width: 1920,
  height: 1080,
  frameRate: 25,
}

/**
 * Adds jobs to the queue "default" until there are `total`, most of them completed. The job number
 * n, from 0, is of the file `videos/<n / 4>.mp4`.
 */
export function seedJobs(stateDir: string, total: number): void {
  const database = openDatabase(stateDir)
  try {
    // The file is only for one run.
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN')
    const restore = dropTriggersAndIndexes(database)
    insertJobs(database, total)
    restore.forEach((sql) => database.exec(sql))
    // The triggers, which count jobs, were absent.
    database.exec(`
      UPDATE queues SET (pending, running, completed, error, cancelled) = (
        SELECT sum(status = 'pending'), sum(status = 'running'), sum(status = 'completed'),
          sum(status = 'error'), sum(status = 'cancelled')
        FROM jobs)
      WHERE name = 'default';
      COMMIT;
      PRAGMA wal_checkpoint(TRUNCATE)`)
  } finally {
    database.close()
  }
}

function openDatabase(stateDir: string): DatabaseSync {
  const folder = join(stateDir, 'v3/d1/miniflare-D1DatabaseObject')
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.sqlite'))) {
    const database = new DatabaseSync(join(folder, name))
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'jobs'").get() !== undefined) {
      return database
    }
    database.close()
  }
  throw new Error(`There is no database with jobs in ${folder}.`)
}

/** Drops the triggers and indexes of jobs. Returns the statements that create them again. */
function dropTriggersAndIndexes(database: DatabaseSync): string[] {
  const objects = database
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'jobs' AND type <> 'table' AND sql IS NOT NULL",
    )
    .all() as { type: string; name: string; sql: string }[]
  for (const { type, name } of objects) {
    database.exec(`DROP ${type} ${name}`)
  }
  return objects.map(({ sql }) => sql)
}

function insertJobs(database: DatabaseSync, total: number): void {
  const { existing } = database.prepare('SELECT count(*) AS existing FROM jobs').get() as {
    existing: number
  }
  const variants = SEEDED_VARIANTS.length
  const from = Date.now() - total
  // The numbers are part of the text, because bound numbers are not integers.
  database
    .prepare(
      `WITH RECURSIVE n (i) AS (
        SELECT ${existing} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${total})
      INSERT INTO jobs (id, queue, file_path, transformation, status, priority, progress, fence,
        attempt, max_attempts, lease_seconds, stall_seconds, timeout_seconds, source_etag,
        source_bytes, created_at, started_at, completed_at, input, output)
      SELECT printf('job_%032x', i), 'default', 'videos/' || (i / ${variants}) || '.mp4',
        :names ->> (i % ${variants}),
        CASE WHEN i % 100 < 95 THEN 'completed' WHEN i % 100 < 98 THEN 'error' ELSE 'cancelled' END,
        2, 100, 1, 1, 3, 30, 60, 14400, printf('%032x', i), 9123456, ${from} + i,
        ${from} + i + 100, ${from} + i + 900, :facts, :facts
      FROM n WHERE i < ${total}`,
    )
    .run({ names: JSON.stringify(SEEDED_VARIANTS), facts: JSON.stringify(FACTS) })
}
