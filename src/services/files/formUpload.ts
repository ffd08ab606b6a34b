/** Stores the files of a form, and creates their jobs. */
import { writeCount } from '../../contract/writeCount.ts'
import { shorten } from '../../contract/quote.ts'
import type { Rendition } from '../../contract/rendition.ts'
import type { StorageReservation } from '../../db/files.ts'
import { type Caller, canSeePath, chargedKeyId } from '../../domain/caller.ts'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import { originalPath } from '../../domain/transformation/variantPath.ts'
import {
  countCheckedBytes,
  findContentMismatch,
  findSizeError,
} from '../../storage/contentCheck.ts'
import type { StoredObject } from '../../storage/objectStore.ts'
import type { StoreOutcome } from '../../storage/originals.ts'
import { folderError, missingScopeError } from '../apiKeys/accessErrors.ts'
import type { CreatedJob, CreateOutcome } from '../jobs/collectJobs.ts'
import { createJobs } from '../jobs/createJobs.ts'
import { findSourceProblem } from '../jobs/sourceProblem.ts'
import type { Platform } from '../ports.ts'
import { resolveRendition } from '../variants/namedPresets.ts'
import { putReservedFile } from './files.ts'
import { type QuotaExceeded, releaseReservations, reserveStorage } from './storageQuota.ts'

export interface UploadForm {
  files: File[]
  /** The folder of all files; empty for none. */
  folder: string
  /** A name for each file, in the order of `files`; empty to use the names that the files have. */
  names: string[]
  /** A job is created for each transformation of each file. */
  transformations: string[]
}

interface NamedFile {
  filePath: string
  file: File
}

interface UploadedFile {
  stored: StoredObject
  jobs: CreatedJob[]
}

type Failure<Outcome> = Extract<Outcome, { ok: false }>

type UploadError =
  | QuotaExceeded
  | Failure<StoreOutcome<never>>
  | Failure<CreateOutcome>
  | ErrorResult<
      'unauthorized' | 'forbidden' | 'invalid_path' | 'invalid_transformation' | 'internal'
    >

export interface FailedUpload {
  ok: false
  error: UploadError
  /** The files that were stored before the error. The last one can be without its jobs. */
  files: UploadedFile[]
  /** What was thrown, if the error was not expected. */
  cause?: unknown
}
export type UploadOutcome = { ok: true; files: UploadedFile[] } | FailedUpload

/**
 * Stores all files of a form, and creates their jobs. The scope, the names, the transformations and
 * the contents are checked first: if one of them is not valid, nothing is stored. If storing a
 * file or creating its jobs fails later, the files that are stored by then stay, and are returned
 * with the error.
 */
export async function uploadForm(
  platform: Platform,
  caller: Caller,
  form: UploadForm,
): Promise<UploadOutcome> {
  const named = nameFiles(form)
  if (!named.ok) {
    return { ok: false, error: named, files: [] }
  }
  const { files } = named
  const { transformations } = form
  const error =
    (transformations.length === 0 ? null : missingScopeError(caller, 'jobs:write')) ??
    (files.every(({ filePath }) => canSeePath(caller, filePath)) ? null : folderError(caller)) ??
    (await findRequestError(platform, caller, { files, transformations }))
  if (error) {
    return { ok: false, error, files: [] }
  }
  const reserved = await reserveStorage(
    platform,
    chargedKeyId(caller),
    files.map(({ filePath, file }) => ({ filePath, sizeBytes: file.size })),
  )
  return reserved.ok
    ? storeFiles(platform, caller, { files, transformations }, reserved.reservations)
    : { ok: false, error: reserved, files: [] }
}

function nameFiles({ files, folder, names }: UploadForm) {
  if (names.length > 0 && names.length !== files.length) {
    return errorResult(
      'invalid_path',
      `names: Send as many names as files, or none (got names: ${names.length}, files: ${files.length}).`,
    )
  }
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  const named: NamedFile[] = []
  for (const [index, file] of files.entries()) {
    const path = originalPath.safeParse(prefix + (names[index] ?? file.name))
    if (!path.success) {
      return errorResult('invalid_path', `files[${index}]: ${path.error.issues[0]!.message}`)
    }
    if (named.some(({ filePath }) => filePath === path.data)) {
      return errorResult(
        'invalid_path',
        `files[${index}]: Another file has the path ${shorten(path.data)}.`,
      )
    }
    named.push({ filePath: path.data, file })
  }
  return { ok: true as const, files: named }
}

