/** Reads single jobs. */
import { shorten } from '../../contract/quote.ts'
import { listVisibleChunks } from '../../db/chunks.ts'
import { findJob, listAttempts } from '../../db/jobs.ts'
import type { AttemptRow, JobRow } from '../../db/rows.ts'
import { type Restriction, UNRESTRICTED } from '../../domain/caller.ts'
import { isActive } from '../../domain/jobTransitions.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { addLiveProgress } from './liveProgress.ts'

function notFound(id: string) {
  return errorResult('job_not_found', `There is no job ${shorten(id)}.`)
}

export async function readJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Promise<{ ok: true; row: JobRow } | ErrorResult<'job_not_found'>> {
  const row = await findJob(platform.db, id, restriction)
  if (!row) {
    return notFound(id)
  }
  const [live] = await addLiveProgress(platform, [row])
  return { ok: true, row: live! }
}

/** The attempts of a job, latest first. */
export async function readAttempts(
  { db }: Platform,
  restriction: Restriction,
  id: string,
): Promise<{ ok: true; rows: AttemptRow[] } | ErrorResult<'job_not_found'>> {
  const rows = await listAttempts(db, id, restriction)
  return rows ? { ok: true, rows } : notFound(id)
}

/** The chunks of the latest attempt of a job that was split, in their order. */
export async function readChunks(
  { db }: Platform,
  restriction: Restriction,
  id: string,
): Promise<{ ok: true; rows: JobRow[] } | ErrorResult<'job_not_found'>> {
  const rows = await listVisibleChunks(db, id, restriction)
  return rows ? { ok: true, rows } : notFound(id)
}

/** True when the job has a final status, or was deleted. */
export async function hasEnded({ db }: Platform, id: string): Promise<boolean> {
  const row = await findJob(db, id, UNRESTRICTED)
  return !row || !isActive(row.status)
}
