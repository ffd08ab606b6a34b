/** The statements that read the newest job of a file or variant, and its status. */
import { and, desc, eq, ne, type SQL, sql } from 'drizzle-orm'
import { PROBE } from '../contract/probe.ts'
import { isRestricted, type Restriction } from '../domain/caller.ts'
import { isVisibleJob } from './accessConditions.ts'
import type { Database } from './database.ts'
import { STATUS_COLUMNS } from './jobColumns.ts'
import type { JobRow, JobStatusRow } from './rows.ts'
import { jobs } from './schema/index.ts'

interface Query<Row> {
  get: () => Promise<Row | undefined>
  prepare: () => { get: (values: Record<string, unknown>) => Promise<Row | undefined> }
}

/**
 * Finds the newest job of a file except its probe, or, if `transformation` is not null, the newest job
 * of this variant. The statements for unrestricted callers are kept, because building one takes as
 * long as running it.
 */
function createFinder<Row>(select: (db: Database, condition: SQL | undefined) => Query<Row>) {
  const prepare = (db: Database) => {
    const isOfFile = eq(jobs.filePath, sql.placeholder('filePath'))
    const isOfVariant = eq(jobs.transformation, sql.placeholder('transformation'))
    return {
      ofFile: select(db, and(isOfFile, IS_NO_PROBE)).prepare(),
      ofVariant: select(db, and(isOfFile, isOfVariant)).prepare(),
    }
  }
  const prepared = new WeakMap<Database, ReturnType<typeof prepare>>()
  return (
    db: Database,
    filePath: string,
    transformation: string | null,
    restriction: Restriction,
  ): Promise<Row | undefined> => {
    if (!isRestricted(restriction)) {
      const statements = prepared.get(db) ?? prepare(db)
      prepared.set(db, statements)
      return transformation === null
        ? statements.ofFile.get({ filePath })
        : statements.ofVariant.get({ filePath, transformation })
    }
    const isOfRequest = and(
      eq(jobs.filePath, filePath),
      transformation === null ? IS_NO_PROBE : eq(jobs.transformation, transformation),
      isVisibleJob(restriction),
    )
    return select(db, isOfRequest).get()
  }
}

const IS_NO_PROBE = ne(jobs.transformation, PROBE)

export const findNewestJob = createFinder<JobRow>((db, condition) =>
  db.select().from(jobs).where(condition).orderBy(desc(jobs.seq)).limit(1),
)

export const findNewestStatus = createFinder<JobStatusRow>((db, condition) =>
  db.select(STATUS_COLUMNS).from(jobs).where(condition).orderBy(desc(jobs.seq)).limit(1),
)
