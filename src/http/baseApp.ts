/** What a way into this service has whatever its routes: request ids, and answers for what goes wrong. */
import { logError } from '../log.ts'
import { errorResult } from '../domain/result.ts'
import { HTTPException } from 'hono/http-exception'
import { requestId } from 'hono/request-id'
import { InvalidSettingError } from '../platform/settings.ts'
import { protect } from './middleware/headers.ts'
import { createApi, providePlatform } from './router.ts'
import { errorResponse } from './responses/errorResponse.ts'

export function createService() {
  const app = createApi()

  app.use(protect)
  app.use(requestId())
  app.use(providePlatform)
  app.use(async (c, next) => {
    try {
      decodeURIComponent(new URL(c.req.url).pathname)
    } catch {
      // Taken as it stands, it would be a second spelling of a path that is written with %25.
      return errorResponse(c, errorResult('invalid_path', 'The path is not percent-encoded UTF-8.'))
    }
    return next()
  })
  app.notFound((c) =>
    errorResponse(
      c,
      errorResult(
        'not_found',
        `There is no route ${c.req.method} ${c.req.path}. See /openapi.json.`,
      ),
    ),
  )

  app.onError((error, c) => {
    // What Hono itself refuses, such as a body that is no JSON.
    if (error instanceof HTTPException && error.status < 500) {
      return errorResponse(
        c,
        errorResult(
          'invalid_request',
          error.status === 415
            ? 'This route does not take this Content-Type: send JSON as application/json, a form as multipart/form-data.'
            : error.message,
        ),
      )
    }
    // Nothing is taken for what was meant: until it is mended, whoever needs that setting is refused.
    if (error instanceof InvalidSettingError) {
      const requestId = c.get('requestId')
      logError('bad_setting', { requestId, error: error.message })
      return errorResponse(
        c,
        errorResult(
          'not_configured',
          'A setting of this service is not valid. Its log says which, by the request id.',
        ),
      )
    }
    logError('request_failed', {
      requestId: c.get('requestId'),
      method: c.req.method,
      error: error.stack ?? String(error),
    })
    return errorResponse(
      c,
      errorResult(
        'internal',
        'Something went wrong in the service. Try again; the request id finds it in the logs.',
      ),
    )
  })

  return app
}
