/** `/upload`: small files as a form, optionally with jobs for each of them. */
import { z } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { MAX_TRANSFORMATIONS } from '../../contract/job.ts'
import { uploaded } from '../../contract/storedFile.ts'
import { errorResult } from '../../domain/result.ts'
import { uploadForm } from '../../services/files/formUpload.ts'
import { describeError, logError } from '../../log.ts'
import { serializeCreatedJob, serializeFile } from '../../services/serializers.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { CREATE_JOBS_CODES } from '../responses/createJobsCodes.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi } from '../router.ts'

/** A form is held in memory, and a Worker has 128 MB. */
const MAX_FORM_MIB = 32
const MAX_FILES = 20

/** Accepts a field that is sent once, several times or not at all, as an array. */
function repeated<T extends z.ZodArray>(items: T) {
  return z.preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    items,
  )
}

const form = z.object({
  files: repeated(z.array(z.instanceof(File)).min(1).max(MAX_FILES)).openapi({
    type: 'array',
    items: { type: 'string', format: 'binary' },
  }),
  folder: z.string().default('').openapi({ description: 'Folder to store the files in' }),
  names: repeated(z.array(z.string())).openapi({
    type: 'array',
    items: { type: 'string' },
    description:
      'Names to store the files under, in the order of the files. Default: their own names',
  }),
  transformations: repeated(z.array(z.string().max(2_000)).max(MAX_TRANSFORMATIONS)).openapi({
    type: 'array',
    items: { type: 'string' },
    description:
      'One transformation per field. A job is created for each transformation of each file, which requires the scope jobs:write',
  }),
})

const limitSize = bodyLimit({
  maxSize: MAX_FORM_MIB * 1024 * 1024,
  onError: (c) =>
    errorResponse(
      c,
      errorResult(
        'too_large',
        `A form may have up to ${MAX_FORM_MIB} MiB. Send larger files one by one with PUT /files/{path}.`,
      ),
    ),
})

const uploadRoute = route(requiresScope('files:write'), {
  tags: ['files'],
  operationId: 'uploadForm',
  method: 'post',
  path: '/upload',
  summary: 'Store small files, and create jobs for each of them',
  description:
    'If a file cannot be stored, or its jobs cannot be created, the files that were stored by then stay stored. The error has a field `files`, which lists them as in a response with the status 201.',
  middleware: [limitSize],
  request: { body: { required: true, content: { 'multipart/form-data': { schema: form } } } },
  responses: {
    201: json(uploaded, 'The stored files and their jobs'),
    ...errors(...CREATE_JOBS_CODES, 'storage_cap_reached', 'too_large', 'internal'),
  },
})

export const formUploadRoutes = createApi().openapi(uploadRoute, async (c) => {
  const outcome = await uploadForm(c.get('platform'), c.get('caller'), c.req.valid('form'))
  const files = outcome.files.map(({ stored, jobs }) => ({
    ...serializeFile(stored),
    jobs: jobs.map(serializeCreatedJob),
  }))
  if (outcome.ok) {
    return c.json({ files }, 201)
  }
  if (outcome.cause !== undefined) {
    const requestId = c.get('requestId')
    logError('request_failed', { requestId, method: 'POST', error: describeError(outcome.cause) })
  }
  return errorResponse(c, outcome.error, { files })
})
