/**
 * Keeps the rows of API keys for a few seconds, so that most requests read no key from the
 * database. A change of a key applies at once in the isolate that makes it, and in other isolates
 * when their entry is MAX_AGE_MS old.
 */
import type { ApiKeyRow } from '../../db/rows.ts'

/** The docs promise that a disabled or deleted key is rejected within 10 s. */
const MAX_AGE_MS = 5_000
/** Also the maximum number of keys, each of which can be found by its hash and by its id. */
const MAX_ENTRIES = 1_000

interface Entry {
  row: ApiKeyRow
  /** Milliseconds since the epoch. */
  readAt: number
}

/** By the hash of the key, or by its id, in the order of reading. */
const entries = new Map<string, Entry>()
/** Number of changes of keys through this isolate. */
let changes = 0

/**
 * Returns the row of a key, from the cache or by `read`. A key that does not exist is not cached,
 * so that a new key can be used at once. The row is shared by requests.
 *
 * @param name the hash or the id of the key
 */
export async function readCachedKey(
  name: string,
  read: () => Promise<ApiKeyRow | undefined>,
): Promise<ApiKeyRow | undefined> {
  const cached = entries.get(name)
  const now = Date.now()
  if (cached && now >= cached.readAt && now - cached.readAt < MAX_AGE_MS) {
    return cached.row
  }
  entries.delete(name)
  const changesBefore = changes
  const row = await read()
  // A row that was read while a key changed may be older than the change.
  if (row && changes === changesBefore) {
    makeRoom()
    // The age counts from before the query.
    entries.set(name, { row, readAt: now })
  }
  return row
}

function makeRoom(): void {
  for (const oldest of entries.keys()) {
    if (entries.size < MAX_ENTRIES) {
      return
    }
    entries.delete(oldest)
  }
}

/** Has the next request with the key read its row again. Called after each change of a key. */
export function forgetKey(id: string): void {
  changes++
  for (const [name, { row }] of entries) {
    if (row.id === id) {
      entries.delete(name)
    }
  }
}
