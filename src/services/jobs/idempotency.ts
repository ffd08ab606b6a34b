/** Repeated requests with an `Idempotency-Key`. */
import { findIdempotencyKey } from '../../db/idempotencyKeys.ts'
import { findJobs } from '../../db/jobs.ts'
import type { JobRow } from '../../db/rows.ts'
import { canSee, type Restriction } from '../../domain/caller.ts'
import { isActive } from '../../domain/jobTransitions.ts'
import { errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { type CreateJobsError, variantBusyError } from './createJobErrors.ts'

export interface IdempotentRequest {
  key: string
  /** SHA-256 of the validated request body. */
  requestHash: string
}

/**
 * Finds the jobs of an earlier request with the same key; null if there was none. The jobs are in
 * the order of `transformations`. Jobs of other transformations follow: a named preset may have
 * changed since the earlier request. Returns an error if that request had another content, or if
 * the caller cannot see all of its jobs any more.
 */
export async function findJobsOfRepeatedRequest(
  { db }: Platform,
  caller: Restriction,
  { key, requestHash }: IdempotentRequest,
  transformations: Iterable<string>,
): Promise<{ ok: true; rows: JobRow[] } | CreateJobsError | null> {
  const earlier = await findIdempotencyKey(db, key)
  if (!earlier) {
    return null
  }
  if (earlier.requestHash !== requestHash) {
    return errorResult(
      'idempotency_conflict',
      'This Idempotency-Key was used for another request. Use a new key for a new request.',
    )
  }
  const found = await findJobs(db, earlier.jobIds)
  const byTransformation = new Map(found.map((row) => [row.transformation, row]))
  const inOrder = new Set([...transformations, ...byTransformation.keys()])
  const rows = [...inOrder].flatMap((transformation) => byTransformation.get(transformation) ?? [])
  const hidden = rows.filter((row) => !canSee(caller, row))
  if (hidden.some(({ status }) => isActive(status))) {
    return variantBusyError()
  }
  const remaining = rows.filter((row) => canSee(caller, row)).map(({ id }) => id)
  return remaining.length < earlier.jobIds.length
    ? jobsDeletedError(earlier.jobIds.length - remaining.length, remaining)
    : { ok: true, rows }
}

function jobsDeletedError(deleted: number, remaining: string[]) {
  const total = deleted + remaining.length
  const count = remaining.length > 0 ? `${deleted} of ${total}` : 'all of them'
  const rest = remaining.length > 0 ? ` Still there: ${remaining.join(', ')}.` : ''
  return errorResult(
    'idempotency_jobs_deleted',
    `The first request with this Idempotency-Key created jobs that were deleted (${count}).${rest} To create jobs again, send the request with a new key.`,
  )
}
