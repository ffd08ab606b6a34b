/** Removing from R2 what nobody needs any more. The rows say what that is; see `outputs`. */
import { forgetOutputs, listRetiredOutputs } from '../db/outputRows.ts'
import type { Platform } from './platform.ts'

/** R2 deletes, and a D1 statement binds, a bounded number of keys at once. */
const BATCH = 50

/** R2's answer for an upload that was completed or aborted already, which is what is wanted. */
const isGone = (error: unknown) => error instanceof Error && error.message.includes('(10024)')

/**
 * Aborts the uploads and deletes the objects of retired outputs. A row is forgotten only when its
 * object is gone, so an interrupted collection is done again; every step may be done twice.
 */
export async function collectOutputs({ db, variants }: Platform): Promise<number> {
  const retired = await listRetiredOutputs(db, BATCH)
  if (retired.length === 0) return 0
  const keys: string[] = []
  for (const { key, uploadId } of retired) {
    const upload = variants.resumeMultipartUpload(key, uploadId)
    if (await upload.abort().then(() => true, isGone)) keys.push(key)
  }
  if (keys.length === 0) return 0
  await variants.delete(keys)
  await forgetOutputs(db, keys)
  return keys.length
}
