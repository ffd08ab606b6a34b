/** The statement that reads the newest job of a file or variant, for its status. */
import { and, desc, eq, ne, type SQL, sql } from 'drizzle-orm'
import { PROBE } from '../contract/probe.ts'
import type { Restriction } from '../domain/caller.ts'
import { isVisibleJob } from './accessConditions.ts'
import type { Database } from './database.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

/**
 * The newest job of a file except its probe, or, if `transformation` is not null, the newest job of
 * this variant.
 */
export function findNewestJob(
  db: Database,
  filePath: string,
  transformation: string | null,
  restriction: Restriction,
): Promise<JobRow | undefined> {
  const isUnrestricted = restriction.queue === null && restriction.pathPrefix === null
  if (isUnrestricted) {
    const statements = newestJobStatements.get(db) ?? prepareNewestJob(db)
    newestJobStatements.set(db, statements)
    return transformation === null
      ? statements.ofFile.get({ filePath })
      : statements.ofVariant.get({ filePath, transformation })
  }
  return selectNewestJob(
    db,
    and(
      eq(jobs.filePath, filePath),
      transformation === null ? IS_NO_PROBE : eq(jobs.transformation, transformation),
      isVisibleJob(restriction),
    ),
  ).get()
}

/** Kept, because building the statement takes as long as running it. */
const newestJobStatements = new WeakMap<Database, ReturnType<typeof prepareNewestJob>>()

function prepareNewestJob(db: Database) {
  const isOfFile = eq(jobs.filePath, sql.placeholder('filePath'))
  const isOfVariant = eq(jobs.transformation, sql.placeholder('transformation'))
  return {
    ofFile: selectNewestJob(db, and(isOfFile, IS_NO_PROBE)).prepare(),
    ofVariant: selectNewestJob(db, and(isOfFile, isOfVariant)).prepare(),
  }
}

const IS_NO_PROBE = ne(jobs.transformation, PROBE)

function selectNewestJob(db: Database, condition: SQL | undefined) {
  return db.select().from(jobs).where(condition).orderBy(desc(jobs.seq)).limit(1)
}
