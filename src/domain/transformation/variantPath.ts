/** Paths that name a variant: an optional transformation, then the path of the original. */
import { quote, shorten } from '../../contract/quote.ts'
import { PATH_ISSUE, storagePath } from '../../contract/storagePath.ts'
import { PACKAGE_ENTRY } from '../../contract/rendition.ts'
import { packageFileName } from '../../contract/runnerProtocol.ts'
import type { Transformation } from '../../contract/transformation.ts'
import { readExtension } from '../../contract/fileTypes.ts'
import { readCanonicalForm } from './canonicalForm.ts'
import { looksLikeTransformation, parseRequest } from './parse.ts'
import { TransformationError } from './transformationError.ts'

function firstFolder(path: string) {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

/**
 * A path under which an original can be stored. A first folder that looks like a transformation is
 * rejected, because requests for the file would be read as requests for a variant.
 */
export const originalPath = storagePath.refine(
  (path) => !looksLikeTransformation(firstFolder(path)),
  {
    params: PATH_ISSUE,
    error: ({ input }) =>
      `Not a storage path: the folder ${quote(firstFolder(String(input)))} would be read as a transformation. Use another folder name.`,
  },
)

export interface InvalidName {
  ok: false
  code: 'invalid_path' | 'invalid_transformation'
  message: string
}
/** A file and the canonical form of its variant; `variant` is null for the original. */
export type VariantName = { ok: true; filePath: string; variant: string | null } | InvalidName
/** A file and a transformation as the caller wrote it; null for the original. */
type WrittenName =
  | { ok: true; filePath: string; written: string; transformation: Readonly<Transformation> | null }
  | InvalidName

/**
 * Reads `w_640,q_60/videos/clip.mp4`. A first segment that looks like a transformation but is not
 * valid is an error, not the name of a folder.
 */
export function parseVariantName(text: string): WrittenName {
  const written = firstFolder(text)
  const hasTransformation = looksLikeTransformation(written)
  try {
    const transformation = hasTransformation ? parseRequest(written) : null
    const path = storagePath.safeParse(hasTransformation ? text.slice(written.length + 1) : text)
    if (path.success) {
      return { ok: true, filePath: path.data, written, transformation }
    }
    return { ok: false, code: 'invalid_path', message: path.error.issues[0]!.message }
  } catch (error) {
    if (!(error instanceof TransformationError)) {
      throw error
    }
    return invalidTransformation(written, error)
  }
}

export function invalidTransformation(written: string, error: TransformationError): InvalidName {
  return {
    ok: false,
    code: 'invalid_transformation',
    message: `${shorten(written)}: ${error.message}`,
  }
}

export interface ServedName {
  filePath: string
  variant: string | null
  /** The requested file of a package; null when the variant itself is requested. */
  packageFile: string | null
  /** The first file that a player requests; null if the variant is not a package. */
  entry: string | null
}

/**
 * Splits `videos/clip.mp4/master.m3u8` into the path of an original and a file of its package, if
 * the variant is a package. The last segment is a file of the package if it has the form of such a
 * name, and either the path before it has the extension of an original, or the segment itself has
 * no such extension.
 */
export function splitPackageFile(filePath: string, variant: string | null): ServedName {
  const entry = variant === null ? null : (PACKAGE_ENTRY[readCanonicalForm(variant).kind] ?? null)
  const slash = filePath.lastIndexOf('/')
  const [before, last] = [filePath.slice(0, Math.max(slash, 0)), filePath.slice(slash + 1)]
  const hasPackageFile =
    entry !== null &&
    slash > 0 &&
    packageFileName.safeParse(last).success &&
    (readExtension(before) !== null || readExtension(last) === null)
  return hasPackageFile
    ? { filePath: before, variant, packageFile: last, entry }
    : { filePath, variant, packageFile: null, entry }
}
