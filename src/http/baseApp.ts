/**
 * The base of every HTTP app of the service: request ids, security headers, the platform, checks of
 * the disk space and of the path, and error responses.
 */
import { quote, shorten } from '../contract/quote.ts'
import { readTraceparent } from '../contract/traceContext.ts'
import { describeError, logError, readStack } from '../log.ts'
import { errorResult } from '../domain/result.ts'
import { HTTPException } from 'hono/http-exception'
import { requestId as assignRequestId } from 'hono/request-id'
import { InvalidSettingError } from '../platform/parseSetting.ts'
import { findDiskFullError, requireDiskSpace } from './middleware/diskSpace.ts'
import { setSecurityHeaders } from './middleware/headers.ts'
import { createApi, providePlatform } from './router.ts'
import { errorResponse } from './responses/errorResponse.ts'

export function createBaseApp() {
  const app = createApi()

  app.use(setSecurityHeaders)
  app.use(assignRequestId())
  app.use(providePlatform)
  app.use(requireDiskSpace)
  app.use(async (c, next) => {
    // The runtime has percent-encoded all that needs it.
    if (c.req.url.includes('%') && !isDecodable(new URL(c.req.url).pathname)) {
      // Hono leaves an invalid sequence as it is: `/a%zz` would name the same file as `/a%25zz`.
      return errorResponse(
        c,
        errorResult('invalid_path', describeEncodingError(new URL(c.req.url).pathname)),
      )
    }
    return next()
  })
  app.notFound((c) =>
    errorResponse(
      c,
      errorResult(
        'not_found',
        `There is no route ${c.req.method} ${shorten(c.req.path)}. See /openapi.json.`,
      ),
    ),
  )

  app.onError(async (error, c) => {
    // Hono rejects some requests itself, such as those whose body is not JSON.
    if (error instanceof HTTPException && error.status < 500) {
      return errorResponse(
        c,
        errorResult(
          'invalid_request',
          error.status === 415
            ? 'This route does not accept this Content-Type. Send JSON as application/json and forms as multipart/form-data.'
            : 'The body cannot be read: it is not valid JSON or not a valid form.',
        ),
      )
    }
    // Requests that need an invalid setting fail: the default is not used in its place.
    if (error instanceof InvalidSettingError) {
      const requestId = c.get('requestId')
      logError('bad_setting', { requestId, error: error.message })
      return errorResponse(
        c,
        errorResult(
          'not_configured',
          'A setting of this service is not valid. Its log names the setting under this request id.',
        ),
      )
    }
    const diskFull = await findDiskFullError(error, c.env.DISK)
    if (diskFull) {
      logError('storage_full', { requestId: c.get('requestId'), error: describeError(error) })
      return errorResponse(c, diskFull)
    }
    logError('request_failed', {
      requestId: c.get('requestId'),
      ...readTraceparent(c.req.header('traceparent')),
      method: c.req.method,
      error: describeError(error),
      stack: readStack(error),
    })
    return errorResponse(
      c,
      errorResult(
        'internal',
        'Internal error. Try again. The log has the details under this request id.',
      ),
    )
  })

  return app
}

/** Names a part of a path that is not percent-encoded UTF-8. */
function describeEncodingError(path: string): string {
  const incomplete = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(path)?.[0]
  if (incomplete !== undefined) {
    return `The path contains ${quote(incomplete)}, which is not a percent-encoded byte. Write %25 for the character "%".`
  }
  const invalid = path.match(/(%[0-9A-Fa-f]{2})+/g)?.find((bytes) => !isDecodable(bytes))
  return `The path contains ${quote(invalid ?? path)}, which is not UTF-8.`
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
