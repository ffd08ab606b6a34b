/** `/tus`: resumable uploads by the tus protocol 1.0.0. */
import type { Context } from 'hono'
import { errorResult } from '../../domain/result.ts'
import { appendBytes, type AppendOutcome } from '../../services/tusUploads/appendBytes.ts'
import { createTusUpload } from '../../services/tusUploads/createTusUpload.ts'
import type { TusUpload } from '../../services/tusUploads/findUpload.ts'
import { deleteUploadAndParts } from '../../services/files/multipartUploads.ts'
import { toIsoTime } from '../../services/serializers.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { errorResponse } from '../responses/errorResponse.ts'
import { createApi } from '../router.ts'
import { uploadLimitError } from '../signedUrl.ts'
import { findAccessibleUpload, readTarget, uploadUrl } from '../tusAccess.ts'
import { createRoute, deleteRoute, getRoute, patchRoute } from '../tusOperations.ts'
import {
  OFFSET_STREAM,
  readByteCount,
  readChecksum,
  readLength,
  readMetadata,
} from '../tusProtocol.ts'

const DAY_MS = 86_400_000

function setUploadHeaders(c: Context<ApiEnv>, { upload }: TusUpload, offset: number) {
  const { uploadDays } = c.get('platform').settings.retention
  c.header('Upload-Offset', String(offset))
  c.header('Cache-Control', 'no-store')
  c.header('Upload-Expires', new Date(upload.createdAt + uploadDays * DAY_MS).toUTCString())
}

/** Appends the body of a request at `offset`. */
async function append(
  c: Context<ApiEnv>,
  found: TusUpload,
  offset: number,
  lengthBytes: number | null,
): Promise<AppendOutcome> {
  const checksum = readChecksum(c)
  if (!checksum.ok) {
    return checksum
  }
  const size = readByteCount(c, 'Content-Length')
  if (!size.ok) {
    return size
  }
  const { body } = c.req.raw
  return appendBytes(c.get('platform'), found, {
    offset,
    body,
    sizeBytes: body === null ? 0 : size.value,
    lengthBytes,
    checksum: checksum.value,
  })
}

export const tusRoutes = createApi()
  .openapi(createRoute, async (c) => {
    const length = readLength(c)
    if (!length.ok) {
      return errorResponse(c, length)
    }
    const metadata = readMetadata(c)
    if (!metadata.ok) {
      return errorResponse(c, metadata)
    }
    const target = await readTarget(c, metadata.value)
    if (!target.ok) {
      return errorResponse(c, target)
    }
    const { caller, filePath, signed } = target
    const denied =
      signed &&
      uploadLimitError(signed, {
        sizeBytes: length.value,
        contentType: metadata.value.values.get('filetype'),
      })
    if (denied) {
      return errorResponse(c, denied)
    }
    const hasBody = c.req.header('Content-Type') === OFFSET_STREAM
    const created = await createTusUpload(c.get('platform'), caller, {
      filePath,
      lengthBytes: length.value,
      metadata: metadata.value.text,
      maxBytes: signed?.maxBytes ?? null,
      isSigned: signed !== null,
    })
    if (!created.ok) {
      return errorResponse(c, created)
    }
    const appended = hasBody ? await append(c, created, 0, null) : { ok: true as const, offset: 0 }
    if (!appended.ok) {
      // The client does not get to know the upload.
      await deleteUploadAndParts(c.get('platform'), created.upload)
      return errorResponse(c, appended)
    }
    setUploadHeaders(c, created, appended.offset)
    c.header('Location', await uploadUrl(c, created.upload.id, target))
    return c.body(null, 201)
  })
  .openapi(getRoute, async (c) => {
    const found = await findAccessibleUpload(c, c.req.valid('param').uploadId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    const { upload, tus } = found
    const offset = upload.sizeBytes ?? tus.offsetBytes
    const length = upload.sizeBytes ?? tus.lengthBytes
    setUploadHeaders(c, found, offset)
    c.header(
      length === null ? 'Upload-Defer-Length' : 'Upload-Length',
      length === null ? '1' : String(length),
    )
    if (tus.metadata !== '') {
      c.header('Upload-Metadata', tus.metadata)
    }
    return c.json(
      {
        uploadId: upload.id,
        filePath: upload.filePath,
        offset,
        length,
        createdAt: toIsoTime(upload.createdAt),
        completedAt: toIsoTime(upload.completedAt),
      },
      200,
    )
  })
  .openapi(patchRoute, async (c) => {
    const contentType = c.req.header('Content-Type')
    if (contentType !== OFFSET_STREAM) {
      return errorResponse(
        c,
        errorResult(
          'content_mismatch',
          `The Content-Type must be ${OFFSET_STREAM} (got ${contentType ?? 'none'}).`,
        ),
      )
    }
    const offset = readByteCount(c, 'Upload-Offset')
    if (!offset.ok) {
      return errorResponse(c, offset)
    }
    const length = readByteCount(c, 'Upload-Length')
    if (!length.ok) {
      return errorResponse(c, length)
    }
    if (offset.value === null) {
      return errorResponse(
        c,
        errorResult('invalid_request', 'The header Upload-Offset is missing.'),
      )
    }
    const found = await findAccessibleUpload(c, c.req.valid('param').uploadId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    const appended = await append(c, found, offset.value, length.value)
    if (!appended.ok) {
      return errorResponse(c, appended)
    }
    setUploadHeaders(c, found, appended.offset)
    return c.body(null, 204)
  })
  .openapi(deleteRoute, async (c) => {
    const found = await findAccessibleUpload(c, c.req.valid('param').uploadId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    await deleteUploadAndParts(c.get('platform'), found.upload)
    return c.body(null, 204)
  })
