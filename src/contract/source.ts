/** A file on another server, which is imported before its jobs start. */
import { z } from 'zod'
import { quote } from './quote.ts'
import { remoteUrl } from './remoteUrl.ts'
import { storagePath } from './storagePath.ts'

/** Signed URLs of object stores have about 1,500 characters. */
const MAX_URL_CHARACTERS = 4_000
const MAX_HEADERS = 20
const MAX_HEADER_CHARACTERS = 4_000
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/
/** Visible characters of ASCII, with spaces and tabs between them. */
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/
/** Headers that the service sets, or that concern the connection. */
const OWN_HEADERS =
  /^(accept-encoding|connection|content-length|content-type|expect|host|if-.*|keep-alive|proxy-.*|range|te|trailer|transfer-encoding|upgrade)$/i

const requestHeaders = z.record(z.string(), z.string()).superRefine((headers, context) => {
  const problem = findHeadersProblem(headers)
  if (problem !== null) {
    context.addIssue({ code: 'custom', message: problem })
  }
})

/** Values are not quoted, because they can be secret. */
function findHeadersProblem(headers: Record<string, string>): string | null {
  const entries = Object.entries(headers)
  if (entries.length > MAX_HEADERS) {
    return `At most ${MAX_HEADERS} request headers can be sent (got ${entries.length}).`
  }
  for (const [name, value] of entries) {
    if (!HEADER_NAME.test(name)) {
      return `${quote(name)} is not the name of a request header.`
    }
    if (OWN_HEADERS.test(name)) {
      return `The service sets the request header ${quote(name)} itself, or it concerns the connection. Leave it out.`
    }
    if (value.length > MAX_HEADER_CHARACTERS || !HEADER_VALUE.test(value)) {
      return `The value of the request header ${quote(name)} must have 1 to ${MAX_HEADER_CHARACTERS} visible ASCII characters, and spaces only between them.`
    }
  }
  return null
}

/** Names of an object, or none of them. */
const S3_FIELDS = ['credential', 'bucket', 'key'] as const

export const source = z
  .strictObject({
    url: remoteUrl(
      'The URL of a source is an absolute URL such as https://example.com/clip.mp4, without user name, password or fragment. Send a password as the header Authorization in source.headers.',
      MAX_URL_CHARACTERS,
    )
      .optional()
      .describe(
        'URL of the file. It must begin with https://, and its server must be on the public internet',
      ),
    headers: requestHeaders
      .optional()
      .describe(
        `Up to ${MAX_HEADERS} request headers, such as Authorization. They are sent to the origin of the URL only, stored encrypted, and deleted when the import ends`,
      ),
    credential: z
      .string()
      .max(63)
      .optional()
      .describe('Instead of `url`: the name of a credential of an S3-compatible service'),
    bucket: z.string().max(63).optional().describe('A bucket, if the credential has several'),
    // The key is part of a URL: segments such as `..` would name another bucket.
    key: storagePath.optional().describe('Key of the object in the bucket'),
    filePath: storagePath.describe('The path under which the file is stored'),
  })
  .superRefine((fields, context) => {
    const given = S3_FIELDS.some((name) => fields[name] !== undefined)
    const isObject = fields.credential !== undefined && fields.key !== undefined
    if (fields.url === undefined ? !isObject || fields.headers !== undefined : given) {
      context.addIssue({
        code: 'custom',
        message:
          'Name the file either by url, with headers if it needs them, or by credential and key, with bucket if the credential has several.',
      })
    }
  })
  .meta({ id: 'Source' })
export type Source = z.infer<typeof source>
