/** The operations of resumable uploads, as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi'
import { tusUpload } from '../contract/storedFile.ts'
import { errors, json } from './responses/errorResponse.ts'
import { route } from './route.ts'
import { keyOrSignature, keyOrSignedUrl } from './tusAccess.ts'
import { OFFSET_STREAM, requireTusVersion } from './tusProtocol.ts'

const tags = ['files']
const params = z.object({ uploadId: z.string() })
function header(description: string) {
  return { description, schema: { type: 'string' as const } }
}
const offsetHeaders = {
  'Upload-Offset': header('Bytes that are stored'),
  'Upload-Expires': header('Time at which an unfinished upload is deleted'),
}
const APPEND_ERRORS = [
  'upload_not_found',
  'offset_mismatch',
  'length_required',
  'unsupported_version',
  'too_large',
  'storage_cap_reached',
  'content_mismatch',
  'upload_locked',
  'checksum_mismatch',
] as const
const bytes = {
  required: false,
  content: { [OFFSET_STREAM]: { schema: { type: 'string' as const, format: 'binary' } } },
}

export const createRoute = route(keyOrSignedUrl, {
  tags,
  operationId: 'createTusUpload',
  method: 'post',
  middleware: [requireTusVersion],
  path: '/tus',
  summary: 'Create a resumable upload (tus 1.0.0)',
  description:
    'Upload-Metadata has the path of the file as `filePath`, or a signed URL of the method PUT as `signedUrl`, which replaces the API key. Send either Upload-Length or `Upload-Defer-Length: 1`. A body is stored as the first bytes of the file.',
  request: { body: bytes },
  responses: {
    201: {
      description: 'The upload',
      headers: { Location: header('URL of the upload'), ...offsetHeaders },
    },
    ...errors('invalid_request', 'invalid_path', ...APPEND_ERRORS),
  },
})

export const getRoute = route(keyOrSignature, {
  tags,
  operationId: 'getTusUpload',
  method: 'get',
  middleware: [requireTusVersion],
  path: '/tus/{uploadId}',
  summary: 'Get the offset of a resumable upload. Clients use HEAD, which has the same headers.',
  request: { params },
  responses: {
    200: {
      ...json(tusUpload, 'The upload'),
      headers: {
        ...offsetHeaders,
        'Upload-Length': header('Size of the file'),
        'Upload-Defer-Length': header('1 while the length is not known'),
        'Upload-Metadata': header('The metadata of the upload'),
      },
    },
    ...errors('upload_not_found', 'unsupported_version'),
  },
})

export const patchRoute = route(keyOrSignature, {
  tags,
  operationId: 'appendToTusUpload',
  method: 'patch',
  middleware: [requireTusVersion],
  path: '/tus/{uploadId}',
  summary: 'Append bytes to a resumable upload. The last one completes it, and replaces the file.',
  description:
    'Upload-Offset must be the current one. If the connection is lost, the bytes that have arrived are kept, unless the request has an Upload-Checksum.',
  request: { params, body: bytes },
  responses: {
    204: { description: 'The bytes are stored', headers: offsetHeaders },
    ...errors('invalid_request', ...APPEND_ERRORS),
  },
})

export const deleteRoute = route(keyOrSignature, {
  tags,
  operationId: 'deleteTusUpload',
  method: 'delete',
  middleware: [requireTusVersion],
  path: '/tus/{uploadId}',
  summary: 'End a resumable upload, and delete its bytes. The file of a completed upload stays.',
  request: { params },
  responses: {
    204: { description: 'The upload was deleted' },
    ...errors('upload_not_found', 'unsupported_version'),
  },
})
