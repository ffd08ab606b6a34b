/**
 * The runner API: claim, source, report, upload, finish, as `contract/runner.ts` has it. It trusts
 * a runner with what its live lease names and with nothing else.
 */
import { createRoute, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import * as protocol from '../contract/runner.ts'
import { type ApiEnv, createApi, jsonBody, platformOf } from '../http/api.ts'
import { contentLength } from '../http/length.ts'
import { countedAs } from '../http/limits.ts'
import { errors, json, problem } from '../http/problem.ts'
import { waitForWork } from '../hub/sockets.ts'
import { claim, report } from '../jobs/claim.ts'
import { finish } from '../jobs/finish.ts'
import { heldJob, isOwn } from '../jobs/lease.ts'
import { beginOutput, PART_SIZE_BYTES, putPart } from '../jobs/output.ts'
import { putPackageFile } from '../jobs/package.ts'
import { readSource } from '../http/serve.ts'
import { claimOf, runnerHashOf, secretProblem } from './secret.ts'

const runner = { tags: ['runner'], security: [{ runnerToken: [] }] }
const jobParams = z.object({ id: z.string().max(100) })
const fence = z.coerce.number().int().positive()

const claimRoute = createRoute({
  ...runner,
  method: 'post',
  path: '/claim',
  summary: 'Take the next job',
  request: { body: jsonBody(protocol.claimRequest) },
  responses: {
    200: json(protocol.assignment, 'A job, under a lease'),
    204: { description: 'No work; ask again' },
    ...errors(400, 401, 429, 503),
  },
})

const sourceRoute = createRoute({
  ...runner,
  method: 'get',
  path: '/jobs/{id}/source',
  summary: 'Read a range of the original, or of another file that the variant is made with',
  request: {
    params: jobParams,
    query: z.object({
      fence,
      reference: z.coerce
        .number()
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe('Its place among the references of the assignment, from 0'),
    }),
  },
  responses: {
    200: { description: 'The original' },
    206: { description: 'The range asked for' },
    ...errors(400, 401, 409, 412, 416, 429, 503),
  },
})

const reportRoute = createRoute({
  ...runner,
  method: 'post',
  path: '/jobs/{id}/report',
  summary: 'Report progress and extend the lease',
  request: { params: jobParams, body: jsonBody(protocol.report) },
  responses: {
    200: json(protocol.reportAnswer, 'The lease holds on'),
    ...errors(400, 401, 409, 429, 503),
  },
})

const outputRoute = createRoute({
  ...runner,
  method: 'post',
  path: '/jobs/{id}/output',
  summary: 'Begin the upload of the output',
  request: { params: jobParams, body: jsonBody(protocol.outputRequest) },
  responses: {
    200: json(protocol.outputAnswer, 'Where the parts go'),
    ...errors(400, 401, 409, 429, 503),
  },
})

const partRoute = createRoute({
  ...runner,
  method: 'put',
  path: '/jobs/{id}/output/{part}',
  summary: 'Upload one part of the output',
  request: {
    params: jobParams.extend({ part: z.coerce.number().int().min(1).max(10_000) }),
    query: z.object({ fence, uploadId: z.string().min(1).max(2_000) }),
  },
  responses: {
    200: json(protocol.uploadedPart, 'The part is stored'),
    ...errors(400, 401, 409, 411, 429, 503),
  },
})

const fileRoute = createRoute({
  ...runner,
  method: 'put',
  path: '/jobs/{id}/files/{name}',
  summary: 'Store one file of a package, replacing the one of that name',
  request: {
    params: jobParams.extend({ name: protocol.packageFileName }),
    query: z.object({ fence }),
  },
  responses: {
    200: json(protocol.storedPackageFile, 'The file is stored'),
    ...errors(400, 401, 409, 411, 413, 503),
  },
})

const finishRoute = createRoute({
  ...runner,
  method: 'post',
  path: '/jobs/{id}/finish',
  summary: 'End the attempt',
  request: { params: jobParams, body: jsonBody(protocol.finish) },
  responses: {
    200: json(protocol.finishAnswer, 'What became of the job'),
    ...errors(400, 401, 409, 429, 503),
  },
})

/** Of each job so much can be said; of different ones, as much as there are runners. */
const limitJob = createMiddleware<ApiEnv>(async (c, next) => {
  const within = await countedAs(c, 'RUNNERS', `job:${c.req.param('id')}`)
  return within.ok ? next() : problem(c, within.code, within.message)
})

/** A container speaks of the jobs that its own runner has claimed. */
const ownJobsOnly = createMiddleware<ApiEnv>(async (c, next) => {
  const caller = c.env.CALLER
  if (caller !== undefined) {
    const owned = await isOwn(platformOf(c), c.req.param('id') ?? '', caller)
    if (!owned.ok) return problem(c, owned.code, owned.message)
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
    const within = await countedAs(c, 'RUNNERS', `runner:${request.runner.id}`)
    if (!within.ok) return problem(c, within.code, within.message)
    const { PROTOCOL_VERSION: version, OLDEST_PROTOCOL: oldest } = protocol
    if (request.protocol > version || request.protocol < oldest)
      return problem(
        c,
        'invalid_request',
        `This gateway speaks runner protocol ${oldest === version ? version : `${oldest} to ${version}`}, not ${request.protocol}: update the older side.`,
      )
    const unbound = secretProblem(c)
    if (unbound) return problem(c, unbound.code, unbound.message)
    const platform = platformOf(c)
    platform.defer(platform.slots.heard(request.runner.id))
    // The wait begins before the look, so that work that comes in between is not missed. After it
    // the runner asks again: a claim made for one that died waiting would hold a job for nobody.
    const work = request.waitSeconds > 0 ? await waitForWork(c.env, request.queues) : null
    c.req.raw.signal.addEventListener('abort', () => work?.close())
    try {
      const assignment = await claim(platform, request, await runnerHashOf(c))
      if (assignment) return c.json(assignment, 200)
      await work?.wait(request.waitSeconds * 1000)
      return c.body(null, 204)
    } finally {
      work?.close()
    }
  })
  .openapi(sourceRoute, async (c) => {
    const query = c.req.valid('query')
    const claimed = await claimOf(c, c.req.valid('param').id, query.fence)
    const held = await heldJob(platformOf(c), claimed)
    if (!held.ok) return problem(c, held.code, held.message)
    const { filePath, sourceEtag, sourceBytes, madeWith } = held.row
    if (query.reference === undefined)
      return readSource(c, c.env.ORIGINALS, {
        path: filePath,
        etag: sourceEtag,
        sizeBytes: sourceBytes,
      })
    const reference = madeWith[query.reference]
    if (!reference)
      return problem(
        c,
        'invalid_request',
        `reference: this job has ${madeWith.length} of them, counted from 0`,
      )
    return readSource(c, c.env.ORIGINALS, reference)
  })
  .openapi(reportRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimOf(c, c.req.valid('param').id, said.fence)
    const answer = await report(platformOf(c), claimed, said)
    if (!answer.ok) return problem(c, answer.code, answer.message)
    return c.json({ leaseExpiresAt: new Date(answer.row.leaseExpiresAt!).toISOString() }, 200)
  })
  .openapi(outputRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimOf(c, c.req.valid('param').id, said.fence)
    const answer = await beginOutput(platformOf(c), claimed, said)
    if (!answer.ok) return problem(c, answer.code, answer.message)
    return c.json({ uploadId: answer.uploadId, partSizeBytes: PART_SIZE_BYTES }, 200)
  })
  .openapi(partRoute, async (c) => {
    const { id, part } = c.req.valid('param')
    const query = c.req.valid('query')
    if (!c.req.raw.body)
      return problem(c, 'invalid_request', 'The bytes of the part go into the body')
    const sizeBytes = Number(c.req.header('Content-Length') ?? Number.NaN)
    if (!Number.isSafeInteger(sizeBytes))
      return problem(c, 'length_required', 'Send the size of the part as Content-Length')
    const answer = await putPart(
      platformOf(c),
      await claimOf(c, id, query.fence),
      { uploadId: query.uploadId, partNumber: part, sizeBytes },
      { body: c.req.raw.body, digest: c.req.header('Content-Digest') },
    )
    if (!answer.ok) return problem(c, answer.code, answer.message)
    return c.json(answer.part, 200)
  })
  .openapi(fileRoute, async (c) => {
    const { id, name } = c.req.valid('param')
    const length = contentLength(c)
    if (!length.ok)
      return problem(
        c,
        length.code === 'length_required' ? length.code : 'invalid_request',
        length.message,
      )
    const answer = await putPackageFile(
      platformOf(c),
      await claimOf(c, id, c.req.valid('query').fence),
      { name, ...length, digest: c.req.header('Content-Digest') },
    )
    if (!answer.ok) return problem(c, answer.code, answer.message)
    return c.json({ etag: answer.etag }, 200)
  })
  .openapi(finishRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimOf(c, c.req.valid('param').id, said.fence)
    const answer = await finish(platformOf(c), claimed, said)
    if (!answer.ok) return problem(c, answer.code, answer.message)
    return c.json({ status: answer.status }, 200)
  })
