/** Reads and validates the Worker's settings: the [vars] of `wrangler.toml`, and its secrets. */
import { z } from 'zod'
import { MAX_FILE_BYTES } from '../services/files/partSize.ts'
import { InvalidSettingError, parseSetting } from './parseSetting.ts'
import { checkPublicAccess, readPublicAccess } from './publicAccess.ts'
import { parseCredentials, parseDirectUploads } from './s3Settings.ts'

const days = z.coerce.number().min(1).max(3_650)

const retentionVars = z.object({
  JOB_RETENTION_DAYS: days,
  EVENT_RETENTION_DAYS: days,
  UPLOAD_RETENTION_DAYS: days,
  PUBLIC_VARIANT_RETENTION_DAYS: days,
})

function readRetention(env: Env) {
  const vars = parseSetting(retentionVars, env)
  return {
    jobDays: vars.JOB_RETENTION_DAYS,
    eventDays: vars.EVENT_RETENTION_DAYS,
    uploadDays: vars.UPLOAD_RETENTION_DAYS,
    publicVariantDays: vars.PUBLIC_VARIANT_RETENTION_DAYS,
  }
}

const containerVars = z.object({
  RUNNER_SLOTS: z.coerce.number().int().min(0).max(1_000),
  RUNNER_DISK_BYTES: z.coerce.number().int().positive(),
  RUNNER_IDLE_SECONDS: z.coerce.number().min(1).max(3_600),
  CONTAINER_GATEWAY_URL: z.url().optional(),
  RUNNER_TOKEN: z.string().optional(),
})

function readContainers(env: Env) {
  const vars = parseSetting(containerVars, env)
  const { CONTAINER_GATEWAY_URL: url, RUNNER_TOKEN: token } = vars
  return {
    count: vars.RUNNER_SLOTS,
    diskBytes: vars.RUNNER_DISK_BYTES,
    idleSeconds: vars.RUNNER_IDLE_SECONDS,
    /**
     * URL and token for containers whose requests the engine does not intercept; null if one of the
     * two is not set. Intercepted requests need no token.
     */
    gateway: url !== undefined && token !== undefined ? { url, token } : null,
  }
}

const signingKeys = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]{1,32}:[^\s,]{32,}(,[A-Za-z0-9_-]{1,32}:[^\s,]{32,})*$/,
    'SIGNING_KEYS must be a comma-separated list of id:secret, with secrets of at least 32 characters',
  )
  .transform((text) =>
    text.split(',').map((entry) => {
      const colon = entry.indexOf(':')
      return { id: entry.slice(0, colon), secret: entry.slice(colon + 1) }
    }),
  )

/**
 * Reads the keys for stream tokens, signed URLs and cursors: the first signs, and all verify.
 * Without SIGNING_KEYS, API_KEY signs, so that signing works by default. A new API_KEY then
 * invalidates what the old one signed.
 */
function readSigningKeys(env: Env): { id: string; secret: string }[] {
  if (env.SIGNING_KEYS) {
    return parseSetting(signingKeys, env.SIGNING_KEYS, 'SIGNING_KEYS')
  }
  return env.API_KEY ? [{ id: 'api-key', secret: env.API_KEY }] : []
}

const privateAddresses = z
  .enum(['refuse', 'allow'])
  .default('refuse')
  .transform((value) => value === 'allow')

/** Returns true if webhooks may be sent to private addresses, and without TLS. For development. */
function readPrivateWebhooks({ WEBHOOK_PRIVATE_ADDRESSES: value }: Env): boolean {
  return parseSetting(privateAddresses, value, 'WEBHOOK_PRIVATE_ADDRESSES')
}

const importVars = z.object({
  IMPORT_MAX_BYTES: z.coerce.number().int().positive().max(MAX_FILE_BYTES),
  IMPORT_PRIVATE_ADDRESSES: privateAddresses,
})

function readImports(env: Env) {
  const vars = parseSetting(importVars, env)
  return { maxBytes: vars.IMPORT_MAX_BYTES, allowsPrivate: vars.IMPORT_PRIVATE_ADDRESSES }
}

