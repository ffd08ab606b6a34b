/** Progress of jobs that wait for the import of their file. */
import { findImports } from '../../db/imports.ts'
import type { ImportRow, JobStatusRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'

/** Returns the progress of an import in whole percent; 0 if the size of the file is not known. */
export function percentOf(offsetBytes: number, sizeBytes: number | null): number {
  return sizeBytes === null || sizeBytes === 0 ? 0 : Math.floor((100 * offsetBytes) / sizeBytes)
}

/** Returns the rows with the recorded progress of the imports that some of them wait for. */
export async function addImportProgress<Row extends JobStatusRow>(
  { db }: Pick<Platform, 'db'>,
  rows: Row[],
): Promise<Row[]> {
  const paths = new Set(rows.filter(isImporting).map(({ filePath }) => filePath))
  if (paths.size === 0) {
    return rows
  }
  const found = await findImports(db, [...paths])
  const byPath = new Map(found.map((row): [string, ImportRow] => [row.filePath, row]))
  return rows.map((row) => {
    const latest = isImporting(row) ? byPath.get(row.filePath) : undefined
    return latest ? { ...row, progress: percentOf(latest.offsetBytes, latest.sizeBytes) } : row
  })
}

function isImporting({ status, stage }: JobStatusRow): boolean {
  return status === 'pending' && stage === 'import'
}
