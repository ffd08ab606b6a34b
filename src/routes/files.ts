/** `/files`: storing an original as the raw body of a request. */
import { createRoute, z } from '@hono/zod-openapi'
import { storedFile } from '../contract/file.ts'
import { originalPath } from '../domain/variantName.ts'
import { createApi, platformOf, withKey } from '../http/api.ts'
import { contentLength } from '../http/length.ts'
import { errors, json, problem } from '../http/problem.ts'
import { putFile } from '../jobs/file.ts'
import { fileView } from '../jobs/view.ts'

const putRoute = createRoute({
  tags: ['files'],
  ...withKey,
  method: 'put',
  path: '/files/{path}{.+}',
  summary: 'Store an original, replacing what is there',
  request: { params: z.object({ path: originalPath }) },
  responses: {
    201: json(storedFile, 'It is stored'),
    ...errors(400, 401, 411, 415, 503),
  },
})

export const fileRoutes = createApi().openapi(putRoute, async (c) => {
  const { path } = c.req.valid('param')
  const length = contentLength(c)
  if (!length.ok) return problem(c, length.code, length.message)
  const outcome = await putFile(platformOf(c), path, length.body, length.sizeBytes)
  if (!outcome.ok) return problem(c, outcome.code, outcome.message)
  return c.json(fileView(path, outcome.stored), 201)
})
