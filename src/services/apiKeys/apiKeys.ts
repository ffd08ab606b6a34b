/** API keys: creates, changes and deletes them, and finds the caller of a key. */
import { shorten } from '../../contract/quote.ts'
import type { ApiKey, ChangeApiKey, CreateApiKey } from '../../contract/apiKey.ts'
import {
  countKeys,
  deleteKeyRow,
  findKey,
  findKeyByHash,
  insertKey,
  listKeyRows,
  recordKeyUse,
  updateKey,
} from '../../db/apiKeys.ts'
import type { Caller } from '../../domain/caller.ts'
import { toBase64url } from '../../domain/base64url.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { sha256Hex, toHex } from '../../domain/digest.ts'
import type { Platform } from '../ports.ts'
import { toIsoTime } from '../serializers.ts'
import type { ApiKeyRow } from '../../db/rows.ts'
import { forgetKey, readCachedKey } from './keyCache.ts'

/** Maximum number of keys, because a list returns all of them. */
const MAX_KEYS = 1_000
/** `lastUsedAt` is written at most once in this time. */
const USE_INTERVAL_MS = 3_600_000
/** `rq_` and 256 random bits in base64url. Other texts are rejected without a query. */
const KEY_PATTERN = /^rq_[A-Za-z0-9_-]{43}$/

function keyNotFound(id: string) {
  return errorResult('key_not_found', `There is no API key ${shorten(id)}.`)
}
function parseTime(time: string | null | undefined) {
  return time === undefined || time === null ? time : Date.parse(time)
}

/** Creates a key with scopes that the caller has. Only its hash is stored. */
export async function createKey(
  { db }: Platform,
  caller: Caller,
  request: CreateApiKey,
): Promise<
  { ok: true; row: ApiKeyRow; key: string } | ErrorResult<'forbidden' | 'invalid_request'>
> {
  const missing = request.scopes.filter((scope) => !caller.scopes.includes(scope))
  if (missing.length > 0) {
    return errorResult(
      'forbidden',
      `scopes: Your key cannot grant scopes that it does not have (${missing.join(', ')}).`,
    )
  }
  if ((await countKeys(db)) >= MAX_KEYS) {
    return errorResult(
      'invalid_request',
      `There are ${MAX_KEYS} API keys, which is the maximum. Delete one first.`,
    )
  }
  const random = crypto.getRandomValues(new Uint8Array(32))
  const key = `rq_${toBase64url(random)}`
  const row = await insertKey(db, {
    ...request,
    id: `key_${crypto.randomUUID().replaceAll('-', '')}`,
    hash: await sha256Hex(key),
    scopes: [...new Set(request.scopes)],
    expiresAt: parseTime(request.expiresAt) ?? null,
    createdAt: Date.now(),
  })
  return { ok: true, row, key }
}

export function listKeys({ db }: Platform) {
  return listKeyRows(db)
}

export async function readKey({ db }: Platform, id: string) {
  const row = await findKey(db, id)
  return row ? { ok: true as const, row } : keyNotFound(id)
}

/** Changes the name, expiry, state or limits of a key. Its scopes and restriction are fixed. */
export async function changeKey({ db }: Platform, id: string, request: ChangeApiKey) {
  const { expiresAt, ...rest } = request
  const changes = Object.fromEntries(
    Object.entries({ ...rest, expiresAt: parseTime(expiresAt) }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  const row =
    Object.keys(changes).length === 0 ? await findKey(db, id) : await updateKey(db, id, changes)
  forgetKey(id)
  return row ? { ok: true as const, row } : keyNotFound(id)
}

export async function deleteKey({ db }: Platform, id: string) {
  const isDeleted = await deleteKeyRow(db, id)
  forgetKey(id)
  return isDeleted ? { ok: true as const } : keyNotFound(id)
}

/**
 * Finds the caller of a key. Only a client that has the key receives the error that it is disabled
 * or has expired.
 *
 * @param digest the SHA-256 of the key
 */
export async function findCallerByKey(
  platform: Platform,
  key: string,
  digest: ArrayBuffer,
): Promise<{ ok: true; caller: Caller } | ErrorResult<'unauthorized'>> {
  if (!KEY_PATTERN.test(key)) {
    return toCaller(platform, undefined)
  }
  const hash = toHex(digest)
  return toCaller(platform, await readCachedKey(hash, () => findKeyByHash(platform.db, hash)))
}

/** Finds the caller of a key by the id of the key, with its current scopes and limits. */
export async function findCallerById(platform: Platform, id: string) {
  return toCaller(platform, await readCachedKey(id, () => findKey(platform.db, id)))
}

function toCaller(
  platform: Platform,
  row: ApiKeyRow | undefined,
): { ok: true; caller: Caller } | ErrorResult<'unauthorized'> {
  if (!row) {
    return errorResult('unauthorized', 'The API key is not valid.')
  }
  if (row.disabled) {
    return errorResult('unauthorized', 'The API key is disabled.')
  }
  const now = Date.now()
  if (row.expiresAt !== null && row.expiresAt <= now) {
    return errorResult('unauthorized', 'The API key has expired.')
  }
  const before = now - USE_INTERVAL_MS
  if (row.lastUsedAt === null || row.lastUsedAt < before) {
    platform.defer(recordKeyUse(platform.db, row.id, now, before))
    // The row may be cached: the next request must not record the use again.
    row.lastUsedAt = now
  }
  const { id, scopes, queue, pathPrefix, maxStreams, maxQueuedJobs, expiresAt } = row
  return {
    ok: true,
    caller: {
      keyId: id,
      scopes,
      queue,
      pathPrefix,
      maxStreams,
      maxQueuedJobs,
      expiresAt,
    },
  }
}

/** Names every field, instead of spreading the row, so that the hash is never returned. */
export function serializeApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    queue: row.queue,
    pathPrefix: row.pathPrefix,
    maxStreams: row.maxStreams,
    maxQueuedJobs: row.maxQueuedJobs,
    maxStoredBytes: row.maxStoredBytes,
    storedBytes: row.storedBytes,
    disabled: row.disabled,
    expiresAt: toIsoTime(row.expiresAt),
    createdAt: toIsoTime(row.createdAt),
    lastUsedAt: toIsoTime(row.lastUsedAt),
  }
}
