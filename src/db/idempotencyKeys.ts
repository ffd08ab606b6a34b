/** Idempotency keys of the requests that create jobs. */
import { eq, sql } from 'drizzle-orm'
import { type Database, statement } from './database.ts'
import { isRequestedJob, type RequestedVariants } from './requestedVariants.ts'
import { idempotencyKeys } from './schema/index.ts'

export interface IdempotencyKey {
  key: string
  requestHash: string
}

/**
 * Records a key in the transaction that inserts the jobs: of two concurrent requests with one key, the
 * second fails and inserts nothing. HAVING excludes a rejected request: at least one of its variants
 * has no job that the caller can see.
 */
export function recordIdempotencyKey(
  db: Database,
  { key, requestHash }: IdempotencyKey,
  jobs: RequestedVariants,
  { queue, now }: { queue: string; now: number },
) {
  return statement(
    db,
    sql`
    INSERT INTO idempotency_keys (key, request_hash, job_ids, created_at)
    SELECT ${key}, ${requestHash}, json_group_array(id), ${now}
    FROM jobs
    WHERE ${isRequestedJob(jobs)} AND EXISTS (SELECT 1 FROM queues WHERE name = ${queue})
      AND ${jobs.isAccepted}
    HAVING count(*) = ${jobs.count}`,
  )
}

/** The request that was made with this key before, or undefined. */
export function findIdempotencyKey(db: Database, key: string) {
  return db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key)).get()
}
