/**
 * Statistics of jobs. For queues they come from counters that triggers maintain. For a folder, jobs
 * are counted up to a maximum number, which bounds the cost.
 */
import type { Stats } from '../../contract/stats.ts'
import { JOB_STATUSES, type JobStatus } from '../../contract/jobStatus.ts'
import { countJobsInFolder, type FolderCounts } from '../../db/jobList.ts'
import { readQueueCounters } from '../../db/queueStats.ts'
import { type Restriction, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Database } from '../../db/database.ts'
import type { Platform } from '../ports.ts'

const HOUR_MS = 3_600_000

type Outcome = { ok: true; stats: Stats } | ErrorResult<'queue_not_found'>

/**
 * Returns the statistics of one queue, or of all queues. If the caller is restricted to a folder,
 * only the jobs in that folder count.
 */
export async function readStats(
  { db }: Platform,
  restriction: Restriction,
  queueName: string | undefined,
): Promise<Outcome> {
  const name = queueName ?? restriction.queue
  if (name !== null && !canSeeQueue(restriction, name)) {
    return queueNotFound(name)
  }
  const { pathPrefix } = restriction
  const stats =
    pathPrefix === null
      ? await readQueueStats(db, name)
      : await readFolderStats(db, { queue: name, pathPrefix })
  return stats === null ? queueNotFound(name) : { ok: true, stats }
}

function queueNotFound(name: string | null) {
  return errorResult('queue_not_found', `There is no queue "${name}".`)
}

/** Returns null if the queue does not exist. @param name null for all queues */
async function readQueueStats(db: Database, name: string | null): Promise<Stats | null> {
  const thisHour = startOfHour(Date.now())
  const { queues, storage } = await readQueueCounters(db, name, thisHour - HOUR_MS)
  if (queues.length === 0) {
    return null
  }
  const readThroughput = (hour: number) => {
    const rows = queues.flatMap(({ hours }) => hours).filter((row) => row.hour === hour)
    return {
      from: new Date(hour).toISOString(),
      completed: sum(rows, (row) => row.completed),
      failed: sum(rows, (row) => row.failed),
      mediaSeconds: sum(rows, (row) => row.mediaMs) / 1000,
      processingSeconds: sum(rows, (row) => row.processingMs) / 1000,
    }
  }
  return {
    ...countByStatus((status) => sum(queues, (queue) => queue[status])),
    oldestPendingAt: findOldest(queues.map((queue) => queue.oldestPendingAt)),
    // No runner holds a split job, only its chunks.
    activeRunners: sum(queues, (queue) => queue.running - queue.split + queue.runningChunks),
    throughput: {
      thisHour: readThroughput(thisHour),
      lastHour: readThroughput(thisHour - HOUR_MS),
    },
    storage: storage && {
      originals: { count: storage.originals, bytes: storage.originalBytes },
      variants: { count: storage.variants, bytes: storage.variantBytes },
    },
    partial: false,
  }
}

/**
 * There are no counters for folders, so jobs are counted, up to a maximum. Returns null if the
 * queue does not exist.
 */
async function readFolderStats(
  db: Database,
  folder: { queue: string | null; pathPrefix: string },
): Promise<Stats | null> {
  const thisHour = startOfHour(Date.now())
  const since = thisHour - HOUR_MS
  const { groups, isPartial, hasQueue } = await countJobsInFolder(db, folder, since)
  if (!hasQueue) {
    return null
  }
  const countJobs = (counts: FolderCounts[]) => sum(counts, (group) => group.jobs)
  const readThroughput = (hour: number) => {
    const ended = groups.filter((group) => group.hour === hour)
    const completed = ended.filter(({ status }) => status === 'completed')
    const failed = ended.filter(({ status }) => status === 'error')
    return {
      from: new Date(hour).toISOString(),
      completed: countJobs(completed),
      failed: countJobs(failed),
      mediaSeconds: sum(completed, (group) => group.mediaSeconds),
      processingSeconds: sum([...completed, ...failed], (group) => group.processingMs) / 1000,
    }
  }
  return {
    ...countByStatus((status) => countJobs(groups.filter((group) => group.status === status))),
    oldestPendingAt: findOldest(
      groups.filter(({ status }) => status === 'pending').map(({ oldestAt }) => oldestAt),
    ),
    activeRunners: sum(groups, (group) => group.activeRunners),
    throughput: {
      thisHour: readThroughput(thisHour),
      lastHour: readThroughput(thisHour - HOUR_MS),
    },
    storage: null,
    partial: isPartial,
  }
}

function findOldest(times: (number | null)[]): string | null {
  const known = times.filter((at) => at !== null)
  return known.length === 0 ? null : new Date(Math.min(...known)).toISOString()
}

function startOfHour(ms: number) {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}

function sum<Row>(rows: Row[], readValue: (row: Row) => number): number {
  return rows.reduce((total, row) => total + readValue(row), 0)
}

function countByStatus(count: (status: JobStatus) => number) {
  const counts = Object.fromEntries(
    JOB_STATUSES.map((status) => [status, count(status)]),
  ) as Record<JobStatus, number>
  return { ...counts, total: sum(Object.values(counts), (jobs) => jobs) }
}
