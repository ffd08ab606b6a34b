/** The garbage collector: deletes retired outputs from the object store, and then their rows. */
import { deleteOutputRows, listRetiredOutputs, postponeOutputs } from '../../db/outputs.ts'
import { describeError, logWarn } from '../../log.ts'
import type { MultipartUpload, ObjectStore } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'

/** Outputs per round. It limits the requests of a round: each upload is aborted by a request. */
const MAX_OUTPUTS_PER_ROUND = 50

/** Files of packages per round. The store lists up to 1,000 at once. */
const MAX_FILES_PER_ROUND = 500

/**
 * Time after which the prefix of a package is listed once more, for a file whose request was in
 * progress when the attempt ended. Runners abort each request after some minutes, so the file is
 * stored by then.
 */
const SECOND_LISTING_MS = 60 * 60_000

/** Time until the next try if the store could not abort an upload. */
const RETRY_MS = 10 * 60_000

interface RoundResult {
  /** Keys of the outputs of which no object is left. */
  deleted: string[]
  /** Keys of the outputs to try again later. */
  postponed: string[]
}

/**
 * Runs one round. A row is deleted only after its objects, and every step can be repeated, so the
 * next round completes one that was interrupted. Returns the number of deleted outputs.
 */
export async function collectGarbage({ db, variants }: Platform): Promise<number> {
  const now = Date.now()
  const retired = await listRetiredOutputs(db, now, MAX_OUTPUTS_PER_ROUND)
  if (retired.length === 0) {
    return 0
  }
  const uploads = retired.flatMap(({ key, uploadId }) =>
    uploadId === null ? [] : { key, uploadId },
  )
  const files = await deleteFiles(variants, uploads)
  const packages = await deletePackages(
    variants,
    retired.filter(({ uploadId }) => uploadId === null),
  )
  const deleted = [...files.deleted, ...packages.deleted]
  if (deleted.length > 0) {
    await deleteOutputRows(db, deleted)
  }
  if (files.postponed.length > 0) {
    await postponeOutputs(db, files.postponed, now + RETRY_MS)
  }
  if (packages.postponed.length > 0) {
    await postponeOutputs(db, packages.postponed, now + SECOND_LISTING_MS)
  }
  return deleted.length
}

/** Aborts uploads and deletes their objects. Postpones an upload whose abort throws. */
async function deleteFiles(store: ObjectStore, uploads: MultipartUpload[]): Promise<RoundResult> {
  const deleted: string[] = []
  const postponed: string[] = []
  for (const upload of uploads) {
    // After the upload has ended, no object can appear under its key.
    const hasEnded = upload.uploadId === '' || (await abortUpload(store, upload))
    const keys = hasEnded ? deleted : postponed
    keys.push(upload.key)
  }
  if (deleted.length > 0) {
    await store.delete(deleted)
  }
  return { deleted, postponed }
}

function abortUpload(store: ObjectStore, upload: MultipartUpload): Promise<boolean> {
  return store.abortMultipartUpload(upload).then(
    () => true,
    (error: unknown) => {
      logWarn('abort_failed', { key: upload.key, error: describeError(error) })
      return false
    },
  )
}

/**
 * Deletes the files under the prefixes, up to MAX_FILES_PER_ROUND. A large package takes several
 * rounds. A prefix without remaining files is postponed once, and then counts as deleted.
 */
async function deletePackages(
  store: ObjectStore,
  packages: { key: string; collectAfter: number }[],
): Promise<RoundResult> {
  const result: RoundResult = { deleted: [], postponed: [] }
  let remaining = MAX_FILES_PER_ROUND
  for (const { key, collectAfter } of packages) {
    if (remaining <= 0) {
      break
    }
    const { objects, isTruncated } = await store.list(key, remaining)
    const keys = objects.map((object) => object.key)
    if (keys.length > 0) {
      await store.delete(keys)
    }
    remaining -= Math.max(keys.length, 1)
    if (!isTruncated) {
      const isSecondListing = collectAfter > 0
      const list = isSecondListing ? result.deleted : result.postponed
      list.push(key)
    }
  }
  return result
}
