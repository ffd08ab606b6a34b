/** Lists jobs in pages, newest first. */
import type { z } from '@hono/zod-openapi'
import type { jobList, ListJobs } from '../../contract/job.ts'
import { buildQuery, listJobRows } from '../../db/jobList.ts'
import type { JobQuery } from '../../db/jobSearch.ts'
import type { ShownJob } from '../../db/rows.ts'
import type { Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { serializeJob } from '../serializers.ts'
import { addLiveProgress } from './liveProgress.ts'

type Outcome = { ok: true; page: z.infer<typeof jobList> } | ErrorResult<'invalid_request'>

/**
 * Returns one page. `nextCursor` is the sequence number of the last job on the page, or, if the
 * read limit was reached first, of the last job that was read. The next page has older jobs. The
 * route seals `nextCursor` before it sends it to clients. The cost of a page does not depend on its
 * cursor, but grows with its offset.
 */
export async function listJobs(
  platform: Platform,
  restriction: Restriction,
  query: ListJobs,
): Promise<Outcome> {
  const { cursor, limit, offset, ...filter } = query
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    return errorResult(
      'invalid_request',
      'cursor must be the nextCursor of the previous page, unchanged.',
    )
  }
  const before = cursor === undefined ? null : Number(cursor)
  const { rows, next } = await readPage(
    platform,
    buildQuery(filter, restriction, before),
    limit,
    offset,
  )
  return {
    ok: true,
    page: {
      jobs: (await addLiveProgress(platform, rows)).map(serializeJob),
      limit,
      offset,
      count: rows.length,
      nextCursor: next === null ? null : String(next),
    },
  }
}

/**
 * Reads a page of jobs. `next` is the `seq` before which the next page begins; null on the last one.
 *
 * @param query null for no jobs
 */
export async function readPage(
  { db }: Platform,
  query: JobQuery | null,
  limit: number,
  offset = 0,
): Promise<{ rows: ShownJob[]; next: number | null }> {
  if (query === null) {
    return { rows: [], next: null }
  }
  // Reads one more job than requested, to know whether there is a next page.
  const { rows, lastRead } = await listJobRows(db, query, { limit: limit + 1, offset })
  const shown = rows.slice(0, limit)
  return { rows: shown, next: rows.length > shown.length ? shown.at(-1)!.seq : lastRead }
}
