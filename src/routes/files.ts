/** `/files`: storing an original as the raw body of a request, and removing one. */
import { createRoute, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { storedFile } from '../contract/file.ts'
import { done } from '../contract/job.ts'
import { storagePath } from '../contract/path.ts'
import { originalPath } from '../domain/variantName.ts'
import { lacking, withKey } from '../http/access.ts'
import { type ApiEnv, createApi, platformOf } from '../http/api.ts'
import { contentLength } from '../http/length.ts'
import { withinLimit } from '../http/limits.ts'
import { errors, json, problem } from '../http/problem.ts'
import { limitProblem, readSignature } from '../http/signedUrl.ts'
import { putFile, removeFile } from '../jobs/file.ts'
import { fileView } from '../jobs/view.ts'

const keyed = withKey('files:write')
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
      return problem(c, signed.code, signed.message)
    }
    const caller = signed ? signed.leave.caller : c.get('caller')
    const length = contentLength(c)
    if (!length.ok) {
      return problem(c, length.code, length.message)
    }
    if (signed) {
      const refused =
        lacking(caller, 'files:write') ?? limitProblem(c, signed.leave, length.sizeBytes)
      if (refused) {
        return problem(c, refused.code, refused.message)
      }
      const within = await withinLimit(c, 'UPLOADS', caller)
      if (!within.ok) {
        return problem(c, within.code, within.message)
      }
    }
    const outcome = await putFile(platformOf(c), caller, path, length)
    if (!outcome.ok) {
      return problem(c, outcome.code, outcome.message)
    }
    return c.json(fileView(path, outcome.stored), 201)
  })
  .openapi(deleteRoute, async (c) => {
    const { path } = c.req.valid('param')
    const outcome = await removeFile(platformOf(c), c.get('caller'), path)
    if (!outcome.ok) {
      return problem(c, outcome.code, outcome.message)
    }
    return c.json({ success: true as const, message: 'File deleted' }, 200)
  })
