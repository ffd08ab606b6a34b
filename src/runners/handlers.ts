/**
 * Handlers of the runner API: they translate between HTTP and the services. A request about a job
 * has access to this job only, and only with the fence and the runner secret of its latest claim.
 */
import { createMiddleware } from 'hono/factory'
import { writeAssignment } from '../contract/assignmentVersions.ts'
import type { ClaimRequest } from '../contract/runnerProtocol.ts'
import { readTraceparent, writeTraceparent } from '../contract/traceContext.ts'
import { MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../contract/runnerProtocol.ts'
import { errorResult } from '../domain/result.ts'
import { checkRateLimit } from '../http/middleware/rateLimit.ts'
import { readSizedBody } from '../http/requestBody.ts'
import { errorResponse } from '../http/responses/errorResponse.ts'
import { serveSource } from '../http/responses/objectResponse.ts'
import type { ApiEnv } from '../http/apiEnv.ts'
import { createApi } from '../http/router.ts'
import { logInfo } from '../log.ts'
import { claimOrWait } from '../services/jobs/claimJob.ts'
import { finishAttempt } from '../services/jobs/finishAttempt.ts'
import { leaseLostError } from '../services/jobs/claimChecks.ts'
import { isLastRunner } from '../services/jobs/heldJobs.ts'
import { listCompletedForClaim } from '../services/chunks/completedChunks.ts'
import { findChunkSource, findJobSource, findReusedSource } from '../services/jobs/jobSource.ts'
import { beginOutput, PART_SIZE_BYTES, putPart } from '../services/jobs/outputUpload.ts'
import { listPackageFiles, putPackageFile } from '../services/jobs/packageFiles.ts'
import { recordReport } from '../services/jobs/recordReport.ts'
import { readRunnerQueues } from '../services/queues/runnerQueues.ts'
import {
  chunksRoute,
  claimRoute,
  fileRoute,
  filesRoute,
  finishRoute,
  outputRoute,
  partRoute,
  reportRoute,
  sourceRoute,
} from './routes.ts'
import { checkRunnerSecret, hashRunnerSecret, readClaim } from './runnerSecret.ts'

/** Limits the rate of requests for each job. */
const limitPerJob = createMiddleware<ApiEnv>(async (c, next) => {
  const limited = await checkRateLimit(c, 'RUNNERS', `job:${c.req.param('id')}`)
  return limited.ok ? next() : errorResponse(c, limited)
})

/** Rejects a request of a container about a job whose latest claim is not from its runner. */
const restrictToOwnJobs = createMiddleware<ApiEnv>(async (c, next) => {
  const runner = c.env.CONTAINER_RUNNER_ID
  const isOwn =
    runner === undefined || (await isLastRunner(c.get('platform'), c.req.param('id') ?? '', runner))
  return isOwn ? next() : errorResponse(c, leaseLostError())
})

function checkProtocol({ protocol }: ClaimRequest) {
  if (protocol >= MIN_PROTOCOL_VERSION && protocol <= PROTOCOL_VERSION) {
    return null
  }
  return errorResult(
    'invalid_request',
    `This gateway supports runner protocol ${MIN_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}, not ${protocol}. Update the older side.`,
  )
}

export const gateway = createApi()
gateway.use('/jobs/:id/*', limitPerJob, restrictToOwnJobs)
gateway
  .openapi(claimRoute, async (c) => {
    const body = c.req.valid('json')
    // For containers, CONTAINER_RUNNER_ID is the runner id, and the id in the body is ignored.
    const request = {
      ...body,
      runner: { ...body.runner, id: c.env.CONTAINER_RUNNER_ID ?? body.runner.id },
    }
    const limited = await checkRateLimit(c, 'RUNNERS', `runner:${request.runner.id}`)
    if (!limited.ok) {
      return errorResponse(c, limited)
    }
    const invalid = checkProtocol(request) ?? checkRunnerSecret(c)
    if (invalid) {
      return errorResponse(c, invalid)
    }
    const platform = c.get('platform')
    platform.defer(platform.slots.recordContact(request.runner.id))
    const queues =
      c.env.CONTAINER_RUNNER_ID === undefined
        ? request.queues
        : await readRunnerQueues(platform, request.queues[0]!)
    const secretHash = await hashRunnerSecret(c)
    const claim = { ...request, queues }
    const assignment = await claimOrWait(platform, claim, secretHash, c.req.raw.signal)
    if (!assignment) {
      return c.body(null, 204)
    }
    const { jobId, attempt, chunk } = assignment
    const requestId = c.get('requestId')
    const spanId = crypto.randomUUID().replaceAll('-', '').slice(0, 16)
    const traceparent = writeTraceparent(chunk?.jobId ?? jobId, spanId)
    const trace = readTraceparent(traceparent)
    logInfo('job_claimed', {
      requestId,
      jobId,
      attempt,
      ...(chunk && { chunk: chunk.index, kind: chunk.kind }),
      runner: request.runner.id,
      ...trace,
    })
    const sent = { ...assignment, requestId, ...(traceparent && { traceparent }) }
    return c.json(writeAssignment(sent, request.protocol), 200)
  })
  .openapi(sourceRoute, async (c) => {
    const { fence, reference, chunk, reused } = c.req.valid('query')
    const platform = c.get('platform')
    const claim = await readClaim(c, c.req.valid('param').id, fence)
    if (chunk !== undefined) {
      const found = await findChunkSource(platform, claim, chunk)
      return found.ok ? serveSource(c, platform.variants, found.file) : errorResponse(c, found)
    }
    if (reused !== undefined) {
      const found = await findReusedSource(platform, claim, reused)
      return found.ok ? serveSource(c, platform.variants, found.file) : errorResponse(c, found)
    }
    const source = await findJobSource(platform, claim, reference)
    return source.ok ? serveSource(c, platform.originals, source.file) : errorResponse(c, source)
  })
  .openapi(chunksRoute, async (c) => {
    const claim = await readClaim(c, c.req.valid('param').id, c.req.valid('query').fence)
    const listed = await listCompletedForClaim(c.get('platform'), claim)
    return listed.ok
      ? c.json({ completedChunks: listed.completedChunks }, 200)
      : errorResponse(c, listed)
  })
  .openapi(reportRoute, async (c) => {
    const body = c.req.valid('json')
    const claim = await readClaim(c, c.req.valid('param').id, body.fence)
    const outcome = await recordReport(c.get('platform'), claim, body)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ leaseExpiresAt: new Date(outcome.leaseExpiresAt).toISOString() }, 200)
  })
  .openapi(outputRoute, async (c) => {
    const body = c.req.valid('json')
    const claim = await readClaim(c, c.req.valid('param').id, body.fence)
    const outcome = await beginOutput(c.get('platform'), claim, body)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ uploadId: outcome.uploadId, partSizeBytes: PART_SIZE_BYTES }, 200)
  })
  .openapi(partRoute, async (c) => {
    const { id, part: partNumber } = c.req.valid('param')
    const { fence, uploadId } = c.req.valid('query')
    const { body } = c.req.raw
    if (!body) {
      return errorResponse(
        c,
        errorResult('invalid_request', 'The request has no body. Send the bytes of the part.'),
      )
    }
    const sizeBytes = Number(c.req.header('Content-Length') ?? Number.NaN)
    if (!Number.isSafeInteger(sizeBytes)) {
      return errorResponse(
        c,
        errorResult('length_required', 'Send the size of the part as Content-Length.'),
      )
    }
    const outcome = await putPart(
      c.get('platform'),
      await readClaim(c, id, fence),
      { uploadId, partNumber, sizeBytes },
      { body, digest: c.req.header('Content-Digest') },
    )
    return outcome.ok ? c.json(outcome.part, 200) : errorResponse(c, outcome)
  })
  .openapi(fileRoute, async (c) => {
    const { id, name } = c.req.valid('param')
    const content = readSizedBody(c)
    if (!content.ok) {
      const code = content.code === 'length_required' ? content.code : 'invalid_request'
      return errorResponse(c, errorResult(code, content.message))
    }
    const { fence, version } = c.req.valid('query')
    const claim = await readClaim(c, id, fence)
    const digest = c.req.header('Content-Digest')
    const file = { name, ...content, digest, version }
    const outcome = await putPackageFile(c.get('platform'), claim, file)
    return outcome.ok ? c.json({ etag: outcome.etag }, 200) : errorResponse(c, outcome)
  })
  .openapi(filesRoute, async (c) => {
    const { fence, after } = c.req.valid('query')
    const claim = await readClaim(c, c.req.valid('param').id, fence)
    const listed = await listPackageFiles(c.get('platform'), claim, after)
    return listed.ok
      ? c.json({ files: listed.files, next: listed.next }, 200)
      : errorResponse(c, listed)
  })
  .openapi(finishRoute, async (c) => {
    const body = c.req.valid('json')
    const claim = await readClaim(c, c.req.valid('param').id, body.fence)
    const outcome = await finishAttempt(c.get('platform'), claim, body)
    logInfo('attempt_ended', {
      requestId: c.get('requestId'),
      jobId: claim.jobId,
      outcome: body.outcome,
      status: outcome.ok ? outcome.status : outcome.code,
      ...readTraceparent(c.req.header('traceparent')),
    })
    return outcome.ok ? c.json({ status: outcome.status }, 200) : errorResponse(c, outcome)
  })
