/** Builds the jobs of a request from its renditions, the original and the reference files. */
import type { CreateJobs } from '../../contract/job.ts'
import { PRIORITY } from '../../contract/limits.ts'
import { shorten } from '../../contract/quote.ts'
import type { Kind, Rendition } from '../../contract/rendition.ts'
import type { NewJob } from '../../db/insertJobs.ts'
import type { Caller } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'
import { listRequiredEncoders, findJobSizeClass } from '../../domain/runnerRequirements.ts'
import { findNameError } from '../../storage/contentCheck.ts'
import type { Platform } from '../ports.ts'
import { findDestinations } from '../exports/destinations.ts'
import { findReferenceFiles, selectReferenceFiles } from '../variants/referenceFiles.ts'
import { findOriginalProblem } from './sourceProblem.ts'

/** The properties of the caller that creating jobs depends on. */
export type Creator = Pick<Caller, 'keyId' | 'queue' | 'pathPrefix' | 'maxQueuedJobs'> & {
  /**
   * Set if the caller may create jobs only because visitors may: the maximum number of pending jobs
   * of all such callers.
   */
  maxVisitorJobs?: number
}

/** The renditions of a request by canonical form. Repeated variants of a request are merged. */
export type Renditions = ReadonlyMap<string, Rendition>

const NOT_IMPORTED = { etag: '', sizeBytes: 0 }

/** Reads the original and the reference files, and builds the new jobs. */
export async function buildJobs(
  platform: Platform,
  caller: Creator,
  { filePath, priority, source: remote, destination }: CreateJobs,
  renditions: Renditions,
) {
  // A file that is imported can replace a stored one. Its etag and size are recorded when it is stored.
  const source = remote ? NOT_IMPORTED : await platform.originals.head(filePath)
  const problem = await findOriginalProblem(
    platform,
    { filePath, sizeBytes: remote ? null : (source?.sizeBytes ?? null) },
    renditions.values(),
  )
  if (problem) {
    return problem
  }
  if (!source) {
    return errorResult(
      'file_not_found',
      `There is no file at this path in storage. Upload it first: PUT /files/${shorten(filePath)}.`,
    )
  }
  const references =
    findNameError(filePath) ?? (await findReferenceFiles(platform, caller, renditions.values()))
  if (!references.ok) {
    return references
  }
  const found = destination && findDestinations(platform, caller, destination, filePath, renditions)
  if (found?.ok === false) {
    return found
  }
  const jobs = [...renditions].map(([transformation, rendition]): NewJob => ({
    id: generateJobId(Date.now()),
    transformation,
    priority: priority ?? defaultPriority(rendition, caller),
    requiredEncoders: listRequiredEncoders(rendition),
    sizeClass: findJobSizeClass(rendition, source.sizeBytes),
    referenceFiles: selectReferenceFiles(references.files, rendition),
    destination: found?.destinations.get(transformation) ?? null,
  }))
  return { ok: true as const, jobs, source: { etag: source.etag, sizeBytes: source.sizeBytes } }
}

/**
 * Generates an id of 48 bits of time and 80 random bits, in hex. Ids grow with time, so that new rows
 * are appended to the indexes that begin with an id: the pages of an index in random order are a
 * third empty.
 */
export function generateJobId(now: number): string {
  const random = crypto.getRandomValues(new Uint8Array(10))
  const digits = Array.from(random, (byte) => byte.toString(16).padStart(2, '0'))
  return `job_${now.toString(16).padStart(12, '0')}${digits.join('')}`
}

/** Kinds that are quick and for which users wait. Their default priority is `PRIORITY.image`. */
const QUICK_KINDS: readonly Kind[] = ['image', 'probe']

export function defaultPriority(
  { kind }: Rendition,
  { maxVisitorJobs }: Pick<Creator, 'maxVisitorJobs'>,
) {
  const priority = QUICK_KINDS.includes(kind) ? PRIORITY.image : PRIORITY.default
  return maxVisitorJobs === undefined ? priority : PRIORITY.visitor + priority
}
