/** The source of an import: checks it when it is requested, and seals it for its row. */
import { shorten } from '../../contract/quote.ts'
import type { Source } from '../../contract/source.ts'
import type { NewImport } from '../../db/imports.ts'
import type { ImportRow } from '../../db/rows.ts'
import { type Caller, chargedKeyId } from '../../domain/caller.ts'
import { sha256Hex } from '../../domain/digest.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import { openSealedText, sealText } from '../../domain/sealedText.ts'
import type { Platform } from '../ports.ts'
import { findS3Bucket } from '../s3Credentials.ts'

const PURPOSE = 'import source'

export type ImportSource =
  | { url: string; headers: Readonly<Record<string, string>> }
  /** An object of an S3-compatible service. The credential is read for each step. */
  | { credential: string; bucket: string; key: string }

type SourceError = ErrorResult<'forbidden' | 'invalid_path' | 'invalid_request' | 'not_configured'>

/** Builds the import of a request. Names are resolved later, before each request to a server. */
export async function buildImport(
  platform: Platform,
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  request: Source,
): Promise<{ ok: true; newImport: NewImport } | SourceError> {
  const path = originalPath.safeParse(request.filePath)
  if (!path.success) {
    return errorResult('invalid_path', `source.filePath: ${path.error.issues[0]!.message}`)
  }
  const checked = checkSource(platform, caller, request)
  if (!checked.ok) {
    return checked
  }
  const signingKeys = platform.signingKeys()
  if (signingKeys.length === 0) {
    return errorResult('not_configured', 'Imports need the secret SIGNING_KEYS or API_KEY.')
  }
  const { source } = checked
  const name = 'url' in source ? source.url : JSON.stringify(source)
  const newImport = {
    urlHash: await sha256Hex(name),
    source: await sealText(signingKeys, PURPOSE, JSON.stringify(source)),
    apiKeyId: chargedKeyId(caller),
  }
  return { ok: true, newImport }
}

function checkSource(
  platform: Platform,
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  { url, headers = {}, credential, bucket, key }: Source,
): { ok: true; source: ImportSource } | SourceError {
  if (url === undefined) {
    const found = findS3Bucket(platform, caller, credential!, bucket)
    const source = found.ok && { credential: credential!, bucket: found.bucket.bucket, key: key! }
    return source ? { ok: true, source } : (found as SourceError)
  }
  const problem = URL.canParse(url) ? platform.remoteFiles.findProblem(url) : 'It cannot be parsed.'
  return problem === null
    ? { ok: true, source: { url, headers } }
    : errorResult(
        'invalid_request',
        `source.url: Nothing can be imported from ${describeUrl(url)}: ${problem} For development, the setting IMPORT_PRIVATE_ADDRESSES="allow" allows any address.`,
      )
}

/** True if the source has request headers, which can be secret. */
export function hasHeaders(source: ImportSource): boolean {
  return 'url' in source && Object.keys(source.headers).length > 0
}

/** Returns the source of an import; null if it is not kept any more, or the key that sealed it is gone. */
export async function readImportSource(
  platform: Pick<Platform, 'signingKeys'>,
  { source }: Pick<ImportRow, 'source'>,
): Promise<ImportSource | null> {
  const text =
    source === null ? null : await openSealedText(platform.signingKeys(), PURPOSE, source)
  return text === null ? null : (JSON.parse(text) as ImportSource)
}

/** Leaves out the query, which can have a signature. */
export function describeUrl(url: string): string {
  return shorten(url.split('?', 1)[0]!)
}
