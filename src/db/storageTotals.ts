/** The totals of what is stored, which triggers maintain. */
import { getTableColumns } from 'drizzle-orm'
import type { Database } from './database.ts'
import { storageTotals } from './schema/index.ts'

const { id: _, ...TOTALS } = getTableColumns(storageTotals)

export type StorageTotals = Awaited<ReturnType<typeof selectStorageTotals>>[number]

/** Selects the one row of the totals. `addMadeVariants` completes them. */
export function selectStorageTotals(db: Database) {
  return db.select(TOTALS).from(storageTotals)
}

/** Adds the variants that the jobs of all queues have made, which are in the totals of the queues. */
export function addMadeVariants(
  stored: StorageTotals,
  queues: readonly { totals: Readonly<Record<string, number>> }[],
): StorageTotals {
  const sum = (key: string) => queues.reduce((all, { totals }) => all + (totals[key] ?? 0), 0)
  return {
    ...stored,
    variants: stored.variants + sum('variants'),
    variantBytes: stored.variantBytes + sum('variant_bytes'),
  }
}
