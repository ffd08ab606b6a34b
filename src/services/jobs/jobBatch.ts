/** One action of a caller on many jobs: a bounded number in each request. */
import type { BatchAction, JobBatch, JobBatchResult } from '../../contract/jobBatch.ts'
import type { JobStatus } from '../../contract/jobStatus.ts'
import { countJobs, type JobQuery, narrowByTime } from '../../db/jobSearch.ts'
import { buildQuery } from '../../db/jobList.ts'
import { deleteJobRows, findJobStatuses } from '../../db/jobs.ts'
import { cancelJobRows, prioritizeJobRows } from '../../db/changeJobs.ts'
import { retryJobRows } from '../../db/retryJobs.ts'
import type { ChangedJob } from '../../db/rows.ts'
import type { Restriction } from '../../domain/caller.ts'
import { ACTIVE_STATUSES, TRANSITIONS } from '../../domain/jobTransitions.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import {
  announceRetries,
  cancelError,
  freeCapacity,
  groupByQueue,
  notFoundMessage,
  retryError,
} from './jobActions.ts'
import { readPage } from './listJobs.ts'

type Outcome = { ok: true; result: JobBatchResult } | ErrorResult<'invalid_request'>

/** The statuses that allow an action, each of which is searched on its own; `null` searches all. */
function listStatuses({ action, force }: JobBatch): readonly (JobStatus | null)[] {
  const statuses = {
    retry: TRANSITIONS.retry.from,
    cancel: TRANSITIONS[force ? 'forceCancel' : 'cancel'].from,
    delete: [null],
    prioritize: ACTIVE_STATUSES,
  } as const satisfies Record<BatchAction, readonly (JobStatus | null)[]>
  return statuses[action]
}

/**
 * Applies the action to the next jobs of the filter, newest first, and returns how many were changed
 * and which were not. `nextCursor` is a position, which the route seals. A request that is sent again
 * finds that its jobs are changed already.
 */
export async function runBatch(
  platform: Platform,
  restriction: Restriction,
  batch: JobBatch,
): Promise<Outcome> {
  if (batch.jobIds) {
    return runOnJobs(platform, restriction, batch, [...new Set(batch.jobIds)])
  }
  const allowed = listStatuses(batch)
  const { status } = batch.filter!
  if (status !== undefined && !allowed.includes(null) && !allowed.includes(status)) {
    return errorResult(
      'invalid_request',
      `The action "${batch.action}" applies to jobs with the status ${allowed.join(' or ')} (filter.status is "${status}").`,
    )
  }
  const statuses = status === undefined ? allowed : [status]
  const position = readPosition(batch.cursor, statuses.length)
  if (!position) {
    return errorResult(
      'invalid_request',
      'cursor must be the nextCursor of the previous request, unchanged.',
    )
  }
  const filter = { ...batch.filter!, status: statuses[position.index] ?? undefined }
  const query = buildQuery(filter, restriction, position.before)
  const { next, ...result } = batch.dryRun
    ? await count(platform, query)
    : await change(platform, restriction, batch, query)
  const nextIndex = position.index + 1
  const nextCursor =
    next !== null
      ? `${position.index}.${next}`
      : nextIndex < statuses.length
        ? `${nextIndex}.`
        : null
  return { ok: true, result: { ...result, nextCursor } }
}

/** A position is the index of the status that is searched, and the `seq` before which jobs remain. */
function readPosition(cursor: string | undefined, statuses: number) {
  if (cursor === undefined) {
    return { index: 0, before: null }
  }
  const [, index, before] = /^(\d)\.(\d{0,13})$/.exec(cursor) ?? []
  return index === undefined || Number(index) >= statuses
    ? null
    : { index: Number(index), before: before === '' ? null : Number(before) }
}

async function count({ db }: Platform, query: JobQuery | null) {
  const found = query && (await countJobs(db, await narrowByTime(db, query)))
  return { count: found?.count ?? 0, done: 0, skipped: [], next: found?.lastRead ?? null }
}

async function change(
  platform: Platform,
  restriction: Restriction,
  batch: JobBatch,
  query: JobQuery | null,
) {
  const { rows, next } = await readPage(platform, query, batch.limit)
  const ids = rows.map(({ id }) => id)
  return { ...(await applyTo(platform, restriction, batch, ids)), next }
}

async function runOnJobs(
  platform: Platform,
  restriction: Restriction,
  batch: JobBatch,
  ids: string[],
): Promise<Outcome> {
  if (!batch.dryRun) {
    const result = await applyTo(platform, restriction, batch, ids)
    return { ok: true, result: { ...result, nextCursor: null } }
  }
  const allowed = listStatuses(batch)
  const found = await findJobStatuses(platform.db, ids, restriction)
  const matching = found.filter(({ status }) => allowed.includes(status) || allowed.includes(null))
  return { ok: true, result: { count: matching.length, done: 0, skipped: [], nextCursor: null } }
}

async function applyTo(
  platform: Platform,
  restriction: Restriction,
  batch: JobBatch,
  ids: string[],
) {
  const changed = ids.length === 0 ? [] : await applyAction(platform, restriction, batch, ids)
  const done = new Set(changed.map(({ id }) => id))
  const left = ids.filter((id) => !done.has(id))
  const statuses = left.length === 0 ? [] : await findJobStatuses(platform.db, left, restriction)
  const byId = new Map(statuses.map((job) => [job.id, job]))
  const skipped = left.map((id) => {
    const { code, message } = explain(batch, id, byId.get(id))
    return { jobId: id, code, message }
  })
  return { count: ids.length, done: done.size, skipped }
}

/** Changes the jobs in one statement, and wakes or stops their runners. */
async function applyAction(
  platform: Platform,
  restriction: Restriction,
  { action, force = false, priority }: JobBatch,
  ids: string[],
): Promise<ChangedJob[]> {
  const { db } = platform
  if (action === 'prioritize') {
    const rows = await prioritizeJobRows(db, ids, priority!, restriction)
    for (const queue of groupByQueue(rows).keys()) {
      platform.defer(platform.hubs.notify(queue, null))
    }
    return rows
  }
  if (action === 'retry') {
    const rows = await retryJobRows(db, ids, restriction)
    announceRetries(platform, rows)
    return rows
  }
  const rows =
    action === 'cancel'
      ? await cancelJobRows(db, ids, force, Date.now(), restriction)
      : await deleteJobRows(db, ids, restriction)
  if (rows.length > 0) {
    platform.defer(freeCapacity(platform, rows))
  }
  return rows
}

function explain({ action }: JobBatch, id: string, job: { status: JobStatus } | undefined) {
  switch (action) {
    case 'retry':
      return retryError(id, job)
    case 'cancel':
      return cancelError(id, job)
    case 'delete':
      return errorResult('job_not_deletable', notFoundMessage(id))
    case 'prioritize':
      return errorResult(
        'job_not_prioritizable',
        job
          ? `This job has ended, so its priority has no effect. Its status is "${job.status}".`
          : notFoundMessage(id),
      )
  }
}
