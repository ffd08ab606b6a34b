/**
 * The runner API: claim, source, report, upload, finish, as `contract/runner.ts` has it. It trusts
 * a runner with what its live lease names and with nothing else.
 */
import { createMiddleware } from 'hono/factory'
import { OLDEST_PROTOCOL as oldest, PROTOCOL_VERSION as version } from '../contract/runner.ts'
import { type ApiEnv, createApi, platformOf } from '../http/api.ts'
import { contentLength } from '../http/length.ts'
import { countedAs } from '../http/limits.ts'
import { problem } from '../http/problem.ts'
import { waitForWork } from '../hub/sockets.ts'
import { claim, report } from '../jobs/claim.ts'
import { finish } from '../jobs/finish.ts'
import { heldJob, isOwn } from '../jobs/lease.ts'
import { beginOutput, PART_SIZE_BYTES, putPart } from '../jobs/output.ts'
import { putPackageFile } from '../jobs/package.ts'
import { readSource } from '../http/serve.ts'
import {
  claimRoute,
  fileRoute,
  finishRoute,
  outputRoute,
  partRoute,
  reportRoute,
  sourceRoute,
} from './protocol.ts'
import { claimOf, runnerHashOf, secretProblem } from './secret.ts'

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
    if (!owned.ok) {
      return problem(c, owned.code, owned.message)
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
    const within = await countedAs(c, 'RUNNERS', `runner:${request.runner.id}`)
    if (!within.ok) {
      return problem(c, within.code, within.message)
    }
    if (request.protocol > version || request.protocol < oldest) {
      return problem(
        c,
        'invalid_request',
        `This gateway speaks runner protocol ${oldest === version ? version : `${oldest} to ${version}`}, not ${request.protocol}: update the older side.`,
      )
    }
    const unbound = secretProblem(c)
    if (unbound) {
      return problem(c, unbound.code, unbound.message)
    }
    const platform = platformOf(c)
    platform.defer(platform.slots.heard(request.runner.id))
    // The wait begins before the look, so that work that comes in between is not missed. After it
    // the runner asks again: a claim made for one that died waiting would hold a job for nobody.
    const work = request.waitSeconds > 0 ? await waitForWork(c.env, request.queues) : null
    c.req.raw.signal.addEventListener('abort', () => work?.close())
    try {
      const assignment = await claim(platform, request, await runnerHashOf(c))
      if (assignment) {
        return c.json(assignment, 200)
      }
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
    if (!held.ok) {
      return problem(c, held.code, held.message)
    }
    const { filePath, sourceEtag, sourceBytes, madeWith } = held.row
    if (query.reference === undefined) {
      return readSource(c, c.env.ORIGINALS, {
        path: filePath,
        etag: sourceEtag,
        sizeBytes: sourceBytes,
      })
    }
    const reference = madeWith[query.reference]
    if (!reference) {
      return problem(
        c,
        'invalid_request',
        `reference: this job has ${madeWith.length} of them, counted from 0`,
      )
    }
    return readSource(c, c.env.ORIGINALS, reference)
  })
  .openapi(reportRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimOf(c, c.req.valid('param').id, said.fence)
    const answer = await report(platformOf(c), claimed, said)
    if (!answer.ok) {
      return problem(c, answer.code, answer.message)
    }
    return c.json({ leaseExpiresAt: new Date(answer.row.leaseExpiresAt!).toISOString() }, 200)
  })
  .openapi(outputRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimOf(c, c.req.valid('param').id, said.fence)
    const answer = await beginOutput(platformOf(c), claimed, said)
    if (!answer.ok) {
      return problem(c, answer.code, answer.message)
    }
    return c.json({ uploadId: answer.uploadId, partSizeBytes: PART_SIZE_BYTES }, 200)
  })
  .openapi(partRoute, async (c) => {
    const { id, part } = c.req.valid('param')
    const query = c.req.valid('query')
    if (!c.req.raw.body) {
      return problem(c, 'invalid_request', 'The bytes of the part go into the body')
    }
    const sizeBytes = Number(c.req.header('Content-Length') ?? Number.NaN)
    if (!Number.isSafeInteger(sizeBytes)) {
      return problem(c, 'length_required', 'Send the size of the part as Content-Length')
    }
    const answer = await putPart(
      platformOf(c),
      await claimOf(c, id, query.fence),
      { uploadId: query.uploadId, partNumber: part, sizeBytes },
      { body: c.req.raw.body, digest: c.req.header('Content-Digest') },
    )
    if (!answer.ok) {
      return problem(c, answer.code, answer.message)
    }
    return c.json(answer.part, 200)
  })
  .openapi(fileRoute, async (c) => {
    const { id, name } = c.req.valid('param')
    const length = contentLength(c)
    if (!length.ok) {
      return problem(
        c,
        length.code === 'length_required' ? length.code : 'invalid_request',
        length.message,
      )
    }
    const answer = await putPackageFile(
      platformOf(c),
      await claimOf(c, id, c.req.valid('query').fence),
      { name, ...length, digest: c.req.header('Content-Digest') },
    )
    if (!answer.ok) {
      return problem(c, answer.code, answer.message)
    }
    return c.json({ etag: answer.etag }, 200)
  })
  .openapi(finishRoute, async (c) => {
    const said = c.req.valid('json')
    const claimed = await claimOf(c, c.req.valid('param').id, said.fence)
    const answer = await finish(platformOf(c), claimed, said)
    if (!answer.ok) {
      return problem(c, answer.code, answer.message)
    }
    return c.json({ status: answer.status }, 200)
  })