const compatibility = z.enum(['off', 'openinary']).default('off')

/** `src/http/openinary.ts` reads the setting before there is a platform. Any other value is "off". */
function checkCompatibility({ COMPATIBILITY: value }: Env): void {
  parseSetting(compatibility, value, 'COMPATIBILITY')
}

const bucketName = z.string({ error: 'it must be the bucket_name of the binding ORIGINALS' }).min(1)

/** Returns the name of the bucket of the originals, by which its notifications are known. */
function readOriginalsBucket({ ORIGINALS_BUCKET: value }: Env): string {
  return parseSetting(bucketName, value, 'ORIGINALS_BUCKET')
}

/** Runs `parse`, and names the setting in its error. */
function parseSecret<Out>(name: 'S3_CREDENTIALS' | 'DIRECT_UPLOADS', parse: () => Out): Out {
  try {
    return parse()
  } catch (error) {
    throw new InvalidSettingError(`${name}: ${(error as Error).message}`)
  }
}

function readS3Credentials({ S3_CREDENTIALS: json }: Env) {
  return parseSecret('S3_CREDENTIALS', () => parseCredentials(json))
}

function readDirectUploads({ DIRECT_UPLOADS: json }: Env) {
  return parseSecret('DIRECT_UPLOADS', () => parseDirectUploads(json))
}

export interface Settings {
  readonly publicAccess: ReturnType<typeof readPublicAccess>
  readonly containers: ReturnType<typeof readContainers>
  readonly retention: ReturnType<typeof readRetention>
  readonly signingKeys: ReturnType<typeof readSigningKeys>
  readonly allowsPrivateWebhooks: boolean
  readonly originalsBucket: string
  /** Credentials of S3-compatible services, by the names that requests use. */
  readonly s3Credentials: ReturnType<typeof readS3Credentials>
  /** The S3 API of the bucket of the originals; null if it is not set. */
  readonly directUploads: ReturnType<typeof readDirectUploads>
  readonly imports: ReturnType<typeof readImports>
}

/**
 * All settings. Each group is validated when it is first read, and each setting of `publicAccess`
 * when that setting is read. So an invalid setting fails only the requests that read it or its
 * group.
 */
export function createSettings(env: Env): Settings {
  return {
    get publicAccess() {
      return cacheValue(this, 'publicAccess', readPublicAccess(env))
    },
    get containers() {
      return cacheValue(this, 'containers', readContainers(env))
    },
    get retention() {
      return cacheValue(this, 'retention', readRetention(env))
    },
    get signingKeys() {
      return cacheValue(this, 'signingKeys', readSigningKeys(env))
    },
    get allowsPrivateWebhooks() {
      return cacheValue(this, 'allowsPrivateWebhooks', readPrivateWebhooks(env))
    },
    get originalsBucket() {
      return cacheValue(this, 'originalsBucket', readOriginalsBucket(env))
    },
    get s3Credentials() {
      return cacheValue(this, 's3Credentials', readS3Credentials(env))
    },
    get directUploads() {
      return cacheValue(this, 'directUploads', readDirectUploads(env))
    },
    get imports() {
      return cacheValue(this, 'imports', readImports(env))
    },
  }
}

/** Replaces a getter of the settings by its value, so that the value is read once. */
function cacheValue<Value>(settings: Settings, name: keyof Settings, value: Value): Value {
  Object.defineProperty(settings, name, { value })
  return value
}

/**
 * @throws InvalidSettingError for the first setting that is not valid, even if nothing uses it yet
 */
export function validateSettings(env: Env): void {
  for (const readGroup of [
    checkPublicAccess,
    readContainers,
    readRetention,
    readSigningKeys,
    readPrivateWebhooks,
    checkCompatibility,
    readOriginalsBucket,
    readS3Credentials,
    readDirectUploads,
    readImports,
  ]) {
    readGroup(env)
  }
}
