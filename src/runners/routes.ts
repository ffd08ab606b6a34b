/** Routes of the runner API with their OpenAPI descriptions. The handlers are in handlers.ts. */
import { z } from '@hono/zod-openapi'
import { sentAssignment } from '../contract/assignmentVersions.ts'
import { MAX_CHUNKS } from '../contract/chunk.ts'
import * as protocol from '../contract/runnerProtocol.ts'
import { MAX_PARTS, uploadedPart } from '../contract/uploadParts.ts'
import { errors, json } from '../http/responses/errorResponse.ts'
import { route } from '../http/route.ts'
import { jsonBody } from '../http/router.ts'

/**
 * In `src/app.ts`, `requireRunner` checks the token for all of `/runner`. Containers use the same
 * routes through RunnerGateway without a token. The claims of each runner and the requests about
 * each job are limited in rate.
 */
const runnerToken = {
  security: [{ runnerToken: [] }],
  responses: errors('unauthorized', 'rate_limited', 'not_configured'),
}
const tags = ['runner']
const jobParams = z.object({ id: z.string().max(100) })
const fence = z.coerce.number().int().positive()

export const claimRoute = route(runnerToken, {
  tags,
  operationId: 'claimJob',
  method: 'post',
  path: '/claim',
  summary: 'Claim the next job',
  request: { body: jsonBody(protocol.claimRequest) },
  responses: {
    200: json(sentAssignment, 'The claimed job. Its lease begins now.'),
    204: { description: 'There is no job to claim. Claim again.' },
  },
})

export const sourceRoute = route(runnerToken, {
  tags,
  operationId: 'readSource',
  method: 'get',
  path: '/jobs/{id}/source',
  summary: 'Read the original or a reference file of a job',
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
        .describe('Index of a reference file in the `references` of the assignment, from 0'),
      chunk: z.coerce
        .number()
        .int()
        .min(0)
        .max(MAX_CHUNKS)
        .optional()
        .describe('Index of a completed chunk of the same job, to read its file'),
      reused: protocol.packageFileName
        .optional()
        .describe('Name of a file of one of the `reusableTracks` of the chunk'),
    }),
  },
  responses: {
    200: { description: 'The whole file' },
    206: { description: 'The requested range' },
    ...errors(
      'lease_lost',
      'file_not_found',
      'precondition_failed',
      'source_changed',
      'range_not_satisfiable',
    ),
  },
})

export const chunksRoute = route(runnerToken, {
  tags,
  operationId: 'listCompletedChunks',
  method: 'get',
  path: '/jobs/{id}/chunks',
  summary: 'List the completed chunks of the job of which the runner makes a chunk',
  request: { params: jobParams, query: z.object({ fence }) },
  responses: {
    200: json(
      protocol.completedChunks,
      'The completed chunks, in their order, up to the first one of video that is not completed.',
    ),
    ...errors('lease_lost'),
  },
})

export const reportRoute = route(runnerToken, {
  tags,
  operationId: 'reportProgress',
  method: 'post',
  path: '/jobs/{id}/report',
  summary: 'Report progress and extend the lease',
  request: { params: jobParams, body: jsonBody(protocol.report) },
  responses: {
    200: json(protocol.reportResponse, 'The lease is extended.'),
    ...errors('lease_lost'),
  },
})

export const outputRoute = route(runnerToken, {
  tags,
  operationId: 'beginOutput',
  method: 'post',
  path: '/jobs/{id}/output',
  summary: 'Begin the upload of the output',
  request: { params: jobParams, body: jsonBody(protocol.outputRequest) },
  responses: {
    200: json(protocol.outputResponse, 'The upload has begun.'),
    ...errors('lease_lost'),
  },
})

export const partRoute = route(runnerToken, {
  tags,
  operationId: 'putOutputPart',
  method: 'put',
  path: '/jobs/{id}/output/{part}',
  summary: 'Upload one part of the output',
  request: {
    params: jobParams.extend({ part: z.coerce.number().int().min(1).max(MAX_PARTS) }),
    query: z.object({ fence, uploadId: z.string().min(1).max(2_000) }),
  },
  responses: {
    200: json(uploadedPart, 'The part is stored.'),
    ...errors('lease_lost', 'length_required', 'digest_mismatch'),
  },
})

export const fileRoute = route(runnerToken, {
  tags,
  operationId: 'putPackageFile',
  method: 'put',
  path: '/jobs/{id}/files/{name}',
  summary: 'Store one file of a package; an earlier file of that name is replaced',
  request: {
    params: jobParams.extend({ name: protocol.packageFileName }),
    query: z.object({
      fence,
      version: protocol.packageFileVersion
        .optional()
        .describe(
          'For a chunk: the number of segments that the file names. A file with this or a higher number, or without one, is kept instead',
        ),
    }),
  },
  responses: {
    200: json(protocol.storedPackageFile, 'The file is stored.'),
    ...errors('lease_lost', 'length_required', 'digest_mismatch', 'too_large', 'not_ready'),
  },
})

export const filesRoute = route(runnerToken, {
  tags,
  operationId: 'listPackageFiles',
  method: 'get',
  path: '/jobs/{id}/files',
  summary: 'List the stored files of a package',
  request: {
    params: jobParams,
    query: z.object({
      fence,
      after: protocol.packageFileName.optional().describe('Lists the files after this name'),
    }),
  },
  responses: {
    200: json(protocol.packageFiles, 'Up to 1,000 files, in the byte order of their names.'),
    ...errors('lease_lost'),
  },
})

export const finishRoute = route(runnerToken, {
  tags,
  operationId: 'finishAttempt',
  method: 'post',
  path: '/jobs/{id}/finish',
  summary: 'End the attempt',
  request: { params: jobParams, body: jsonBody(protocol.finish) },
  responses: {
    200: json(protocol.finishResponse, 'The attempt has ended. Returns the status of the job.'),
    ...errors('lease_lost'),
  },
})
