/** `/files`: lists originals, stores an original from the raw body of a request, and deletes originals. */
import { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { successBody } from '../../contract/job.ts'
import { storagePath } from '../../contract/storagePath.ts'
import { fileList, listFilesQuery, storedFile } from '../../contract/storedFile.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import { missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import { deleteFile, putFile } from '../../services/files/files.ts'
import { listFiles } from '../../services/files/listFiles.ts'
import { serializeFile } from '../../services/serializers.ts'
import { httpEtag } from '../../storage/objectStore.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { checkCallerRateLimit, limitLargeReads } from '../middleware/rateLimit.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { readSizedBody } from '../requestBody.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { createApi, fileBody } from '../router.ts'
import { readSignature, uploadLimitError } from '../signedUrl.ts'

const tags = ['files']
const write = requiresScope('files:write')

/** A signature replaces the API key. The handler checks it. */
const keyOrSignature = createMiddleware<ApiEnv>(async (c, next) =>
  c.req.query('sig') === undefined ? write.middleware(c, next) : next(),
)

const putRoute = route(
  { ...write, middleware: keyOrSignature },
  {
    tags,
    operationId: 'putFile',
    method: 'put',
    path: '/files/{path}{.+}',
    summary: 'Store an original, replacing the one at this path',
    request: { params: z.object({ path: originalPath }), body: fileBody },
    responses: {
      201: json(storedFile, 'The stored file'),
      ...errors('length_required', 'storage_cap_reached', 'too_large', 'content_mismatch'),
    },
  },
)

const listRoute = route(requiresScope('jobs:read', 'files:write'), {
  tags,
  operationId: 'listFiles',
  method: 'get',
  path: '/files',
  summary: 'List the stored originals, in the order of their paths',
  // For a key with a queue, the jobs of each file on the page are read.
  middleware: [limitLargeReads((_, { queue }) => queue !== null)],
  request: { query: listFilesQuery },
  responses: { 200: json(fileList, 'A page of files'), ...errors('invalid_path') },
})

const deleteRoute = route(write, {
  tags,
  operationId: 'deleteFile',
  method: 'delete',
  path: '/files/{path}{.+}',
  summary: 'Delete an original and its variants, and cancel its jobs that have not ended',
  request: { params: z.object({ path: storagePath }) },
  responses: { 200: json(successBody, 'The file was deleted'), ...errors('file_not_found') },
})

const LIST = 'files'

export const fileRoutes = createApi()
  .openapi(listRoute, async (c) => {
    const { cursor, ...query } = c.req.valid('query')
    const from = await readCursor(c, LIST, cursor)
    if (!from.ok) {
      return errorResponse(c, from)
    }
    const page = await listFiles(c.get('platform'), c.get('caller'), query, from.position)
    const next = await writeCursor(c, LIST, page.next)
    if (!next.ok) {
      return errorResponse(c, next)
    }
    return c.json({ files: page.files, nextCursor: next.cursor }, 200)
  })
  .openapi(putRoute, async (c) => {
    const { path } = c.req.valid('param')
    const signed = await readSignature(c, { method: 'PUT', variant: null, filePath: path })
    if (signed?.ok === false) {
      return errorResponse(c, signed)
    }
    const caller = signed ? signed.access.caller : c.get('caller')
    const content = readSizedBody(c)
    if (!content.ok) {
      return errorResponse(c, content)
    }
    if (signed) {
      const denied =
        missingScopeError(caller, 'files:write') ??
        uploadLimitError(signed.access, {
          sizeBytes: content.sizeBytes,
          contentType: c.req.header('Content-Type'),
        })
      if (denied) {
        return errorResponse(c, denied)
      }
      const limited = await checkCallerRateLimit(c, 'UPLOADS', caller)
      if (!limited.ok) {
        return errorResponse(c, limited)
      }
    }
    const outcome = await putFile(c.get('platform'), caller, path, content)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    c.header('ETag', httpEtag(outcome.stored))
    return c.json(serializeFile(outcome.stored), 201)
  })
  .openapi(deleteRoute, async (c) => {
    const { path } = c.req.valid('param')
    const deleted = await deleteFile(c.get('platform'), c.get('caller'), path)
    if (!deleted.ok) {
      return errorResponse(c, deleted)
    }
    return c.json({ success: true as const, message: 'File deleted' }, 200)
  })
