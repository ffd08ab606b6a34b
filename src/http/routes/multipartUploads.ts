/** `/uploads`: originals that are uploaded in parts. */
import { z } from '@hono/zod-openapi'
import { successBody } from '../../contract/job.ts'
import { MAX_PARTS, namedParts, uploadedPart } from '../../contract/uploadParts.ts'
import { directSize, partUrl, storedFile, uploadState } from '../../contract/storedFile.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import { completeUpload } from '../../services/files/completeUpload.ts'
import { signPart, URL_SECONDS } from '../../services/files/directUploads.ts'
import {
  abortUpload,
  beginUpload,
  putUploadPart,
  readUpload,
} from '../../services/files/multipartUploads.ts'
import { choosePartSize } from '../../services/files/partSize.ts'
import { toIsoTime } from '../../services/serializers.ts'
import { httpEtag } from '../../storage/objectStore.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { keyOrPartSignature, readPartCaller, signFirstPart } from '../partAccess.ts'
import { readSizedBody } from '../requestBody.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, fileBody, jsonBody } from '../router.ts'

const tags = ['files']
const write = requiresScope('files:write')
const params = z.object({ uploadId: z.string() })
const partParams = params.extend({ part: z.coerce.number().int().min(1).max(MAX_PARTS) })

/**
 * Below the request size limit of every Cloudflare plan. The maximum of 10,000 such parts makes a
 * file of 312 GiB.
 */
const PART_SIZE_BYTES = 32 * 1024 * 1024

const beginRoute = route(write, {
  tags,
  operationId: 'beginUpload',
  method: 'post',
  path: '/uploads',
  summary: 'Begin to upload an original in parts',
  request: {
    body: jsonBody(z.strictObject({ filePath: originalPath, directSize: directSize.optional() })),
  },
  responses: {
    201: json(
      z.object({
        uploadId: z.string(),
        filePath: z.string(),
        partSizeBytes: z
          .int()
          .describe(
            'Recommended size of a part. All parts but the last must have the same size, of at least 5 MiB. The parts of a direct upload must have this size',
          ),
      }),
      'The upload',
    ),
    ...errors(
      'invalid_path',
      'content_mismatch',
      'storage_cap_reached',
      'too_large',
      'not_enabled',
    ),
  },
})

const etagHeader = {
  description: 'The etag of the part, in quotes',
  required: true,
  schema: { type: 'string' },
} as const

const partRoute = route(keyOrPartSignature, {
  tags,
  operationId: 'putUploadPart',
  method: 'put',
  path: '/uploads/{uploadId}/{part}',
  summary: 'Upload one part as the raw body. A part that is sent again replaces the previous one.',
  request: {
    params: partParams,
    body: fileBody,
  },
  responses: {
    200: {
      ...json(uploadedPart, 'The part. Send it with the completion.'),
      headers: { ETag: etagHeader },
    },
    ...errors(
      'upload_not_found',
      'length_required',
      'storage_cap_reached',
      'too_large',
      'content_mismatch',
    ),
  },
})

const partUrlRoute = route(write, {
  tags,
  operationId: 'getPartUrl',
  method: 'get',
  path: '/uploads/{uploadId}/{part}/url',
  summary: 'Get a URL to which a part of a direct upload is sent, without an API key, for an hour',
  request: { params: partParams },
  responses: { 200: json(partUrl, 'The URL'), ...errors('upload_not_found') },
})

const getRoute = route(write, {
  tags,
  operationId: 'getUpload',
  method: 'get',
  path: '/uploads/{uploadId}',
  summary: 'Get an upload and its stored parts',
  request: { params },
  responses: { 200: json(uploadState, 'The upload'), ...errors('upload_not_found') },
})

