/** The garbage collector: deletes retired outputs from the object store, and then their rows. */
import { deleteOutputRows, listRetiredOutputs } from '../../db/outputs.ts'
import type { MultipartUpload, ObjectStore } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'

/** Outputs per round. A D1 statement binds a limited number of keys. */
const MAX_OUTPUTS_PER_ROUND = 50

/** Files of packages per round. The store lists up to 1,000 at once. */
const MAX_FILES_PER_ROUND = 500

/**
 * Runs one round. A row is deleted only after its objects, and every step can be repeated, so the
 * next round completes one that was interrupted. Returns the number of deleted outputs.
 */
export async function collectGarbage({ db, variants }: Platform): Promise<number> {
  const retired = await listRetiredOutputs(db, MAX_OUTPUTS_PER_ROUND)
  if (retired.length === 0) {
    return 0
  }
  const files = await deleteFiles(variants, retired)
  const packages = await deletePackages(
    variants,
    retired.flatMap(({ key, uploadId }) => (uploadId === null ? key : [])),
  )
  const keys = [...files, ...packages]
  if (keys.length > 0) {
    await deleteOutputRows(db, keys)
  }
  return keys.length
}

/** Aborts uploads and deletes objects. Returns the keys under which nothing is left. */
async function deleteFiles(
  store: ObjectStore,
  outputs: { key: string; uploadId: string | null }[],
): Promise<string[]> {
  const keys: string[] = []
  for (const { key, uploadId } of outputs) {
    if (uploadId === null) {
      continue
    }
    if (await abortUpload(store, { key, uploadId })) {
      keys.push(key)
    }
  }
  if (keys.length > 0) {
    await store.delete(keys)
  }
  return keys
}

/** Returns false if the store failed to abort the upload: the next round tries again. */
function abortUpload(store: ObjectStore, upload: MultipartUpload): Promise<boolean> {
  return store.abortMultipartUpload(upload).then(
    () => true,
    () => false,
  )
}

/**
 * Deletes the files under each prefix. A large package takes several rounds. Returns the prefixes
 * under which nothing is left.
 */
async function deletePackages(store: ObjectStore, prefixes: string[]): Promise<string[]> {
  const deleted: string[] = []
  let remaining = MAX_FILES_PER_ROUND
  for (const prefix of prefixes) {
    if (remaining <= 0) {
      break
    }
    const { keys, isTruncated } = await store.list(prefix, remaining)
    if (keys.length > 0) {
      await store.delete(keys)
    }
    remaining -= Math.max(keys.length, 1)
    if (!isTruncated) {
      deleted.push(prefix)
    }
  }
  return deleted
}
