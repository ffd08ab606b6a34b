/**
 * The runner API: claim, source, report, upload, finish, as `contract/runner.ts` has it. It trusts
 * a runner with what its live lease names and with nothing else.
 */
import { errorResult } from '../domain/result.ts'
import { createMiddleware } from 'hono/factory'
import { writeAssignment } from '../contract/assignmentVersions.ts'
import {
  MIN_PROTOCOL_VERSION as oldest,
  PROTOCOL_VERSION as version,
} from '../contract/runnerProtocol.ts'
import { type ApiEnv, createApi } from '../http/router.ts'
import { contentLength } from '../http/requestBody.ts'
import { checkRateLimitFor } from '../http/middleware/rateLimit.ts'
import { errorResponse } from '../http/responses/errorResponse.ts'
import { claimJob, recordReport } from '../services/jobs/claimJob.ts'
import { finishAttempt } from '../services/jobs/finishAttempt.ts'
import { findHeldJob, isClaimedBy } from '../services/jobs/heldJob.ts'
import { beginOutput, PART_SIZE_BYTES, putPart } from '../services/jobs/outputUpload.ts'
import { putPackageFile } from '../services/jobs/packageFiles.ts'
import { serveSource } from '../http/responses/objectResponse.ts'
import {
  claimRoute,
  fileRoute,
  finishRoute,
  outputRoute,
  partRoute,
  reportRoute,
  sourceRoute,
} from './routes.ts'
import { claimFrom, runnerSecretHashOf, runnerSecretError } from './runnerSecret.ts'

/** Of each job so much can be said; of different ones, as much as there are runners. */
const limitJob = createMiddleware<ApiEnv>(async (c, next) => {
  const within = await checkRateLimitFor(c, 'RUNNERS', `job:${c.req.param('id')}`)
  return within.ok ? next() : errorResponse(c, within)
})

/** A container speaks of the jobs that its own runner has claimed. */
const ownJobsOnly = createMiddleware<ApiEnv>(async (c, next) => {
  const caller = c.env.CALLER
  if (caller !== undefined) {
    const owned = await isClaimedBy(c.get('platform'), c.req.param('id') ?? '', caller)
    if (!owned.ok) {
      return errorResponse(c, owned)
    }
  }
  return next()
})

export const gateway = createApi()
gateway.use('/jobs/:id/*', limitJob, ownJobsOnly)
gateway
  .openapi(claimRoute, async (c) => {
    const said = c.req.valid('json')
    // A container is who its props say, whatever it calls itself.
    const request = { ...said, runner: { ...said.runner, id: c.env.CALLER ?? said.runner.id } }
    const within = await checkRateLimitFor(c, 'RUNNERS', `runner:${request.runner.id}`)
    if (!within.ok) {
      return errorResponse(c, within)
    }
    if (request.protocol > version || request.protocol < oldest) {
      return errorResponse(
        c,
        errorResult(
          'invalid_request',
          `This gateway speaks runner protocol ${oldest} to ${version}, not ${request.protocol}: update the older side.`,
        ),
      )
    }
    const unbound = runnerSecretError(c)
    if (unbound) {
      return errorResponse(c, unbound)
    }
    const platform = c.get('platform')
    platform.defer(platform.slots.heard(request.runner.id))
    // The wait begins before the look, so that work that comes in between is not missed. After it
    // the runner asks again: a claim made for one that died waiting would hold a job for nobody.
    const work = request.waitSeconds > 0 ? await platform.hubs.waitForWork(request.queues) : null
    c.req.raw.signal.addEventListener('abort', () => work?.close())
    try {
      const assignment = await claimJob(platform, request, await runnerSecretHashOf(c))
      if (assignment) {
        return c.json(writeAssignment(assignment, request.protocol), 200)
      }
      await work?.wait(request.waitSeconds * 1000)
      return c.body(null, 204)
    } finally {
      work?.close()
    }
  })
  .openapi(sourceRoute, async (c) => {
    const query = c.req.valid('query')
    const claimed = await claimFrom(c, c.req.valid('param').id, query.fence)
    const held = await findHeldJob(c.get('platform'), claimed)
    if (!held.ok) {
      return errorResponse(c, held)
    }
    const { filePath, sourceEtag, sourceBytes, referenceFiles } = held.row
    if (query.reference === undefined) {
      return serveSource(c, c.get('platform').originals, {
        path: filePath,
        etag: sourceEtag,
        sizeBytes: sourceBytes,
      })
    }
    const reference = referenceFiles[query.reference]
    if (!reference) {
      return errorResponse(
        c,
        errorResult(
          'invalid_request',
          `reference: this job has ${referenceFiles.length} of them, counted from 0`,
        ),
      )
    }
    return serveSource(c, c.get('platform').originals, reference)
  })
  .openapi(reportRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimFrom(c, c.req.valid('param').id, said.fence)
    const answer = await recordReport(c.get('platform'), claimed, said)
    if (!answer.ok) {
      return errorResponse(c, answer)
    }
    return c.json({ leaseExpiresAt: new Date(answer.row.leaseExpiresAt!).toISOString() }, 200)
  })
  .openapi(outputRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimFrom(c, c.req.valid('param').id, said.fence)
    const answer = await beginOutput(c.get('platform'), claimed, said)
    if (!answer.ok) {
      return errorResponse(c, answer)
    }
    return c.json({ uploadId: answer.uploadId, partSizeBytes: PART_SIZE_BYTES }, 200)
  })
  .openapi(partRoute, async (c) => {
    const { id, part } = c.req.valid('param')
    const query = c.req.valid('query')
    if (!c.req.raw.body) {
      return errorResponse(
        c,
        errorResult('invalid_request', 'The bytes of the part go into the body'),
      )
    }
    const sizeBytes = Number(c.req.header('Content-Length') ?? Number.NaN)
    if (!Number.isSafeInteger(sizeBytes)) {
      return errorResponse(
        c,
        errorResult('length_required', 'Send the size of the part as Content-Length'),
      )
    }
    const answer = await putPart(
      c.get('platform'),
      await claimFrom(c, id, query.fence),
      { uploadId: query.uploadId, partNumber: part, sizeBytes },
      { body: c.req.raw.body, digest: c.req.header('Content-Digest') },
    )
    if (!answer.ok) {
      return errorResponse(c, answer)
    }
    return c.json(answer.part, 200)
  })
  .openapi(fileRoute, async (c) => {
    const { id, name } = c.req.valid('param')
    const length = contentLength(c)
    if (!length.ok) {
      return errorResponse(
        c,
        errorResult(
          length.code === 'length_required' ? length.code : 'invalid_request',
          length.message,
        ),
      )
    }
    const answer = await putPackageFile(
      c.get('platform'),
      await claimFrom(c, id, c.req.valid('query').fence),
      { name, ...length, digest: c.req.header('Content-Digest') },
    )
    if (!answer.ok) {
      return errorResponse(c, answer)
    }
    return c.json({ etag: answer.etag }, 200)
  })
  .openapi(finishRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimFrom(c, c.req.valid('param').id, said.fence)
    const answer = await finishAttempt(c.get('platform'), claimed, said)
    if (!answer.ok) {
      return errorResponse(c, answer)
    }
    return c.json({ status: answer.status }, 200)
  })
