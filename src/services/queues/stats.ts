/**
 * Statistics of jobs. Those of queues come from counters that triggers maintain. Those of a folder are
 * counted, up to a maximum number of jobs. So the cost has an upper bound.
 */
import { JOB_STATUSES, type Stats } from '../../contract/job.ts'
import { countJobsInFolder, isLargeFolder } from '../../db/jobList.ts'
import { findQueue, listHourlyStats, listQueues } from '../../db/queues.ts'
import { type Restriction, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Database } from '../../db/database.ts'
import type { Platform } from '../ports.ts'

const HOUR_MS = 3_600_000

type Outcome = { ok: true; stats: Stats } | ErrorResult<'queue_not_found'>

/** Returns the statistics of one queue, or of all queues and folders that the caller can see. */
export async function readStats(
  { db }: Platform,
  restriction: Restriction,
  queueName: string | undefined,
): Promise<Outcome> {
  const name = queueName ?? restriction.queue ?? undefined
  const one =
    name === undefined || !canSeeQueue(restriction, name) ? undefined : await findQueue(db, name)
  if (name !== undefined && !one) {
    return errorResult('queue_not_found', `There is no queue "${name}".`)
  }
  const { pathPrefix } = restriction
  if (pathPrefix !== null) {
    return folderStats(db, { queue: name ?? null, pathPrefix })
  }
  const queues = one ? [one] : await listQueues(db)
  const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const names = queues.map((queue) => queue.name)
  const hours = await listHourlyStats(db, names, thisHour - HOUR_MS)

  const sum = <Row>(rows: Row[], figure: (row: Row) => number) =>
    rows.reduce((total, row) => total + figure(row), 0)
  const throughput = (from: number) => {
    const rows = hours.filter((row) => row.hour === from)
    return {
      from: new Date(from).toISOString(),
      completed: sum(rows, (row) => row.completed),
      failed: sum(rows, (row) => row.failed),
      mediaSeconds: sum(rows, (row) => row.mediaMs) / 1000,
      processingSeconds: sum(rows, (row) => row.processingMs) / 1000,
    }
  }
  return {
    ok: true,
    stats: {
      pending: sum(queues, (queue) => queue.pending),
      running: sum(queues, (queue) => queue.running),
      completed: sum(queues, (queue) => queue.completed),
      error: sum(queues, (queue) => queue.error),
      cancelled: sum(queues, (queue) => queue.cancelled),
      total: sum(
        queues,
        (queue) => queue.pending + queue.running + queue.completed + queue.error + queue.cancelled,
      ),
      throughput: { thisHour: throughput(thisHour), lastHour: throughput(thisHour - HOUR_MS) },
      partial: false,
    },
  }
}

/** There are no counters for folders, so jobs are counted, up to a maximum. */
async function folderStats(
  db: Database,
  folder: { queue: string | null; pathPrefix: string },
): Promise<Outcome> {
  const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const groups = await countJobsInFolder(db, folder, thisHour - HOUR_MS)
  const sum = (figure: (group: (typeof groups)[number]) => number, of = groups) =>
    of.reduce((total, group) => total + figure(group), 0)
  const jobs = (of: typeof groups) => sum((group) => group.jobs, of)
  const throughput = (from: number) => {
    const ended = groups.filter(({ hour }) => hour === from)
    const completed = ended.filter(({ status }) => status === 'completed')
    const failed = ended.filter(({ status }) => status === 'error')
    return {
      from: new Date(from).toISOString(),
      completed: jobs(completed),
      failed: jobs(failed),
      mediaSeconds: sum((group) => group.mediaSeconds, completed),
      processingSeconds: sum((group) => group.processingMs, [...completed, ...failed]) / 1000,
    }
  }
  const counts = Object.fromEntries(
    JOB_STATUSES.map((status) => [status, jobs(groups.filter((group) => group.status === status))]),
  ) as Record<(typeof JOB_STATUSES)[number], number>
  const total = jobs(groups)
  return {
    ok: true,
    stats: {
      ...counts,
      total,
      throughput: { thisHour: throughput(thisHour), lastHour: throughput(thisHour - HOUR_MS) },
      partial: await isLargeFolder(db, folder.pathPrefix),
    },
  }
}
