/** Removing from R2 what nobody needs any more. The rows say what that is; see `outputs`. */
import { deleteOutputRows, listRetiredOutputs } from '../../db/outputs.ts'
import type { MultipartUpload, ObjectStore } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'

/** R2 deletes, and a D1 statement binds, a bounded number of keys at once. */
const BATCH = 50

/** Files of one package that one round removes; R2 lists up to 1,000 at once. */
const FILES_A_ROUND = 500

/**
 * Aborts the uploads and deletes the objects of retired outputs. A row is forgotten only when its
 * object is gone, so an interrupted collection is done again; every step may be done twice.
 */
export async function collectGarbage({ db, variants }: Platform): Promise<number> {
  const retired = await listRetiredOutputs(db, BATCH)
  if (retired.length === 0) {
    return 0
  }
  const keys: string[] = []
  const packages: string[] = []
  for (const { key, uploadId } of retired) {
    if (uploadId === null) {
      packages.push(key)
      continue
    }
    if (await isAborted(variants, { key, uploadId })) {
      keys.push(key)
    }
  }
  if (keys.length > 0) {
    await variants.delete(keys)
  }
  // One after another, as long as there is room: a huge one takes several rounds.
  let room = FILES_A_ROUND
  for (const key of packages) {
    if (room <= 0) {
      break
    }
    const files = await variants.list(key, room)
    if (files.keys.length > 0) {
      await variants.delete(files.keys)
    }
    room -= Math.max(files.keys.length, 1)
    if (!files.isTruncated) {
      keys.push(key)
    }
  }
  if (keys.length === 0) {
    return 0
  }
  await deleteOutputRows(db, keys)
  return keys.length
}

/** False when the store could not abort it; the next round tries again. */
function isAborted(store: ObjectStore, upload: MultipartUpload): Promise<boolean> {
  return store.abortMultipartUpload(upload).then(
    () => true,
    () => false,
  )
}
