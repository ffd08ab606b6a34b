/** The HTTP app: the base app with CORS, the routes and the OpenAPI document. */
import { errorResult } from './domain/result.ts'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requireRunner } from './http/middleware/bearerToken.ts'
import { allowOrigins } from './http/middleware/headers.ts'
import { servePages } from './http/middleware/pages.ts'
import { rateLimitVisitors } from './http/middleware/rateLimit.ts'
import { errorResponse } from './http/responses/errorResponse.ts'
import { createBaseApp } from './http/baseApp.ts'
import { embedRoutes } from './http/routes/embed.ts'
import { eventRoutes } from './http/routes/events.ts'
import { fileRoutes } from './http/routes/files.ts'
import { healthRoutes } from './http/routes/health.ts'
import { jobBatchRoutes } from './http/routes/jobBatch.ts'
import { jobRoutes } from './http/routes/jobs.ts'
import { apiKeyRoutes } from './http/routes/apiKeys.ts'
import { metricsRoutes } from './http/routes/metrics.ts'
import { presetRoutes } from './http/routes/namedPresets.ts'
import { probeRoutes } from './http/routes/probe.ts'
import { queueRoutes } from './http/routes/queues.ts'
import { ruleRoutes } from './http/routes/rules.ts'
import { sessionRoutes } from './http/routes/session.ts'
import { signedUrlRoutes } from './http/routes/signedUrls.ts'
import { statsRoutes } from './http/routes/stats.ts'
import { multipartUploadRoutes } from './http/routes/multipartUploads.ts'
import { formUploadRoutes } from './http/routes/formUpload.ts'
import { tusRoutes } from './http/routes/tus.ts'
import { answerOptions, setTusHeaders } from './http/tusProtocol.ts'
import { variantRoutes } from './http/routes/variants.ts'
import { videoStatusRoutes } from './http/routes/videoStatus.ts'
import { webhookRoutes } from './http/routes/webhooks.ts'
import { createDocument, describeSecurity, describeWebhooks } from './openapi.ts'
import { gateway } from './runners/handlers.ts'

export const app = createBaseApp()

app.use(servePages)
app.use('/tus/*', setTusHeaders)
app.use(allowOrigins)
app.use('/tus/*', answerOptions)
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
app.route('/', jobBatchRoutes)
app.route('/', queueRoutes)
app.route('/', presetRoutes)
app.route('/', probeRoutes)
app.route('/', apiKeyRoutes)
app.route('/', sessionRoutes)
app.route('/', signedUrlRoutes)
app.route('/', statsRoutes)
app.route('/', metricsRoutes)
app.route('/', eventRoutes)
app.route('/', webhookRoutes)
app.route('/', ruleRoutes)
app.route('/', fileRoutes)
app.route('/', formUploadRoutes)
app.route('/', multipartUploadRoutes)
app.route('/', tusRoutes)
app.route('/', variantRoutes)
app.route('/', embedRoutes)
app.route('/', videoStatusRoutes)
app.route('/runner', gateway)

describeSecurity(app)
describeWebhooks(app)
app.get('/openapi.json', rateLimitVisitors, (c) =>
  c.json(createDocument(app, new URL(c.req.url).origin)),
)
