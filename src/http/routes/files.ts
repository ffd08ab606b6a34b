/** `/files`: storing an original as the raw body of a request, and removing one. */
import { createRoute, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { storedFile } from '../../contract/storedFile.ts'
import { done } from '../../contract/job.ts'
import { storagePath } from '../../contract/storagePath.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import { missingScopeError, requiresScope } from '../middleware/authenticate.ts'
import { type ApiEnv, createApi } from '../router.ts'
import { contentLength } from '../requestBody.ts'
import { checkRateLimit } from '../middleware/rateLimit.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { signedLimitError, readSignature } from '../signedUrl.ts'
import { putFile, removeFile } from '../../services/files/files.ts'
import { serializeFile } from '../../services/serializers.ts'

const keyed = requiresScope('files:write')
/** A signature stands in for the key; the handler is where it is looked at. */
const keyOrSignature = createMiddleware<ApiEnv>(async (c, next) =>
  c.req.query('sig') === undefined ? keyed.middleware(c, next) : next(),
)

const putRoute = createRoute({
  tags: ['files'],
  security: keyed.security,
  middleware: keyOrSignature,
  method: 'put',
  path: '/files/{path}{.+}',
  summary: 'Store an original, replacing what is there',
  request: { params: z.object({ path: originalPath }) },
  responses: {
    201: json(storedFile, 'It is stored'),
    ...errors(400, 401, 403, 411, 413, 415, 429, 503),
  },
})

const deleteRoute = createRoute({
  tags: ['files'],
  ...keyed,
  method: 'delete',
  path: '/files/{path}{.+}',
  summary: 'Remove an original and its variants; its jobs that wait or run are cancelled',
  request: { params: z.object({ path: storagePath }) },
  responses: { 200: json(done, 'It is gone'), ...errors(400, 401, 403, 404, 429, 503) },
})

export const fileRoutes = createApi()
  .openapi(putRoute, async (c) => {
    const { path } = c.req.valid('param')
    const signed = await readSignature(c, { method: 'PUT', variant: null, filePath: path })
    if (signed?.ok === false) {
      return errorResponse(c, signed)
    }
    const caller = signed ? signed.leave.caller : c.get('caller')
    const length = contentLength(c)
    if (!length.ok) {
      return errorResponse(c, length)
    }
    if (signed) {
      const refused =
        missingScopeError(caller, 'files:write') ??
        signedLimitError(c, signed.leave, length.sizeBytes)
      if (refused) {
        return errorResponse(c, refused)
      }
      const within = await checkRateLimit(c, 'UPLOADS', caller)
      if (!within.ok) {
        return errorResponse(c, within)
      }
    }
    const outcome = await putFile(c.get('platform'), caller, path, length)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(serializeFile(path, outcome.stored), 201)
  })
  .openapi(deleteRoute, async (c) => {
    const { path } = c.req.valid('param')
    const outcome = await removeFile(c.get('platform'), c.get('caller'), path)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'File deleted' }, 200)
  })
