/** Completed chunks whose files are missing or damaged: they are made again before the join. */
import { sql, type SQL } from 'drizzle-orm'
import { type Database, first, statement } from './database.ts'
import { releaseChunks } from './releaseChunks.ts'
import { type Failure, failStatement, isAllowed, recordAttemptLog } from './jobTransitions.ts'
import { type Claim, isHeldByClaim } from './leases.ts'
import type { JobRow } from './rows.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'

/**
 * Returns the statements that make chunks of a job pending again, and retire their files. They do nothing
 * if `claim` does not hold the chunk `join`, so they precede the statement that ends its attempt. The
 * chunks keep the number of their attempts, but have at least one left.
 */
export function discardChunkStatements(
  db: Database,
  jobId: string,
  claim: Claim,
  indexes: readonly number[],
) {
  const isLost = sql`parent_id = ${jobId} AND status = 'completed' AND chunk ->> 'kind' <> 'join'
    AND chunk ->> 'index' IN (SELECT value FROM json_each(${JSON.stringify(indexes)}))
    AND EXISTS (SELECT 1 FROM jobs WHERE ${canEnd(claim)})`
  return [
    statement(
      db,
      sql`UPDATE outputs SET retired = 1 WHERE key IN (SELECT package_key FROM jobs WHERE ${isLost})`,
    ),
    statement(
      db,
      sql`
      UPDATE jobs SET status = 'pending', run_after = ${NO_DUE_TIME}, completed_at = NULL,
        package_key = NULL, output = NULL, chunk = json_set(chunk, '$.facts', NULL), progress = 0,
        attempt = min(attempt, max_attempts - 1), runner_id = NULL
      WHERE ${isLost}`,
    ),
  ] as const
}

function canEnd(claim: Claim): SQL {
  return sql`${isHeldByClaim(claim)} AND ${isAllowed('backOff')}`
}

/**
 * Ends the failed attempt of the chunk `join`, which then waits until the lost chunks are made again.
 * Returns the row of `join`; undefined if the claim no longer holds it.
 */
export async function remakeChunks(
  db: Database,
  jobId: string,
  claim: Claim,
  { failure, indexes }: { failure: Failure; indexes: readonly number[] },
  now: number,
): Promise<JobRow | undefined> {
  const { details } = failure
  const waiting = { ...failure, retryAt: NO_DUE_TIME }
  const [retire, discard] = discardChunkStatements(db, jobId, claim, indexes)
  const results = await db.batch([
    retire,
    discard,
    failStatement(db, claim, waiting, now),
    statement(db, releaseChunks(jobId)),
    ...(details ? [recordAttemptLog(db, claim, details)] : []),
  ])
  return first(results[2])
}
