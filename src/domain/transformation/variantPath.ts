/** Paths that name a variant: an optional transformation, then the path of the original. */
import { storagePath } from '../../contract/storagePath.ts'
import { PACKAGE_ENTRY } from '../../contract/rendition.ts'
import { packageFileName } from '../../contract/runnerProtocol.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { readExtension } from '../../contract/fileTypes.ts'
import { readCanonicalForm } from './canonicalForm.ts'
import { looksLikeTransformation, parseTransformation } from './parse.ts'
import { TransformationError } from './transformationError.ts'

function firstFolder(path: string) {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

/**
 * A path under which an original can be stored: its first folder must not be one that would be read
 * as a transformation, as it could then not be addressed.
 */
export const originalPath = storagePath.refine(
  (path) => !looksLikeTransformation(firstFolder(path)),
  {
    error: ({ input }) =>
      `not a storage path: the folder "${firstFolder(String(input))}" would be read as a transformation; name it otherwise`,
  },
)

export interface BadName {
  ok: false
  code: 'invalid_path' | 'invalid_transformation'
  message: string
}
/** What names a variant once its preset, if there is one, is known: null for the original itself. */
export type VariantName = { ok: true; filePath: string; variant: string | null } | BadName
type WrittenName =
  { ok: true; filePath: string; written: string; transformation: Transformation | null } | BadName

/**
 * Reads `w_640,q_60/videos/clip.mp4`. The transformation is null when there is none. A first segment
 * that is meant as one and is not valid is an error, not the name of a folder.
 */
export function parseVariantName(text: string): WrittenName {
  const written = firstFolder(text)
  const transformed = looksLikeTransformation(written)
  try {
    const transformation = transformed ? parseTransformation(written) : null
    const path = storagePath.safeParse(transformed ? text.slice(written.length + 1) : text)
    if (path.success) {
      return { ok: true, filePath: path.data, written, transformation }
    }
    return { ok: false, code: 'invalid_path', message: path.error.issues[0]!.message }
  } catch (error) {
    if (!(error instanceof TransformationError)) {
      throw error
    }
    return badTransformation(written, error)
  }
}

export function badTransformation(written: string, error: TransformationError): BadName {
  return {
    ok: false,
    code: 'invalid_transformation',
    message: `${written}: ${error.message}`,
  }
}

export interface ServedName {
  filePath: string
  variant: string | null
  /** The file of a package that is asked for. */
  member: string | null
  /** The file by which a player begins, if the variant is a package. */
  entry: string | null
}

/**
 * Tells the file of a package from the path of its original: what comes after the name of a file that
 * can be stored, or what cannot be stored itself.
 */
export function splitPackageFile(filePath: string, variant: string | null): ServedName {
  const entry = variant === null ? null : (PACKAGE_ENTRY[readCanonicalForm(variant).kind] ?? null)
  const slash = filePath.lastIndexOf('/')
  const [before, last] = [filePath.slice(0, Math.max(slash, 0)), filePath.slice(slash + 1)]
  const isMember =
    entry !== null &&
    slash > 0 &&
    packageFileName.safeParse(last).success &&
    (readExtension(before) !== null || readExtension(last) === null)
  return isMember
    ? { filePath: before, variant, member: last, entry }
    : { filePath, variant, member: null, entry }
}
