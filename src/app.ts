/** The HTTP app: middleware, routes, errors, OpenAPI. */
import { methodNotAllowed } from 'hono/method-not-allowed'
import packageJson from '../package.json' with { type: 'json' }
import { requireRunner } from './http/auth.ts'
import { allowOrigins } from './http/headers.ts'
import { limitClients } from './http/limits.ts'
import { problem } from './http/problem.ts'
import { createService } from './http/service.ts'
import { eventRoutes } from './routes/events.ts'
import { fileRoutes } from './routes/files.ts'
import { healthRoutes } from './routes/health.ts'
import { jobRoutes } from './routes/jobs.ts'
import { keyRoutes } from './routes/keys.ts'
import { presetRoutes } from './routes/presets.ts'
import { probeRoutes } from './routes/probe.ts'
import { queueRoutes } from './routes/queues.ts'
import { signedUrlRoutes } from './routes/signedUrls.ts'
import { statsRoutes } from './routes/stats.ts'
import { partedUploadRoutes } from './routes/uploads.ts'
import { uploadRoutes } from './routes/upload.ts'
import { variantRoutes } from './routes/variants.ts'
import { videoStatusRoutes } from './routes/videoStatus.ts'
import { gateway } from './runners/gateway.ts'

export const app = createService()

app.use(allowOrigins)
app.use(
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      c.header('Allow', methods.join(', '))
      return problem(c, 'method_not_allowed', `This route takes ${methods.join(', ')}.`)
    },
  }),
)
app.use('/runner/*', requireRunner)

app.route('/', healthRoutes)
app.route('/', jobRoutes)
app.route('/', queueRoutes)
app.route('/', presetRoutes)
app.route('/', probeRoutes)
app.route('/', keyRoutes)
app.route('/', signedUrlRoutes)
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

app.get('/openapi.json', limitClients, (c) => {
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
