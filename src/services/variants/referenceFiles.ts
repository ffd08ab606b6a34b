/** The stored files that a variant is made with besides its own: watermarks, subtitles, what is appended. */
import { listReferenceFiles, type Rendition } from '../../contract/rendition.ts'
import { type Restriction, canSeePath } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { outside } from '../files/files.ts'
import type { Platform } from '../ports.ts'
import type { ReferenceFile } from '../../db/rows.ts'

/** Of one request: each is a call to R2, and an invocation may make so many only. */
const MAX_REFERENCES = 40

/** Who names a file gets to see what is in it, so it has to be one that it can see. */
export function hiddenReferenceFile(caller: Restriction, renditions: Iterable<Rendition>) {
  const unseen = [...renditions]
    .flatMap(listReferenceFiles)
    .find((referenced) => !canSeePath(caller, referenced))
  return unseen === undefined
    ? null
    : errorResult('forbidden', `${outside(caller).message}, and ${unseen} lies outside of it.`)
}

/** The files as they are now, by their paths; null for those that are not there. */
async function look({ originals }: Platform, paths: Iterable<string>) {
  const found = [...new Set(paths)].map(async (path) => {
    const object = await originals.head(path)
    return [path, object && { path, etag: object.etag, sizeBytes: object.sizeBytes }] as const
  })
  return new Map(await Promise.all(found))
}

interface Found {
  ok: true
  of(rendition: Rendition): ReferenceFile[]
}

/** Looks at all that these renditions name. */
export async function findReferences(
  platform: Platform,
  caller: Restriction,
  renditions: Iterable<Rendition>,
): Promise<Found | ErrorResult<'forbidden' | 'file_not_found' | 'invalid_request'>> {
  const all = [...renditions]
  const unseen = hiddenReferenceFile(caller, all)
  if (unseen) {
    return unseen
  }
  const paths = new Set(all.flatMap(listReferenceFiles))
  if (paths.size > MAX_REFERENCES) {
    return errorResult(
      'invalid_request',
      `A request may name ${MAX_REFERENCES} other files at most.`,
    )
  }
  const files = await look(platform, paths)
  for (const [path, file] of files) {
    if (!file) {
      return errorResult(
        'file_not_found',
        `There is no file ${path} in storage, which a transformation names. Put it there first: PUT /files/${path}`,
      )
    }
  }
  return {
    ok: true,
    of: (rendition) => listReferenceFiles(rendition).map((path) => files.get(path)!),
  }
}

/** The same for a job that is claimed: the files in their order, or the path of one that is gone. */
export async function readReferences(
  platform: Platform,
  rendition: Rendition,
): Promise<ReferenceFile[] | string> {
  const files = await look(platform, listReferenceFiles(rendition))
  const references: ReferenceFile[] = []
  for (const [path, file] of files) {
    if (!file) {
      return path
    }
    references.push(file)
  }
  return references
}

/** Whether these are still what is in storage. */
export async function areUnchanged(platform: Platform, references: readonly ReferenceFile[]) {
  const files = await look(
    platform,
    references.map(({ path }) => path),
  )
  return references.every(({ path, etag }) => files.get(path)?.etag === etag)
}
