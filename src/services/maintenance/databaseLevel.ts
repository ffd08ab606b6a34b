/** How full the database is, and what follows from it. */
import { MAX_DATABASE_BYTES, readDatabaseSize } from '../../db/databaseSize.ts'
import { logWarn } from '../../log.ts'
import type { Platform } from '../ports.ts'

/** Shares of the maximum size from which on the database is `filling` and `nearly_full`. */
const FILLING_SHARE = 0.7
const NEARLY_FULL_SHARE = 0.85

/** `nearly_full`: the cleaner keeps ended jobs and events for half their retention time. */
export type DatabaseLevel = 'normal' | 'filling' | 'nearly_full'

/** Reads how full the database is. @throws if the database cannot be read */
export async function readDatabaseLevel({ db }: Pick<Platform, 'db'>): Promise<DatabaseLevel> {
  return findLevel(await readDatabaseSize(db))
}

/** Reads how full the database is, and logs it if it is not normal. */
export async function checkDatabaseLevel({ db }: Pick<Platform, 'db'>): Promise<DatabaseLevel> {
  const sizeBytes = await readDatabaseSize(db)
  const level = findLevel(sizeBytes)
  if (level !== 'normal') {
    logWarn('database_filling', { level, sizeBytes, maxBytes: MAX_DATABASE_BYTES })
  }
  return level
}

function findLevel(sizeBytes: number): DatabaseLevel {
  const share = sizeBytes / MAX_DATABASE_BYTES
  if (share >= NEARLY_FULL_SHARE) {
    return 'nearly_full'
  }
  return share >= FILLING_SHARE ? 'filling' : 'normal'
}

const MIN_RETENTION_DAYS = 1

/** Returns the retention time that applies at this level. It is never less than a day. */
export function shortenRetention(days: number, level: DatabaseLevel): number {
  return level === 'nearly_full' ? Math.max(MIN_RETENTION_DAYS, days / 2) : days
}
