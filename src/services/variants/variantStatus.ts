/** Reads the newest job of a file or variant, and the size of a finished variant. */
import { findNewestJob } from '../../db/jobs.ts'
import { findVariant } from '../../db/outputs.ts'
import type { JobRow } from '../../db/rows.ts'
import { type Caller, canSeePath } from '../../domain/caller.ts'
import type { Platform } from '../ports.ts'

interface FileOrVariant {
  filePath: string
  /** Null: any variant of the file. */
  variant: string | null
}

/** The newest job that the caller can see. */
export function readNewestJob(
  { db }: Platform,
  caller: Caller,
  { filePath, variant }: FileOrVariant,
): Promise<JobRow | undefined> {
  return findNewestJob(db, filePath, variant, caller)
}

/**
 * Returns the size of a variant in bytes; null if it does not exist or the caller cannot see it. If
 * `variant` is null, the variant of the newest job that the caller can see is used.
 */
export async function readVariantSize(
  { db }: Platform,
  caller: Caller,
  { filePath, variant }: FileOrVariant,
): Promise<number | null> {
  if (!canSeePath(caller, filePath)) {
    return null
  }
  let transformation = variant
  // A key that is restricted to a queue sees only the variants that have a job in that queue.
  if (variant === null || caller.queue !== null) {
    const job = await findNewestJob(db, filePath, variant, caller)
    if (!job) {
      return null
    }
    transformation ??= job.transformation
  }
  const found = transformation && (await findVariant(db, filePath, transformation))
  return found ? found.sizeBytes : null
}
