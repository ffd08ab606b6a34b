/** Reference files: other stored files that a transformation names. */
import { shorten } from '../../contract/quote.ts'
import { listReferenceFiles, type Rendition } from '../../contract/rendition.ts'
import type { ReferenceFile } from '../../db/rows.ts'
import { canSeePath, type Restriction } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { findNameError } from '../../storage/contentCheck.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import type { Platform } from '../ports.ts'

/** Each file costs one request to R2, and Cloudflare limits the requests of a Worker invocation. */
const MAX_REFERENCE_FILES = 40

/**
 * Returns an error if a reference file is outside of the caller's folder, because the variant would
 * show its content; else null.
 */
export function hiddenFileError(caller: Restriction, renditions: Iterable<Rendition>) {
  const hidden = [...renditions]
    .flatMap(listReferenceFiles)
    .find((path) => !canSeePath(caller, path))
  return hidden === undefined
    ? null
    : errorResult(
        'forbidden',
        `${folderError(caller).message} The file ${shorten(hidden)} is outside of it.`,
      )
}

type FilesByPath = ReadonlyMap<string, ReferenceFile>

/**
 * Finds the reference files of all renditions of one request. Returns an error if there are too
 * many, if the caller cannot see one of them, or if one does not exist or has an extension
 * that cannot be stored.
 */
export async function findReferenceFiles(
  platform: Platform,
  caller: Restriction,
  renditions: Iterable<Rendition>,
): Promise<
  | { ok: true; files: FilesByPath }
  | ErrorResult<'forbidden' | 'file_not_found' | 'invalid_request' | 'content_mismatch'>
> {
  const all = [...renditions]
  const hidden = hiddenFileError(caller, all)
  if (hidden) {
    return hidden
  }
  const paths = new Set(all.flatMap(listReferenceFiles))
  if (paths.size > MAX_REFERENCE_FILES) {
    return errorResult(
      'invalid_request',
      `A request may name at most ${MAX_REFERENCE_FILES} reference files (got ${paths.size}).`,
    )
  }
  const found = await readFiles(platform, paths)
  if (!found.ok) {
    return errorResult(
      'file_not_found',
      `A transformation names a file that is not in storage. Store ${shorten(found.missing)} first, with PUT /files/{path}.`,
    )
  }
  const nameErrors = [...paths].map(findNameError)
  return nameErrors.find((error) => error !== null) ?? found
}

/** Returns the reference files of a rendition, in the order of `listReferenceFiles`. */
export function selectReferenceFiles(files: FilesByPath, rendition: Rendition): ReferenceFile[] {
  return listReferenceFiles(rendition).map((path) => files.get(path)!)
}

/**
 * Reads the size and etag of a rendition's reference files from the store, in the order of
 * `listReferenceFiles`. If a file does not exist, returns its path as `missing`.
 */
export async function readReferenceFiles(
  platform: Platform,
  rendition: Rendition,
): Promise<{ ok: true; files: ReferenceFile[] } | { ok: false; missing: string }> {
  const found = await readFiles(platform, listReferenceFiles(rendition))
  return found.ok ? { ok: true, files: selectReferenceFiles(found.files, rendition) } : found
}

/** Returns whether the store has each file with the same etag. */
export async function areUnchanged(platform: Platform, files: readonly ReferenceFile[]) {
  const found = await readFiles(
    platform,
    files.map(({ path }) => path),
  )
  return found.ok && files.every(({ path, etag }) => found.files.get(path)!.etag === etag)
}

async function readFiles(
  { originals }: Platform,
  paths: Iterable<string>,
): Promise<{ ok: true; files: FilesByPath } | { ok: false; missing: string }> {
  const unique = [...new Set(paths)]
  const objects = await Promise.all(unique.map((path) => originals.head(path)))
  const files = new Map<string, ReferenceFile>()
  for (const [index, path] of unique.entries()) {
    const object = objects[index]
    if (!object) {
      return { ok: false, missing: path }
    }
    files.set(path, { path, etag: object.etag, sizeBytes: object.sizeBytes })
  }
  return { ok: true, files }
}
