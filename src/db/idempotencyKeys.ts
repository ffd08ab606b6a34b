/** Idempotency keys of the requests that create jobs. */
import { eq, type SQL, sql } from 'drizzle-orm'
import { ACTIVE_STATUSES } from '../domain/jobTransitions.ts'
import { type Database, sqlList, statement } from './database.ts'
import { idempotencyKeys } from './schema/index.ts'

export interface IdempotencyKey {
  key: string
  requestHash: string
}

/**
 * Records a key in the transaction that inserts the jobs: of two concurrent requests with one key, the
 * second fails and inserts nothing. HAVING excludes a rejected request: at least one of its variants
 * has no job that the caller can see.
 *
 * @param jobs `variants` is JSON: objects with `transformation`; `isAccepted` is a further condition
 */
export function recordIdempotencyKey(
  db: Database,
  { key, requestHash }: IdempotencyKey,
  jobs: {
    filePath: string
    variants: string
    count: number
    visibleQueue: string | null
    isAccepted: SQL
  },
  { queue, now }: { queue: string; now: number },
) {
  return statement(
    db,
    sql`
    INSERT INTO idempotency_keys (key, request_hash, job_ids, created_at)
    SELECT ${key}, ${requestHash}, json_group_array(id), ${now}
    FROM jobs
    WHERE file_path = ${jobs.filePath} AND status IN ${sqlList(ACTIVE_STATUSES)}
      AND transformation IN (SELECT value ->> 'transformation' FROM json_each(${jobs.variants}))
      AND EXISTS (SELECT 1 FROM queues WHERE name = ${queue})
      AND (${jobs.visibleQueue} IS NULL OR queue = ${jobs.visibleQueue}) AND ${jobs.isAccepted}
    HAVING count(*) = ${jobs.count}`,
  )
}

/** The request that was made with this key before, or undefined. */
export function findIdempotencyKey(db: Database, key: string) {
  return db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key)).get()
}
