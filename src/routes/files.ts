/** `/files`: storing an original as the raw body of a request. */
import { createRoute, z } from '@hono/zod-openapi'
import { storedFile } from '../contract/file.ts'
import { storagePath } from '../contract/path.ts'
import { createApi, platformOf, withKey } from '../http/api.ts'
import { errors, json, problem } from '../http/problem.ts'
import { putFile } from '../jobs/file.ts'
import { fileView } from '../jobs/view.ts'

const putRoute = createRoute({
  tags: ['files'],
  ...withKey,
  method: 'put',
  path: '/files/{path}{.+}',
  summary: 'Store an original, replacing what is there',
  request: { params: z.object({ path: storagePath }) },
  responses: {
    201: json(storedFile, 'It is stored'),
    ...errors(400, 401, 411, 415, 503),
  },
})

export const fileRoutes = createApi().openapi(putRoute, async (c) => {
  const { path } = c.req.valid('param')
  const length = c.req.header('Content-Length')
  if (length === undefined || !/^\d+$/.test(length))
    return problem(
      c,
      'length_required',
      'Send the file as the raw body with its Content-Length (curl -T does).',
    )
  const { body } = c.req.raw
  if (length === '0' || !body) return problem(c, 'content_mismatch', 'The file is empty.')
  const outcome = await putFile(platformOf(c), path, body, Number(length))
  if (!outcome.ok) return problem(c, outcome.code, outcome.message)
  return c.json(fileView(path, outcome.object), 201)
})
