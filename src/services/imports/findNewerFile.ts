/** Keeps an import that is retried from replacing a file that was stored since its jobs were created. */
import type { WaitingJob } from '../../db/importSteps.ts'
import type { ImportRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'
import type { StepOutcome } from './stepOutcome.ts'

/**
 * Returns the file that the jobs can start with, without an import; null if it has to be fetched. A new request
 * fetches it in any case.
 */
export async function findNewerFile(
  { originals }: Pick<Platform, 'originals'>,
  { filePath, startedAt, offsetBytes }: ImportRow,
  jobs: WaitingJob[],
): Promise<StepOutcome | null> {
  const newest = jobs[0]?.createdAt ?? startedAt
  // An import begins with its newest job, or later if it is retried.
  if (newest >= startedAt || offsetBytes > 0) {
    return null
  }
  const stored = await originals.head(filePath)
  return stored !== null && stored.uploadedAt.getTime() > newest
    ? { type: 'stored', etag: stored.etag, sizeBytes: stored.sizeBytes }
    : null
}