const completeRoute = route(write, {
  tags,
  operationId: 'completeUpload',
  method: 'post',
  path: '/uploads/{uploadId}/complete',
  summary:
    'Complete an upload, and replace the file at its path. A repeated request returns the same response.',
  request: {
    params,
    body: jsonBody(z.strictObject({ parts: namedParts })),
  },
  responses: { 201: json(storedFile, 'The stored file'), ...errors('upload_not_found') },
})

const abortRoute = route(write, {
  tags,
  operationId: 'abortUpload',
  method: 'delete',
  path: '/uploads/{uploadId}',
  summary: 'Abort an upload, and delete its parts',
  request: { params },
  responses: { 200: json(successBody, 'The upload was aborted'), ...errors('upload_not_found') },
})

function partSize(directSizeBytes: number | null): number {
  return directSizeBytes === null ? PART_SIZE_BYTES : choosePartSize(directSizeBytes)
}

export const multipartUploadRoutes = createApi()
  .openapi(beginRoute, async (c) => {
    const { filePath, directSize: size = null } = c.req.valid('json')
    const upload = await beginUpload(c.get('platform'), c.get('caller'), filePath, size)
    if (!upload.ok) {
      return errorResponse(c, upload)
    }
    return c.json({ uploadId: upload.id, filePath, partSizeBytes: partSize(size) }, 201)
  })
  .openapi(partRoute, async (c) => {
    const { uploadId, part } = c.req.valid('param')
    const content = readSizedBody(c)
    if (!content.ok) {
      return errorResponse(c, content)
    }
    const access = await readPartCaller(c, uploadId, part)
    if (!access.ok) {
      return errorResponse(c, access)
    }
    const { caller } = access
    const stored = await putUploadPart(c.get('platform'), caller, uploadId, part, content)
    if (!stored.ok) {
      return errorResponse(c, stored)
    }
    c.header('ETag', httpEtag(stored.part))
    return c.json(stored.part, 200)
  })
  .openapi(partUrlRoute, async (c) => {
    const { uploadId, part } = c.req.valid('param')
    const presigned = await signPart(c.get('platform'), c.get('caller'), uploadId, part)
    if (!presigned.ok) {
      return errorResponse(c, presigned)
    }
    const expiresAt = Date.now() + URL_SECONDS * 1000
    const { sizeBytes: size } = presigned
    const signed =
      presigned.url === null
        ? await signFirstPart(c, uploadId, expiresAt)
        : { ok: true as const, url: presigned.url }
    if (!signed.ok) {
      return errorResponse(c, signed)
    }
    c.header('Cache-Control', 'no-store')
    return c.json({ url: signed.url, size, expiresAt: toIsoTime(expiresAt) }, 200)
  })
  .openapi(getRoute, async (c) => {
    const found = await readUpload(
      c.get('platform'),
      c.get('caller'),
      c.req.valid('param').uploadId,
    )
    if (!found.ok) {
      return errorResponse(c, found)
    }
    const { id: uploadId, filePath, directSizeBytes, createdAt, completedAt } = found.upload
    return c.json(
      {
        uploadId,
        filePath,
        partSizeBytes: partSize(directSizeBytes),
        directSize: directSizeBytes,
        createdAt: toIsoTime(createdAt),
        completedAt: toIsoTime(completedAt),
        parts: found.parts,
      },
      200,
    )
  })
  .openapi(completeRoute, async (c) => {
    const { uploadId } = c.req.valid('param')
    const { parts } = c.req.valid('json')
    const completed = await completeUpload(c.get('platform'), c.get('caller'), uploadId, parts)
    if (!completed.ok) {
      return errorResponse(c, completed)
    }
    c.header('ETag', completed.file.etag)
    return c.json(completed.file, 201)
  })
  .openapi(abortRoute, async (c) => {
    const { uploadId } = c.req.valid('param')
    const aborted = await abortUpload(c.get('platform'), c.get('caller'), uploadId)
    if (!aborted.ok) {
      return errorResponse(c, aborted)
    }
    return c.json({ success: true as const, message: 'Upload aborted' }, 200)
  })
