/** `/queue/jobs/batch`: one action on many jobs. */
import { jobBatch, jobBatchResult } from '../../contract/jobBatch.ts'
import { runBatch } from '../../services/jobs/jobBatch.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { limitLargeReads } from '../middleware/rateLimit.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

/** Name of the list of jobs, for its cursors. */
const LIST = 'batch'

const batchRoute = route(requiresScope('jobs:write'), {
  tags: ['jobs'],
  operationId: 'changeJobs',
  method: 'post',
  path: '/queue/jobs/batch',
  summary: 'Retry, cancel, delete or prioritize many jobs',
  description:
    'Changes up to `limit` jobs, newest first. Send the request again with `nextCursor` until it is null. A request that is sent twice changes no job twice.',
  middleware: [limitLargeReads(() => true)],
  request: { body: jsonBody(jobBatch) },
  responses: { 200: json(jobBatchResult, 'What was done'), ...errors('invalid_path') },
})

export const jobBatchRoutes = createApi().openapi(batchRoute, async (c) => {
  const { cursor, ...batch } = c.req.valid('json')
  const from = await readCursor(c, LIST, cursor)
  if (!from.ok) {
    return errorResponse(c, from)
  }
  const outcome = await runBatch(c.get('platform'), c.get('caller'), {
    ...batch,
    cursor: from.position,
  })
  if (!outcome.ok) {
    return errorResponse(c, outcome)
  }
  const next = await writeCursor(c, LIST, outcome.result.nextCursor)
  if (!next.ok) {
    return errorResponse(c, next)
  }
  return c.json({ ...outcome.result, nextCursor: next.cursor }, 200)
})
