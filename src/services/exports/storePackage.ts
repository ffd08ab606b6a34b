/**
 * Stores the files of a package in a folder of another service, over several steps. A file is stored after the files that
 * it names, and the file that players open first is the last one, so that a player finds all or nothing.
 */
import { findFileType } from '../../contract/fileTypes.ts'
import type { PackageProgress } from '../../db/schema/exports.ts'
import { findVariant } from '../../db/outputs.ts'
import type { ExportRow } from '../../db/rows.ts'
import type { ListedObject } from '../../storage/objectStore.ts'
import { folderOf } from './destinations.ts'
import { VariantLostError } from './exportErrors.ts'
import {
  type ExportStepState,
  keep,
  MIN_PART_BYTES,
  storeAtOnce,
  type Stored,
  storeObject,
} from './storeObject.ts'

/** Requests of a step to the destination, and listings. Cloudflare's free plan allows 50 of an invocation. */
const MAX_REQUESTS = 40
/** Small files that are stored at the same time. */
const MAX_AT_ONCE = 4
const MAX_LISTED = 250

const RANKS = { media: 0, playlist: 1, entry: 2 }
const START: PackageProgress = {
  rank: RANKS.media,
  after: '',
  files: 0,
  sizeBytes: 0,
  uploading: null,
  parts: [],
}

export function isPackage({ outputKey }: Pick<ExportRow, 'outputKey'>): boolean {
  return outputKey.endsWith('/')
}

/**
 * Returns what is stored; null if another step follows.
 *
 * @param entryKey key of the file that players open first, at the destination
 */
export async function storePackage(
  state: ExportStepState,
  entryKey: string,
): Promise<Stored | null> {
  const { row, platform, until } = state
  const entry = entryKey.slice(folderOf(entryKey).length)
  let requests = 0
  const isOver = (next: number) => requests + next > MAX_REQUESTS || Date.now() >= until
  for (;;) {
    const { rank, after, uploading } = readProgress(row)
    if (rank === RANKS.entry) {
      return isOver(2) ? null : storeEntry(state, entryKey, entry)
    }
    if (isOver(1)) {
      return null
    }
    requests += 1
    const { outputKey } = row
    const page = await platform.variants.list(outputKey, MAX_LISTED, outputKey + after)
    const files = page.objects.filter(({ key }) => rankOf(nameOf(row, key), entry) === rank)
    if (row.uploadId !== null && files[0]?.key !== row.outputKey + uploading) {
      throw new VariantLostError()
    }
    for (const group of groupFiles(files)) {
      const needed = group.reduce((sum, file) => sum + countRequests(file), 0)
      if (isOver(needed) || !(await storeGroup(state, folderOf(entryKey), group))) {
        return null
      }
      requests += needed
    }
    const last = page.objects.at(-1)
    await advance(
      state,
      page.isTruncated && last ? { after: nameOf(row, last.key) } : { rank: rank + 1, after: '' },
    )
  }
}

function readProgress({ parts }: ExportRow): PackageProgress {
  return Array.isArray(parts) ? START : parts
}

function nameOf({ outputKey }: ExportRow, key: string): string {
  return key.slice(outputKey.length)
}

function rankOf(name: string, entry: string): number {
  if (name === entry) {
    return RANKS.entry
  }
  return findFileType(name)?.role === 'playlist' ? RANKS.playlist : RANKS.media
}

/** Small files in groups; a large one alone, because its upload is recorded in the row. */
function groupFiles(files: readonly ListedObject[]): ListedObject[][] {
  const groups: ListedObject[][] = []
  for (const file of files) {
    const group = groups.at(-1)
    if (group && group.length < MAX_AT_ONCE && [...group, file].every(isSmall)) {
      group.push(file)
    } else {
      groups.push([file])
    }
  }
  return groups
}

function isSmall({ sizeBytes }: ListedObject): boolean {
  return sizeBytes <= MIN_PART_BYTES
}

/**
 * A small file is stored and read back; a large one needs a request for each part, and three more. One that
 * needs more than a step may send is stored in several: a step sends as much as it may.
 */
function countRequests(file: ListedObject): number {
  const requests = isSmall(file) ? 2 : Math.ceil(file.sizeBytes / MIN_PART_BYTES) + 3
  return Math.min(requests, MAX_REQUESTS - 1)
}

/** Returns false if a large file needs another step. */
async function storeGroup(
  state: ExportStepState,
  folder: string,
  group: ListedObject[],
): Promise<boolean> {
  const { row, job } = state
  const [first] = group
  const { files, sizeBytes } = readProgress(row)
  const names = group.map(({ key }) => nameOf(row, key))
  const toFile = ({ key }: ListedObject) => ({ source: key, key: folder + nameOf(row, key) })
  if (isSmall(first!)) {
    const results = await Promise.allSettled(group.map((file) => storeAtOnce(state, toFile(file))))
    // Only now, so that no request of this step goes on after the end of its lease.
    const failed = results.find(({ status }) => status === 'rejected')
    if (failed) {
      throw (failed as PromiseRejectedResult).reason
    }
  } else {
    row.parts = { ...readProgress(row), uploading: names[0]! }
    const onProgress = (storedBytes: number) =>
      state.onProgress(sizeBytes + storedBytes, job.output?.sizeBytes ?? 0)
    if ((await storeObject({ ...state, onProgress }, toFile(first!))) === null) {
      return false
    }
  }
  const stored = {
    files: files + group.length,
    sizeBytes: group.reduce((sum, file) => sum + file.sizeBytes, sizeBytes),
  }
  await advance(state, { ...stored, after: names.at(-1)! })
  state.onProgress(stored.sizeBytes, job.output?.sizeBytes ?? 0)
  return true
}

async function advance(
  state: ExportStepState,
  changes: Partial<Pick<PackageProgress, 'rank' | 'after' | 'files' | 'sizeBytes'>>,
): Promise<void> {
  const parts = { ...readProgress(state.row), ...changes, uploading: null, parts: [] }
  await keep(state, { uploadId: null, parts, failures: 0 })
}

async function storeEntry(
  state: ExportStepState,
  key: string,
  entry: string,
): Promise<Stored | null> {
  const { row, job, platform } = state
  // Files of a variant that was deleted may have been missing in the listings.
  const variant = await findVariant(platform.db, job.filePath, job.transformation)
  if (variant?.outputKey !== row.outputKey) {
    throw new VariantLostError()
  }
  const { files, sizeBytes } = readProgress(row)
  const stored = await storeAtOnce(state, { source: row.outputKey + entry, key })
  return {
    etag: stored.etag,
    sizeBytes: sizeBytes + stored.sizeBytes,
    files: files + 1,
  }
}
