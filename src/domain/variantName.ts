/** Paths that name a variant: an optional transformation, then the path of the original. */
import { storagePath } from '../contract/path.ts'
import { canonicalForm, toRendition } from './rendition.ts'
import { looksLikeTransformation, parseTransformation } from './transformation.ts'
import { TransformationError } from './transformationError.ts'

const firstFolder = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')

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

export type VariantName =
  | { ok: true; filePath: string; variant: string | null }
  | { ok: false; code: 'invalid_path' | 'invalid_transformation'; message: string }

/**
 * Reads `w_640,q_60/videos/clip.mp4`. The variant is null when there is no transformation. A first
 * segment that is meant as one and is not valid is an error, not the name of a folder.
 */
export function parseVariantName(text: string): VariantName {
  const head = firstFolder(text)
  const transformed = looksLikeTransformation(head)
  try {
    const variant = transformed ? canonicalForm(toRendition(parseTransformation(head))) : null
    const path = storagePath.safeParse(transformed ? text.slice(head.length + 1) : text)
    if (path.success) return { ok: true, filePath: path.data, variant }
    return { ok: false, code: 'invalid_path', message: path.error.issues[0]!.message }
  } catch (error) {
    if (!(error instanceof TransformationError)) throw error
    return { ok: false, code: 'invalid_transformation', message: `${head}: ${error.message}` }
  }
}
