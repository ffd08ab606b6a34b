/** The variants of a request that creates jobs, for the statements that record something about their jobs. */
import { type SQL, sql } from 'drizzle-orm'
import { ACTIVE_STATUSES } from '../domain/jobTransitions.ts'
import { sqlList } from './database.ts'

export interface RequestedVariants {
  filePath: string
  /** JSON: objects with `transformation`. */
  variants: string
  count: number
  /** The queue whose jobs the caller can see; null for all. */
  visibleQueue: string | null
  /** A further condition, without which nothing is recorded. */
  isAccepted: SQL
}

/** Condition on a row of `jobs`: an active job of one of the variants that the caller can see. */
export function isRequestedJob({ filePath, variants, visibleQueue }: RequestedVariants): SQL {
  return sql`(file_path = ${filePath} AND status IN ${sqlList(ACTIVE_STATUSES)}
    AND transformation IN (SELECT value ->> 'transformation' FROM json_each(${variants}))
    AND (${visibleQueue} IS NULL OR queue = ${visibleQueue}))`
}