/**
 * Returns an error if a transformation is not valid, the content of a file does not match its name,
 * or a transformation cannot be applied to a file; else null.
 */
async function findRequestError(
  platform: Platform,
  caller: Caller,
  { files, transformations }: { files: NamedFile[]; transformations: string[] },
) {
  const renditions: Rendition[] = []
  for (const text of transformations) {
    const queue = caller.queue ?? DEFAULT_QUEUE
    try {
      renditions.push(await resolveRendition(platform, caller, queue, text))
    } catch (error) {
      if (!(error instanceof TransformationError)) {
        throw error
      }
      return errorResult(
        'invalid_transformation',
        `transformations: ${shorten(text)}: ${error.message}`,
      )
    }
  }
  for (const [index, file] of files.entries()) {
    const problem = await findFileError(file, renditions)
    if (problem) {
      return { ...problem, message: `files[${index}]: ${problem.message}` }
    }
  }
  return null
}

async function findFileError({ filePath, file }: NamedFile, renditions: Rendition[]) {
  const read = async (bytes: number) => new Uint8Array(await file.slice(0, bytes).arrayBuffer())
  const sizeError = findSizeError(filePath, file.size)
  if (sizeError !== null) {
    return sizeError
  }
  const mismatch = await findContentMismatch(filePath, await read(countCheckedBytes(filePath)))
  return mismatch === null
    ? findSourceProblem(filePath, renditions, read)
    : errorResult('content_mismatch', mismatch)
}

async function storeFiles(
  platform: Platform,
  caller: Caller,
  { files, transformations }: { files: NamedFile[]; transformations: string[] },
  reservations: StorageReservation[],
): Promise<UploadOutcome> {
  const unused = [...reservations]
  const uploaded: UploadedFile[] = []
  try {
    for (const [index, { filePath, file }] of files.entries()) {
      const content = { body: file.stream(), sizeBytes: file.size }
      const stored = await putReservedFile(platform, caller, unused.shift()!, content)
      if (!stored.ok) {
        return failUpload(files, uploaded, {
          ...stored,
          message: `files[${index}]: ${stored.message}`,
        })
      }
      const upload: UploadedFile = { stored: stored.stored, jobs: [] }
      uploaded.push(upload)
      const created = await createFileJobs(platform, caller, filePath, transformations)
      if (!created.ok) {
        return failUpload(files, uploaded, {
          ...created,
          message: `files[${index}] is stored, without jobs: ${created.message}`,
        })
      }
      upload.jobs = created.jobs
    }
    return { ok: true, files: uploaded }
  } catch (cause) {
    if (uploaded.length === 0) {
      throw cause
    }
    const error = errorResult(
      'internal',
      'Internal error. The log has the details under this request id.',
    )
    return { ...failUpload(files, uploaded, error), cause }
  } finally {
    platform.defer(releaseReservations(platform, unused))
  }
}

/** Adds to an error how many files were stored before it. */
function failUpload<Failed extends UploadError>(
  files: NamedFile[],
  uploaded: UploadedFile[],
  failed: Failed,
): FailedUpload {
  const stored =
    uploaded.length === 0
      ? 'No file was stored.'
      : `Stored: ${uploaded.length} of ${writeCount(files.length, 'file')}, which the field "files" lists.`
  return {
    ok: false,
    error: { ...failed, message: `${failed.message} ${stored}` },
    files: uploaded,
  }
}

async function createFileJobs(
  platform: Platform,
  caller: Caller,
  filePath: string,
  transformations: string[],
): Promise<CreateOutcome> {
  if (transformations.length === 0) {
    return { ok: true, jobs: [] }
  }
  const queue = caller.queue ?? DEFAULT_QUEUE
  return createJobs(platform, caller, { filePath, transformations, queue }, null)
}
