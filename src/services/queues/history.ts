/**
 * The history of jobs by hour or day. For queues it comes from the hourly statistics, which triggers
 * maintain. For a folder, jobs that are still stored are counted, up to a maximum number.
 */
import type { History, HistoryQuery } from '../../contract/stats.ts'
import type { Database } from '../../db/database.ts'
import { countJobsInFolder } from '../../db/jobList.ts'
import { readQueueHistory } from '../../db/queueStats.ts'
import { canSeeQueue, type Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'

const HOUR_MS = 3_600_000
const INTERVAL_MS = { hour: HOUR_MS, day: 24 * HOUR_MS }

type Outcome = { ok: true; history: History } | ErrorResult<'queue_not_found'>

interface Period {
  queue: string | null
  /** Start of the first interval (ms since the epoch). */
  since: number
  intervalMs: number
}

interface Outcomes {
  from: number
  completed: number
  failed: number
  mediaMs: number
  processingMs: number
}

interface Found {
  hasQueue: boolean
  rows: Outcomes[]
  isPartial: boolean
}

/** Returns the history of one queue, or of all queues that the caller can see. */
export async function readHistory(
  { db }: Platform,
  restriction: Restriction,
  { queue, hours, interval }: HistoryQuery,
): Promise<Outcome> {
  const name = queue ?? restriction.queue
  const notFound = errorResult('queue_not_found', `There is no queue "${name}".`)
  if (name !== null && !canSeeQueue(restriction, name)) {
    return notFound
  }
  const intervalMs = INTERVAL_MS[interval]
  const now = Date.now()
  const oldestHour = startOf(now, HOUR_MS) - (hours - 1) * HOUR_MS
  const period = { queue: name, since: startOf(oldestHour, intervalMs), intervalMs }
  const { pathPrefix } = restriction
  const { hasQueue, rows, isPartial } =
    pathPrefix === null
      ? { ...(await readQueueHistory(db, name, period.since, intervalMs)), isPartial: false }
      : await readFolder(db, period, pathPrefix)
  if (!hasQueue) {
    return notFound
  }
  const entries = []
  for (let from = period.since; from <= now; from += intervalMs) {
    entries.push(toEntry(from, rows))
  }
  return { ok: true, history: { interval, entries, partial: isPartial } }
}

async function readFolder(db: Database, period: Period, pathPrefix: string): Promise<Found> {
  const folder = { queue: period.queue, pathPrefix }
  const { groups, isPartial, hasQueue } = await countJobsInFolder(db, folder, period.since)
  const ended = groups.filter(({ status }) => status === 'completed' || status === 'error')
  const rows = ended.flatMap(({ hour, status, jobs, mediaSeconds, processingMs }) => {
    if (hour === null) {
      return []
    }
    const isCompleted = status === 'completed'
    return {
      from: startOf(hour, period.intervalMs),
      completed: isCompleted ? jobs : 0,
      failed: isCompleted ? 0 : jobs,
      mediaMs: isCompleted ? mediaSeconds * 1000 : 0,
      processingMs,
    }
  })
  return { hasQueue, rows, isPartial }
}

function toEntry(from: number, rows: Outcomes[]) {
  const entry = { completed: 0, failed: 0, mediaSeconds: 0, processingSeconds: 0 }
  for (const row of rows) {
    if (row.from === from) {
      entry.completed += row.completed
      entry.failed += row.failed
      entry.mediaSeconds += row.mediaMs / 1000
      entry.processingSeconds += row.processingMs / 1000
    }
  }
  return { from: new Date(from).toISOString(), ...entry }
}

function startOf(time: number, intervalMs: number) {
  return Math.floor(time / intervalMs) * intervalMs
}
