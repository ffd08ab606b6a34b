/** Lists jobs in pages, newest first. */
import type { z } from '@hono/zod-openapi'
import type { jobList, ListJobs } from '../../contract/job.ts'
import { listJobRows } from '../../db/jobList.ts'
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
  const { cursor, ...list } = query
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    return errorResult(
      'invalid_request',
      'cursor must be the nextCursor of the previous page, unchanged.',
    )
  }
  // Reads one more job than requested, to know whether there is a next page.
  const before = cursor === undefined ? null : Number(cursor)
  const { rows, lastRead } = await listJobRows(
    platform.db,
    { ...list, limit: list.limit + 1, before },
    restriction,
  )
  const shown = rows.slice(0, list.limit)
  const next = rows.length > shown.length ? shown.at(-1)!.seq : lastRead
  return {
    ok: true,
    page: {
      jobs: (await addLiveProgress(platform, shown)).map(serializeJob),
      limit: list.limit,
      offset: list.offset,
      count: shown.length,
      nextCursor: next === null ? null : String(next),
    },
  }
}
