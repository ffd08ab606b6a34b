/** `/embed`: the player page of a variant or an original, for frames of other pages. */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { VISITOR } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'
import { type Companions, findCompanions } from '../../services/variants/companions.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { rateLimitVisitors } from '../middleware/rateLimit.ts'
import { errorResponse, errors } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi } from '../router.ts'

const everyone = { security: [], middleware: rateLimitVisitors, responses: errors('rate_limited') }
const url = z.string().startsWith('/t/')
const CACHE_SECONDS = 60

const embedRoute = route(everyone, {
  tags: ['files'],
  operationId: 'getPlayerPage',
  method: 'get',
  path: '/embed/{path}{.+}',
  summary: 'Get a page that plays a variant or an original, to show in a frame',
  description:
    'The page plays what GET /t/{path} serves with the same query, such as that of a signed URL, and says what is wrong otherwise. While the job of the variant runs, the page shows its progress. It can be shown in frames of pages of this service and of the origins in the setting EMBED_ORIGINS.',
  request: {
    params: z.object({
      path: z.string().describe('A transformation and a storage path, or only a storage path'),
    }),
    query: z.object({
      autoplay: z.enum(['true', 'false']).optional().describe('true: plays at once, without sound'),
      poster: url.optional().describe('URL of a picture that is shown before the video plays'),
      storyboard: url.optional().describe('URL of a storyboard, for the seek bar'),
      subtitles: z
        .union([url, z.array(url)])
        .optional()
        .describe(
          'URLs of WebVTT files. The language is taken from the name, such as clip.de.vtt. Without poster, storyboard and subtitles, the page uses those that exist, if everyone may read them',
        ),
    }),
  },
  responses: {
    200: { description: 'The page', content: { 'text/html': { schema: z.string() } } },
    ...errors('not_found', 'not_configured'),
  },
})

export const embedRoutes = createApi().openapi(embedRoute, async (c) => {
  const { embedOrigins } = c.get('platform').settings.publicAccess
  c.set('frameAncestors', ["'self'", ...embedOrigins].join(' '))
  const asset = await c.env.ASSETS?.fetch(new URL('/embed', c.req.url))
  if (!asset?.ok) {
    return errorResponse(c, errorResult('not_found', 'This service was built without its pages.'))
  }
  const html = await asset.text()
  const companions = await findPublicCompanions(c, c.req.valid('param').path)
  return c.html(html.replace('<body>', `<body${writeAttributes(companions)}>`), 200, {
    'Cache-Control': `public, max-age=${CACHE_SECONDS}`,
  })
})

/** Finds the companions that the page can read without a signature. */
async function findPublicCompanions(c: Context<ApiEnv>, path: string): Promise<Companions> {
  const platform = c.get('platform')
  const isSigned = c.req.query('sig') !== undefined
  if (isSigned || platform.settings.publicAccess.variants === 'off') {
    return {}
  }
  const queue = c.req.query('queue') ?? DEFAULT_QUEUE
  const name = await resolveVariantPath(platform, VISITOR, queue, path)
  // The page says what is wrong with the path.
  return name.ok ? findCompanions(platform, name.filePath) : {}
}

/** URLs are percent-encoded, and have no quotes. */
function writeAttributes(companions: Companions): string {
  return Object.entries(companions)
    .map(([name, value]) => ` data-${name}="${value}"`)
    .join('')
}
