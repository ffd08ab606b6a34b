/** The HTTP app: the base app with CORS, the routes and the OpenAPI document. */
import { errorResult } from './domain/result.ts'
import { methodNotAllowed } from 'hono/method-not-allowed'
import packageJson from '../package.json' with { type: 'json' }
import { requireRunner } from './http/middleware/bearerToken.ts'
import { allowOrigins } from './http/middleware/headers.ts'
import { rateLimitVisitors } from './http/middleware/rateLimit.ts'
import { errorResponse } from './http/responses/errorResponse.ts'
import { createBaseApp } from './http/baseApp.ts'
import { eventRoutes } from './http/routes/events.ts'
import { fileRoutes } from './http/routes/files.ts'
import { healthRoutes } from './http/routes/health.ts'
import { jobRoutes } from './http/routes/jobs.ts'
import { apiKeyRoutes } from './http/routes/apiKeys.ts'
import { presetRoutes } from './http/routes/namedPresets.ts'
import { probeRoutes } from './http/routes/probe.ts'
import { queueRoutes } from './http/routes/queues.ts'
import { signedUrlRoutes } from './http/routes/signedUrls.ts'
import { statsRoutes } from './http/routes/stats.ts'
import { multipartUploadRoutes } from './http/routes/multipartUploads.ts'
import { formUploadRoutes } from './http/routes/formUpload.ts'
import { variantRoutes } from './http/routes/variants.ts'
import { videoStatusRoutes } from './http/routes/videoStatus.ts'
import { gateway } from './runners/handlers.ts'

export const app = createBaseApp()

app.use(allowOrigins)
app.use(
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      c.header('Allow', methods.join(', '))
      return errorResponse(
        c,
        errorResult(
          'method_not_allowed',
          `${c.req.method} is not allowed here. Allowed: ${methods.join(', ')}.`,
        ),
      )
    },
  }),
)
app.use('/runner/*', requireRunner)

app.route('/', healthRoutes)
app.route('/', jobRoutes)
app.route('/', queueRoutes)
app.route('/', presetRoutes)
app.route('/', probeRoutes)
app.route('/', apiKeyRoutes)
app.route('/', signedUrlRoutes)
app.route('/', statsRoutes)
app.route('/', eventRoutes)
app.route('/', fileRoutes)
app.route('/', formUploadRoutes)
app.route('/', multipartUploadRoutes)
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

app.get('/openapi.json', rateLimitVisitors, (c) => {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Reelqueue',
      version: packageJson.version,
      description: packageJson.description,
      license: { name: 'MIT' },
    },
  })
  // {.+} lets a parameter match several segments. OpenAPI has no syntax for that, so it is removed.
  const paths = Object.entries(document.paths ?? {}).map(
    ([path, item]) => [path.replace('{.+}', ''), item] as const,
  )
  return c.json({ ...document, paths: Object.fromEntries(paths) })
})
