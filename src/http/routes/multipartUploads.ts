/** `/uploads`: originals that come in parts. */
import { createRoute, z } from '@hono/zod-openapi'
import { storedFile } from '../../contract/storedFile.ts'
import { done } from '../../contract/job.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import { uploadedPart } from '../../contract/runnerProtocol.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { contentLength } from '../requestBody.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import {
  abortUpload,
  beginUpload,
  completeUpload,
  putUploadPart,
} from '../../services/files/multipartUploads.ts'
import { serializeFile } from '../../services/serializers.ts'

const uploads = { tags: ['files'], ...requiresScope('files:write') }
const params = z.object({ uploadId: z.string().max(100) })

/** Fits into a request on every plan; 10,000 of them make 312 GiB, which is more than fits a runner. */
const PART_SIZE_BYTES = 32 * 1024 * 1024

const beginRoute = createRoute({
  ...uploads,
  method: 'post',
  path: '/uploads',
  summary: 'Begin to store an original in parts',
  request: { body: jsonBody(z.strictObject({ filePath: originalPath })) },
  responses: {
    201: json(
      z.object({
        uploadId: z.string(),
        filePath: z.string(),
        partSizeBytes: z.int().describe('A good size for every part but the last; at least 5 MiB'),
      }),
      'Where the parts go',
    ),
    ...errors(400, 401, 403, 415, 429, 503),
  },
})

const partRoute = createRoute({
  ...uploads,
  method: 'put',
  path: '/uploads/{uploadId}/{part}',
  summary: 'Store one part, as the raw body; one sent again replaces the one before',
  request: {
    params: params.extend({ part: z.coerce.number().int().min(1).max(10_000) }),
  },
  responses: {
    200: json(uploadedPart, 'Keep it for the completion'),
    ...errors(400, 401, 403, 404, 411, 413, 415, 429, 503),
  },
})

const completeRoute = createRoute({
  ...uploads,
  method: 'post',
  path: '/uploads/{uploadId}/complete',
  summary: 'Make the parts one file, replacing what is there',
  request: {
    params,
    body: jsonBody(z.strictObject({ parts: z.array(uploadedPart).min(1).max(10_000) })),
  },
  responses: { 201: json(storedFile, 'It is stored'), ...errors(400, 401, 403, 404, 429, 503) },
})

const abortRoute = createRoute({
  ...uploads,
  method: 'delete',
  path: '/uploads/{uploadId}',
  summary: 'Drop an upload and its parts',
  request: { params },
  responses: { 200: json(done, 'It is gone'), ...errors(401, 403, 404, 429, 503) },
})

export const partedUploadRoutes = createApi()
  .openapi(beginRoute, async (c) => {
    const { filePath } = c.req.valid('json')
    const outcome = await beginUpload(c.get('platform'), c.get('caller'), filePath)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ uploadId: outcome.id, filePath, partSizeBytes: PART_SIZE_BYTES }, 201)
  })
  .openapi(partRoute, async (c) => {
    const { uploadId, part } = c.req.valid('param')
    const length = contentLength(c)
    if (!length.ok) {
      return errorResponse(c, length)
    }
    const outcome = await putUploadPart(c.get('platform'), c.get('caller'), uploadId, part, length)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(outcome.stored, 200)
  })
  .openapi(completeRoute, async (c) => {
    const { parts } = c.req.valid('json')
    const outcome = await completeUpload(
      c.get('platform'),
      c.get('caller'),
      c.req.valid('param').uploadId,
      parts,
    )
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(serializeFile(outcome.filePath, outcome.object), 201)
  })
  .openapi(abortRoute, async (c) => {
    const outcome = await abortUpload(
      c.get('platform'),
      c.get('caller'),
      c.req.valid('param').uploadId,
    )
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'Upload aborted' }, 200)
  })
