/**
 * Secrets with credentials of S3-compatible services, as JSON. Error messages have the path of what
 * is wrong, and never a value.
 */
import { z } from 'zod'
import { storagePath } from '../contract/storagePath.ts'
import type { S3Bucket } from '../storage/s3/client.ts'
import type { S3Credentials } from '../storage/s3/credential.ts'

const text = z.string('must be a text').min(1, 'must not be empty')
const bucketName = z
  .string('must be the name of a bucket')
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')

const access = {
  endpoint: z
    .string('must be a text')
    .refine(
      isEndpoint,
      'must be the URL of an S3 API without a bucket, such as https://<account id>.r2.cloudflarestorage.com',
    ),
  region: text.default('auto'),
  accessKeyId: text,
  secretAccessKey: text,
}

const namedCredentials = z.record(
  z
    .string()
    .regex(/^[A-Za-z0-9][\w-]{0,62}$/, 'a name must have 1 to 63 letters, digits, "_" or "-"'),
  z.strictObject(
    {
      ...access,
      buckets: z.array(bucketName, 'must be a list of buckets').min(1, 'must name a bucket'),
      writePrefix: z
        .string('must be a text, which the keys of written objects begin with')
        .refine(isPrefix, 'must be the beginning of a path, such as renders/')
        .nullable()
        .default(null),
      keys: z
        .array(z.string().regex(/^key_/, 'must be the id of an API key (key_…)'))
        .nullable()
        .default(null),
    },
    { error: describeObject },
  ),
  { error: describeObject },
)
const directUploads = z.strictObject({ ...access, bucket: bucketName }, { error: describeObject })

function isPrefix(value: string): boolean {
  return storagePath.safeParse(`${value}x`).data === `${value}x`
}

function isEndpoint(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    return false
  }
  const { origin, pathname } = new URL(value)
  return `${origin}${pathname}`.replace(/\/$/, '') === value
}

/** The message for a value that is no object, or has a property that does not exist. */
function describeObject(issue: {
  code?: string | undefined
  keys?: readonly string[] | undefined
}): string | undefined {
  if (issue.code === 'unrecognized_keys') {
    return `has a property that does not exist: ${issue.keys?.join(', ')}`
  }
  return issue.code === 'invalid_type' ? 'must be an object' : undefined
}

/** `S3_CREDENTIALS`: by name. Empty if the secret is not set. @throws Error with the reason */
export function parseCredentials(json: string | undefined): S3Credentials {
  return json === undefined || json === ''
    ? new Map()
    : new Map(Object.entries(parseJson(namedCredentials, json)))
}

/** `DIRECT_UPLOADS`: null if the secret is not set. @throws Error with the reason */
export function parseDirectUploads(json: string | undefined): S3Bucket | null {
  return json === undefined || json === '' ? null : parseJson(directUploads, json)
}

function parseJson<Out>(schema: z.ZodType<Out>, json: string): Out {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error('is not JSON')
  }
  const { success, data, error } = schema.safeParse(value)
  if (success) {
    return data
  }
  const { path, message } = error.issues[0]!
  throw new Error([path.join('.'), message].filter((part) => part !== '').join(' '))
}
