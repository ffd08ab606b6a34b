/** The HTTP app: middleware, routes, errors, OpenAPI. */
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import packageJson from '../package.json' with { type: 'json' }
import { createApi } from './http/api.ts'
import { requireBearer } from './http/auth.ts'
import { problem } from './http/problem.ts'
import { eventRoutes } from './routes/events.ts'
import { fileRoutes } from './routes/files.ts'
import { healthRoutes } from './routes/health.ts'
import { jobRoutes } from './routes/jobs.ts'
import { queueRoutes } from './routes/queues.ts'
import { statsRoutes } from './routes/stats.ts'
import { partedUploadRoutes } from './routes/uploads.ts'
import { uploadRoutes } from './routes/upload.ts'
import { variantRoutes } from './routes/variants.ts'
import { videoStatusRoutes } from './routes/videoStatus.ts'
import { gateway } from './runners/gateway.ts'

export const app = createApi()

app.use(requestId())
app.use(async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname)
  } catch {
    // Taken as it stands, it would be a second spelling of a path that is written with %25.
    return problem(c, 'invalid_path', 'The path is not percent-encoded UTF-8.')
  }
  return next()
})
app.use(secureHeaders({ crossOriginResourcePolicy: false }))
app.use(
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      c.header('Allow', methods.join(', '))
      return problem(c, 'method_not_allowed', `This route takes ${methods.join(', ')}.`)
    },
  }),
)
const KEYED = ['/queue/jobs/*', '/queue/stats', '/queues/*', '/files/*', '/upload', '/uploads/*']
for (const path of KEYED) app.use(path, requireBearer('API_KEY'))
app.use('/runner/*', requireBearer('RUNNER_TOKEN'))

app.route('/', healthRoutes)
app.route('/', jobRoutes)
app.route('/', queueRoutes)
app.route('/', statsRoutes)
app.route('/', eventRoutes)
app.route('/', fileRoutes)
app.route('/', uploadRoutes)
app.route('/', partedUploadRoutes)
app.route('/', variantRoutes)
app.route('/', videoStatusRoutes)
app.route('/runner', gateway)

app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
  type: 'http',
  scheme: 'bearer',
})
app.openAPIRegistry.registerComponent('securitySchemes', 'runnerToken', {
  type: 'http',
  scheme: 'bearer',
})

app.get('/openapi.json', (c) => {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Reelqueue',
      version: packageJson.version,
      description: packageJson.description,
      license: { name: 'MIT' },
    },
  })
  // The router's "rest of the path" is not part of OpenAPI's path syntax.
  const paths = Object.entries(document.paths ?? {}).map(
    ([path, item]) => [path.replace('{.+}', ''), item] as const,
  )
  return c.json({ ...document, paths: Object.fromEntries(paths) })
})

app.notFound((c) =>
  problem(c, 'not_found', `There is no route ${c.req.method} ${c.req.path}. See /openapi.json.`),
)

app.onError((error, c) => {
  // What Hono itself refuses, such as a body that is no JSON.
  if (error instanceof HTTPException && error.status < 500)
    return problem(
      c,
      'invalid_request',
      error.status === 415
        ? 'This route does not take this Content-Type: send JSON as application/json, a form as multipart/form-data.'
        : error.message,
    )
  console.error(
    JSON.stringify({
      event: 'request_failed',
      requestId: c.get('requestId'),
      method: c.req.method,
      error: error.stack ?? String(error),
    }),
  )
  return problem(
    c,
    'internal',
    'Something went wrong in the service. Try again; the request id finds it in the logs.',
  )
})
