/** `/upload`: small files as a form, with the variants to queue at once. */
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { errorResult } from '../../domain/result.ts'
import { createRoute, z } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { uploaded } from '../../contract/storedFile.ts'
import { MAX_TRANSFORMATIONS } from '../../contract/job.ts'
import { chargedKeyId, canSeePath } from '../../domain/caller.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import { missingScopeError, requiresScope } from '../middleware/authenticate.ts'
import { createApi } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { type CreatedJob, createJobs } from '../../services/jobs/createJobs.ts'
import { outside, putReserved } from '../../services/files/files.ts'
import { resolveRendition } from '../../services/variants/namedPresets.ts'
import { reserveStorage, releaseReservations } from '../../services/files/storageQuota.ts'
import { serializeCreatedJob, serializeFile } from '../../services/serializers.ts'
import { findContentProblem, SNIFF_BYTES } from '../../storage/contentCheck.ts'

/** A form is held in memory, and a Worker has 128 MB of it. Larger files go to PUT /files. */
const MAX_FORM_BYTES = 32 * 1024 * 1024
const MAX_FILES = 20

function many<T extends z.ZodType>(one: T) {
  return z.preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(one),
  )
}

const form = z.object({
  files: many(z.instanceof(File))
    .pipe(z.array(z.instanceof(File)).min(1, 'at least one file is needed').max(MAX_FILES))
    .openapi({ type: 'array', items: { type: 'string', format: 'binary' } }),
  folder: z.string().default('').openapi({ description: 'Put before each name' }),
  names: many(z.string()).openapi({
    type: 'array',
    items: { type: 'string' },
    description: 'Names to store the files under, in their order; default: their own',
  }),
  transformations: many(z.string().max(2_000))
    .pipe(z.array(z.string()).max(MAX_TRANSFORMATIONS))
    .openapi({
      type: 'array',
      items: { type: 'string' },
      description: 'Variants to queue for each file, one a field',
    }),
})

const write = requiresScope('files:write')

const uploadRoute = createRoute({
  tags: ['files'],
  ...write,
  method: 'post',
  path: '/upload',
  summary: 'Store small files, and queue variants of them',
  middleware: [
    write.middleware,
    bodyLimit({
      maxSize: MAX_FORM_BYTES,
      onError: (c) =>
        errorResponse(
          c,
          errorResult(
            'too_large',
            `A form may have ${MAX_FORM_BYTES / 1024 / 1024} MiB. Send larger files one by one: PUT /files/{path}`,
          ),
        ),
    }),
  ] as const,
  request: { body: { required: true, content: { 'multipart/form-data': { schema: form } } } },
  responses: {
    201: json(uploaded, 'They are stored, their variants queued'),
    ...errors(400, 401, 403, 404, 409, 413, 415, 429, 503),
  },
})

type Form = z.infer<typeof form>

/** Where each file goes, or what is wrong with a name. */
function readPaths({ files, folder, names }: Form) {
  if (names.length > 0 && names.length !== files.length) {
    return `names: there are ${names.length} for ${files.length} files; send one for each or none`
  }
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  const paths: string[] = []
  for (const [index, file] of files.entries()) {
    const path = originalPath.safeParse(prefix + (names[index] ?? file.name))
    if (!path.success) {
      return `files[${index}]: ${path.error.issues[0]!.message}`
    }
    if (paths.includes(path.data)) {
      return `files[${index}]: ${path.data} is there twice`
    }
    paths.push(path.data)
  }
  return paths
}

export const uploadRoutes = createApi().openapi(uploadRoute, async (c) => {
  const platform = c.get('platform')
  const request = c.req.valid('form')
  const { files, transformations } = request
  const paths = readPaths(request)
  if (typeof paths === 'string') {
    return errorResponse(c, errorResult('invalid_path', paths))
  }
  const caller = c.get('caller')
  const lack = transformations.length === 0 ? null : missingScopeError(caller, 'jobs:write')
  if (lack) {
    return errorResponse(c, lack)
  }
  if (!paths.every((path) => canSeePath(caller, path))) {
    return errorResponse(c, outside(caller))
  }
  // Everything is looked at before anything is stored: a form goes in whole or not at all.
  for (const text of transformations) {
    try {
      await resolveRendition(platform, caller.queue ?? DEFAULT_QUEUE, text)
    } catch (error) {
      if (!(error instanceof TransformationError)) {
        throw error
      }
      return errorResponse(
        c,
        errorResult('invalid_transformation', `transformations: ${text}: ${error.message}`),
      )
    }
  }
  for (const [index, file] of files.entries()) {
    const leading = new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer())
    const mismatch = await findContentProblem(paths[index]!, leading)
    if (mismatch !== null) {
      return errorResponse(c, errorResult('content_mismatch', `files[${index}]: ${mismatch}`))
    }
  }
  const wanted = files.map(({ size }, index) => ({ filePath: paths[index]!, sizeBytes: size }))
  const room = await reserveStorage(platform, chargedKeyId(caller), wanted)
  if (!room.ok) {
    return errorResponse(c, room)
  }
  const left = [...room.holds]
  const storeEach = async () => {
    const stored = []
    for (const [index, file] of files.entries()) {
      const filePath = paths[index]!
      const incoming = { body: file.stream(), sizeBytes: file.size }
      const outcome = await putReserved(platform, caller, left.shift()!, incoming)
      if (!outcome.ok) {
        return errorResponse(c, outcome)
      }
      let jobs: CreatedJob[] = []
      if (transformations.length > 0) {
        const created = await createJobs(
          platform,
          caller,
          { filePath, transformations, queue: caller.queue ?? DEFAULT_QUEUE },
          null,
        )
        if (!created.ok) {
          return errorResponse(c, created)
        }
        jobs = created.jobs
      }
      stored.push({
        ...serializeFile(filePath, outcome.stored),
        jobs: jobs.map(serializeCreatedJob),
      })
    }
    return c.json({ files: stored }, 201)
  }
  // Whatever ends this early, nothing stays held for the files that have not come.
  return storeEach().finally(() => platform.defer(releaseReservations(platform, left)))
})
