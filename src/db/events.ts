/** Statements that read the event log. Triggers insert its rows; the cleaner deletes them. */
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import type { Restriction } from '../domain/caller.ts'
import type { EventFilter } from '../domain/subscription.ts'
import { isInFolder, isVisibleJob } from './accessConditions.ts'
import type { Database } from './database.ts'
import { events, jobs } from './schema/index.ts'
import type { EventRow } from './rows.ts'

/**
 * No index has the events of one queue: a row of the index would be written with each event.
 *
 * @param queue null for all queues
 */
function isAfter(queue: string | null, seq: number) {
  return and(queue === null ? undefined : eq(events.queue, queue), gt(events.seq, seq))
}

/** A stream that is further behind in the log of all queues is not resumed. It bounds the search. */
const MAX_EVENTS_SEARCHED = 100_000

/** The first `limit` events after `seq`, oldest first, of a queue or (null) of all queues. */
export function listEvents(
  db: Database,
  queue: string | null,
  seq: number,
  limit: number,
): Promise<EventRow[]> {
  return db.select().from(events).where(isAfter(queue, seq)).orderBy(asc(events.seq)).limit(limit)
}

/** Events after `after`, up to and including `until`. */
export interface EventRange {
  after: number
  until: number
}

/** The first `limit` events of a range that match the filter, oldest first. */
export function listMatchingEvents(
  db: Database,
  queue: string | null,
  { jobId, filePath, pathPrefix }: EventFilter,
  { after, until }: EventRange,
  limit: number,
): Promise<EventRow[]> {
  const isWanted = and(
    isAfter(queue, after),
    lte(events.seq, until),
    jobId === null ? undefined : eq(events.jobId, jobId),
    filePath === null ? undefined : eq(events.filePath, filePath),
    pathPrefix === null ? undefined : isInFolder(events.filePath, pathPrefix),
  )
  return db.select().from(events).where(isWanted).orderBy(asc(events.seq)).limit(limit)
}

/** What a request for an event stream names, and where its stream begins. */
export interface StreamTarget {
  /** Null for all queues. */
  queue: string | null
  /** A job that must exist, within the restriction of the caller; null if none is named. */
  job: { id: string; restriction: Restriction } | null
  /** The stream begins after the event with this id; null if it begins with new events. */
  since: number | null
}

/** What the database says about a stream before it begins. */
export interface StreamStart {
  /**
   * The range of sequence numbers over all queues. `oldest` is the lowest number in the log, or
   * `newest + 1` if the log is empty. `newest` is the last assigned number, even if its event was
   * deleted.
   */
  oldest: number
  newest: number
  hasQueue: boolean
  hasJob: boolean
  /** More than `maxReplay` events of the queue follow the event `since`. */
  isFarBehind: boolean
}

/** Reads in one query all that a stream needs before it begins. */
export async function findStreamStart(
  db: Database,
  { queue, job, since }: StreamTarget,
  maxReplay: number,
): Promise<StreamStart> {
  const hasQueue =
    queue === null ? sql`1` : sql`EXISTS (SELECT 1 FROM queues WHERE name = ${queue})`
  const hasJob =
    job === null
      ? sql`1`
      : sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${and(eq(jobs.id, job.id), isVisibleJob(job.restriction))})`
  // The events are counted only if there can be so many.
  const isFarBehind =
    since === null
      ? sql`0`
      : sql`CASE WHEN newest - ${since} <= ${maxReplay} THEN 0
          WHEN newest - ${since} > ${MAX_EVENTS_SEARCHED} THEN 1 ELSE
          (SELECT ${events.seq} FROM ${events} WHERE ${isAfter(queue, since)}
           ORDER BY ${events.seq} LIMIT 1 OFFSET ${maxReplay}) IS NOT NULL END`
  const [found] = await db.all<Record<keyof StreamStart, number>>(sql`
    WITH assigned (newest) AS (
      SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))
    SELECT newest, coalesce((SELECT min(seq) FROM events), newest + 1) AS oldest,
      ${hasQueue} AS hasQueue, ${hasJob} AS hasJob, ${isFarBehind} AS isFarBehind
    FROM assigned`)
  const { oldest, newest, ...flags } = found!
  return {
    oldest,
    newest,
    hasQueue: flags.hasQueue === 1,
    hasJob: flags.hasJob === 1,
    isFarBehind: flags.isFarBehind === 1,
  }
}
