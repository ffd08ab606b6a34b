/** Pages of jobs, newest first. */
import type { z } from '@hono/zod-openapi'
import type { jobList, ListJobs } from '../../contract/job.ts'
import { listJobRows } from '../../db/jobList.ts'
import type { Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { serializeJob } from '../serializers.ts'

type Outcome = { ok: true; page: z.infer<typeof jobList> } | ErrorResult<'invalid_request'>

/**
 * One page. A cursor is the sequence number of the page's last job: the next page begins below
 * it, so its cost does not grow with its depth, as that of an offset does.
 */
export async function listJobs(
  { db }: Platform,
  within: Restriction,
  query: ListJobs,
): Promise<Outcome> {
  const { cursor, ...list } = query
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    return errorResult(
      'invalid_request',
      'cursor: send the nextCursor of the page before, unchanged',
    )
  }
  if (cursor !== undefined && query.offset > 0) {
    return errorResult(
      'invalid_request',
      'offset: a page begins at a cursor or at an offset, not both',
    )
  }
  // One more than asked for tells whether there is a next page.
  const before = cursor === undefined ? null : Number(cursor)
  const { rows, lastRead } = await listJobRows(
    db,
    { ...list, limit: list.limit + 1, before },
    within,
  )
  const shown = rows.slice(0, list.limit)
  const next = rows.length > shown.length ? shown.at(-1)!.seq : lastRead
  return {
    ok: true,
    page: {
      jobs: shown.map(serializeJob),
      limit: list.limit,
      offset: list.offset,
      count: shown.length,
      nextCursor: next === null ? null : String(next),
    },
  }
}
