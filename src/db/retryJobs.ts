/** Statements with which callers retry failed jobs. */
import { and, sql } from 'drizzle-orm'
import { PRIORITY } from '../contract/limits.ts'
import type { Restriction } from '../domain/caller.ts'
import { ACTIVE_STATUSES, TRANSITIONS } from '../domain/jobTransitions.ts'
import { isVisibleJob } from './accessConditions.ts'
import { type Database, isListed, sqlList } from './database.ts'
import { CHANGED_COLUMNS } from './jobColumns.ts'
import { EXPORTING, isAllowed } from './jobTransitions.ts'
import type { ChangedJob } from './rows.ts'
import { jobs } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'

/** Condition: the job failed because its file could not be imported. */
const LACKS_FILE = sql`(error_code GLOB 'import_*' AND EXISTS (
  SELECT 1 FROM imports WHERE imports.file_path = jobs.file_path))`

/** Condition: the export of the job failed, and the variant is still the one that the job has made. */
const LACKS_EXPORT = sql`(error_code GLOB 'export_*' AND EXISTS (
  SELECT 1 FROM variants WHERE variants.file_path = jobs.file_path
    AND variants.transformation = jobs.transformation AND variants.job_id = jobs.id))`

/** Returns one value for a job of which only the export is repeated, and another one for others. */
function ifExported(value: unknown, other: unknown) {
  return sql`iif(${LACKS_EXPORT}, ${value}, ${other})`
}

/**
 * Returns failed jobs to the queue and counts their attempts from 0 again. Returns the changed jobs.
 * A job stays as it is if the caller cannot see it, if its status is not `error`, or if its variant
 * has another job that is pending or running. Of several failed jobs of one variant, only the newest
 * is retried.
 */
export function retryJobRows(
  db: Database,
  ids: string[],
  restriction: Restriction,
): Promise<ChangedJob[]> {
  const isRetryable = and(isListed(jobs.id, ids), isAllowed('retry'), isVisibleJob(restriction))
  // A single job is not compared with itself.
  const isNewest =
    ids.length === 1
      ? undefined
      : sql`${jobs.seq} IN (
          SELECT max(seq) FROM jobs WHERE ${isRetryable} GROUP BY file_path, transformation)`
  return db
    .update(jobs)
    .set({
      // The triggers `exports_retried` and `imports_retried` have the export or the import begin again.
      status: ifExported(TRANSITIONS.retryExport.to, TRANSITIONS.retry.to),
      attempt: ifExported(sql`attempt`, 0),
      interruptions: 0,
      progress: ifExported(EXPORTING.progress, 0),
      runAfter: sql`iif(${LACKS_FILE}, ${NO_DUE_TIME}, NULL)`,
      stage: ifExported(EXPORTING.stage, sql`iif(${LACKS_FILE}, 'import', NULL)`),
      chunkCount: ifExported(EXPORTING.chunkCount, null),
      fence: ifExported(EXPORTING.fence, sql`fence`),
      error: null,
      errorCode: null,
      startedAt: ifExported(sql`CAST(unixepoch('subsec') * 1000 AS INTEGER)`, null),
      completedAt: null,
      // A job of a visitor becomes an ordinary one.
      priority: sql`iif(last_requested_at IS NULL, priority, priority - ${PRIORITY.visitor})`,
      lastRequestedAt: null,
    })
    .where(
      and(
        isRetryable,
        isNewest,
        sql`NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.file_path = ${jobs.filePath} AND other.transformation = ${jobs.transformation}
            AND other.status IN ${sqlList(ACTIVE_STATUSES)})`,
      ),
    )
    .returning(CHANGED_COLUMNS)
    .execute()
}
