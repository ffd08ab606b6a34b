/** Table of what runners have found out about originals by probing them. */
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { StoredProbe } from '../../contract/storedProbe.ts'
import { time } from './columns.ts'

/**
 * A row is used as long as the original has its etag. It only saves time, so it can be deleted at any
 * time. The cleaner deletes the rows with the lowest `seq` if there are too many, and old ones.
 */
export const fileProbes = sqliteTable(
  'file_probes',
  {
    /** Order in which the rows were written. */
    seq: integer().primaryKey(),
    filePath: text().notNull(),
    /** See `probeVersion` in the contract. A file has one row for each version. */
    version: text().notNull(),
    etag: text().notNull(),
    results: text({ mode: 'json' }).$type<StoredProbe['results']>().notNull(),
    createdAt: time().notNull(),
  },
  (t) => [uniqueIndex('file_probes_by_file').on(t.filePath, t.version)],
)
