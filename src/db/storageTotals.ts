/** The totals of what is stored, which triggers maintain. */
import { getTableColumns } from 'drizzle-orm'
import type { Database } from './database.ts'
import { storageTotals } from './schema/index.ts'

const { id: _, ...TOTALS } = getTableColumns(storageTotals)

/** Selects the one row of the totals. */
export function selectStorageTotals(db: Database) {
  return db.select(TOTALS).from(storageTotals)
}
