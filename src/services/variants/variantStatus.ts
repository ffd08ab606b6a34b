/** Reads the newest job of a file or variant, and the size of a finished variant. */
import { findNewestJob, findNewestStatus } from '../../db/newestJob.ts'
import { findNewestVariant, findVariant, isMadeInQueue } from '../../db/outputs.ts'
import type { JobStatusRow } from '../../db/rows.ts'
import { type Caller, canSeePath } from '../../domain/caller.ts'
import { addLiveProgress } from '../jobs/liveProgress.ts'
import type { Platform } from '../ports.ts'

interface FileOrVariant {
  filePath: string
  /** Null: any variant of the file. */
  variant: string | null
}

/** The status of the newest job that the caller can see, with its latest progress. */
export async function readNewestStatus(
  platform: Platform,
  caller: Caller,
  { filePath, variant }: FileOrVariant,
): Promise<JobStatusRow | undefined> {
  const row = await findNewestStatus(platform.db, filePath, variant, caller)
  return row && (await addLiveProgress(platform, [row]))[0]
}

/**
 * Returns the size of a variant in bytes; null if it does not exist or the caller cannot see it. If
 * `variant` is null, this is the variant of the newest job that the caller can see. If there is no
 * such job, it is the newest variant that the caller can see.
 */
export async function readVariantSize(
  { db }: Platform,
  caller: Caller,
  { filePath, variant }: FileOrVariant,
): Promise<number | null> {
  if (!canSeePath(caller, filePath)) {
    return null
  }
  const { queue } = caller
  const isNeeded = variant === null || queue !== null
  const job = isNeeded ? await findNewestJob(db, filePath, variant, caller) : undefined
  const transformation = variant ?? job?.transformation
  if (transformation === undefined) {
    return (await findNewestVariant(db, filePath, queue))?.sizeBytes ?? null
  }
  // A key that is restricted to a queue sees the variants that have a job in it or were made in it.
  const isVisible =
    queue === null || job || (await isMadeInQueue(db, filePath, transformation, queue))
  const found = isVisible ? await findVariant(db, filePath, transformation) : undefined
  return found?.sizeBytes ?? null
}
