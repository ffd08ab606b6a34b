/** Settings of what callers without a key may do, and from which pages. */
import { z } from 'zod'
import { parseSetting } from './parseSetting.ts'

function originList(setting: string, isAllowed: (text: string) => boolean) {
  return z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((origin) => origin !== ''))
    .pipe(
      z.array(
        z
          .string()
          .refine(
            isAllowed,
            `${setting} must be a comma-separated list of origins, such as https://app.example.com`,
          ),
      ),
    )
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

const publicAccessVars = z.object({
  PUBLIC_EVENTS: z.enum(['off', 'named', 'open']).default('named'),
  PUBLIC_STATUS: z.enum(['off', 'named']).default('named'),
  PUBLIC_VARIANTS: z.enum(['off', 'ready', 'open']).default('open'),
  PUBLIC_MAX_PENDING_JOBS: z.coerce.number().int().min(0).max(1_000_000).default(100),
  PUBLIC_MAX_STREAMS: z.coerce.number().int().min(0).max(30_000).default(1_000),
  PUBLIC_MAX_STREAMS_PER_ADDRESS: z.coerce.number().int().min(0).max(30_000).default(10),
  CORS_ORIGINS: originList('CORS_ORIGINS', isOrigin),
  // A frame can do nothing that its own page does not offer, so all origins can be allowed.
  EMBED_ORIGINS: originList('EMBED_ORIGINS', (text) => text === '*' || isOrigin(text)),
})

/**
 * Returns what visitors may do, and the allowed origins of scripts and of frames. Each setting is validated when it is
 * first read: the origins are read for every request, which must not fail because of another
 * setting.
 */
export function readPublicAccess(env: Env) {
  const { shape } = publicAccessVars
  const values = new Map<string, unknown>()
  const read = <Out>(name: keyof typeof shape, schema: z.ZodType<Out>): Out => {
    if (!values.has(name)) {
      values.set(name, parseSetting(schema, env[name], name))
    }
    return values.get(name) as Out
  }
  return {
    get events() {
      return read('PUBLIC_EVENTS', shape.PUBLIC_EVENTS)
    },
    get status() {
      return read('PUBLIC_STATUS', shape.PUBLIC_STATUS)
    },
    get variants() {
      return read('PUBLIC_VARIANTS', shape.PUBLIC_VARIANTS)
    },
    get maxPendingJobs() {
      return read('PUBLIC_MAX_PENDING_JOBS', shape.PUBLIC_MAX_PENDING_JOBS)
    },
    get maxStreams() {
      return read('PUBLIC_MAX_STREAMS', shape.PUBLIC_MAX_STREAMS)
    },
    get maxStreamsPerAddress() {
      return read('PUBLIC_MAX_STREAMS_PER_ADDRESS', shape.PUBLIC_MAX_STREAMS_PER_ADDRESS)
    },
    get origins() {
      return read('CORS_ORIGINS', shape.CORS_ORIGINS)
    },
    get embedOrigins() {
      return read('EMBED_ORIGINS', shape.EMBED_ORIGINS)
    },
  }
}

/** @throws InvalidSettingError for the first setting that is not valid */
export function checkPublicAccess(env: Env): void {
  parseSetting(publicAccessVars, env)
}
