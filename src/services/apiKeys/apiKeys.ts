/** API keys: making them, changing them, and telling whose a key is that was shown. */
import type { ApiKey, ChangeApiKey, CreateApiKey } from '../../contract/apiKey.ts'
import {
  countKeys,
  deleteKey,
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
import { sha256Hex } from '../../domain/digest.ts'
import type { Platform } from '../ports.ts'
import type { ApiKeyRow } from '../../db/rows.ts'

/** The list reads a row of each, so there is a bound to them. */
const MAX_KEYS = 1_000
const USE_NOTED_MS = 3_600_000
/** `rq_` and 256 bits; what looks otherwise is not looked up. */
const SHAPE = /^rq_[A-Za-z0-9_-]{43}$/

function unknown(id: string) {
  return errorResult('key_not_found', `There is no API key ${id}.`)
}
function ms(time: string | null | undefined) {
  return time === undefined || time === null ? time : Date.parse(time)
}

/** Makes a key, which is in the answer and nowhere else. It can do no more than who makes it. */
export async function createKey(
  { db }: Platform,
  caller: Caller,
  request: CreateApiKey,
): Promise<
  { ok: true; row: ApiKeyRow; key: string } | ErrorResult<'forbidden' | 'invalid_request'>
> {
  const beyond = request.scopes.filter((scope) => !caller.scopes.includes(scope))
  if (beyond.length > 0) {
    return errorResult(
      'forbidden',
      `A key can only hand on scopes that it has; not ${beyond.join(', ')}`,
    )
  }
  if ((await countKeys(db)) >= MAX_KEYS) {
    return errorResult('invalid_request', `There are ${MAX_KEYS} keys, which is the limit.`)
  }
  const random = crypto.getRandomValues(new Uint8Array(32))
  const key = `rq_${toBase64url(random)}`
  const row = await insertKey(db, {
    ...request,
    id: `key_${crypto.randomUUID().replaceAll('-', '')}`,
    hash: await sha256Hex(key),
    scopes: [...new Set(request.scopes)],
    expiresAt: ms(request.expiresAt) ?? null,
    createdAt: Date.now(),
  })
  return { ok: true, row, key }
}

export function listKeys({ db }: Platform) {
  return listKeyRows(db)
}

export async function readKey({ db }: Platform, id: string) {
  const row = await findKey(db, id)
  return row ? { ok: true as const, row } : unknown(id)
}

/** Renames, expires, disables or enables a key, or sets its caps. Its scopes and bounds stay. */
export async function changeKey({ db }: Platform, id: string, request: ChangeApiKey) {
  const { expiresAt, ...rest } = request
  const changes = Object.fromEntries(
    Object.entries({ ...rest, expiresAt: ms(expiresAt) }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  const row =
    Object.keys(changes).length === 0 ? await findKey(db, id) : await updateKey(db, id, changes)
  return row ? { ok: true as const, row } : unknown(id)
}

export async function removeKey({ db }: Platform, id: string) {
  return (await deleteKey(db, id)) ? { ok: true as const } : unknown(id)
}

/** Whose a key is. That it is disabled or expired is told to who has it, and to nobody else. */
export async function findCallerByKey(
  platform: Platform,
  shown: string,
): Promise<{ ok: true; caller: Caller } | ErrorResult<'unauthorized'>> {
  const row = SHAPE.test(shown)
    ? await findKeyByHash(platform.db, await sha256Hex(shown))
    : undefined
  return admit(platform, row)
}

/** The caller for whom something was signed, as its key is now. */
export async function callerById(platform: Platform, id: string) {
  return admit(platform, await findKey(platform.db, id))
}

function admit(
  platform: Platform,
  row: ApiKeyRow | undefined,
): { ok: true; caller: Caller } | ErrorResult<'unauthorized'> {
  if (!row) {
    return errorResult('unauthorized', 'This key is not known')
  }
  if (row.disabled) {
    return errorResult('unauthorized', 'This key is disabled')
  }
  const now = Date.now()
  if (row.expiresAt !== null && row.expiresAt <= now) {
    return errorResult('unauthorized', 'This key has expired')
  }
  const noted = now - USE_NOTED_MS
  if (row.lastUsedAt === null || row.lastUsedAt < noted) {
    platform.defer(recordKeyUse(platform.db, row.id, now, noted))
  }
  const { id, scopes, queue, pathPrefix, maxStreams, maxQueuedJobs, expiresAt } = row
  const caps = { maxStreams, maxQueuedJobs }
  return { ok: true, caller: { keyId: id, scopes, queue, pathPrefix, ...caps, until: expiresAt } }
}

function iso(time: number | null) {
  return time === null ? null : new Date(time).toISOString()
}

/** Each field by name: the hash is not among them. */
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
    expiresAt: iso(row.expiresAt),
    createdAt: iso(row.createdAt)!,
    lastUsedAt: iso(row.lastUsedAt),
  }
}
