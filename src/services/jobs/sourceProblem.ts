/**
 * Checks whether requested variants can be made of an original, by its name and its leading bytes.
 */
import { findFileType } from '../../contract/fileTypes.ts'
import {
  countImageBytes,
  findImageProblem,
  type ImageProblem,
  readImageContent,
} from '../../contract/imageContent.ts'
import { shorten } from '../../contract/quote.ts'
import type { Rendition } from '../../contract/rendition.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'

/**
 * Returns an error for subtitles, and for an image of which one of the variants cannot be made;
 * else null.
 *
 * @param readLeading reads up to this many bytes from the start of the file
 */
export async function findSourceProblem(
  filePath: string,
  renditions: Iterable<Rendition>,
  readLeading: (bytes: number) => Promise<Uint8Array>,
): Promise<ErrorResult<'invalid_request'> | null> {
  const kinds = [...renditions].map(({ kind }) => kind)
  if (kinds.length > 0 && findFileType(filePath)?.role === 'subtitles') {
    return sourceError(filePath, { description: 'subtitles', advice: 'Nothing can be made of it.' })
  }
  const bytes = kinds.length === 0 ? null : countImageBytes(filePath)
  if (bytes === null) {
    return null
  }
  const content = readImageContent(filePath, await readLeading(bytes))
  const problem = kinds.map((kind) => findImageProblem(content, kind)).find((each) => each !== null)
  return problem === undefined ? null : sourceError(filePath, problem)
}

function sourceError(filePath: string, { description, advice }: ImageProblem) {
  return errorResult(
    'invalid_request',
    `filePath must be a video, audio or an animation (.gif, .png), or a still image if only images or probes are requested; this file is ${description} (got "${shorten(filePath)}"). ${advice}`,
  )
}

/** Checks a stored original in the same way. An original that does not exist counts as empty. */
export function findOriginalProblem(
  platform: Platform,
  filePath: string,
  renditions: Iterable<Rendition>,
) {
  return findSourceProblem(filePath, renditions, (bytes) =>
    readLeadingBytes(platform, filePath, bytes),
  )
}

async function readLeadingBytes(
  { originals }: Platform,
  filePath: string,
  bytes: number,
): Promise<Uint8Array> {
  const size = bytes === 0 ? 0 : ((await originals.head(filePath))?.sizeBytes ?? 0)
  const range = { offset: 0, length: Math.min(bytes, size) }
  const found = size === 0 ? null : await originals.get(filePath, { range })
  return found?.ok === true
    ? new Uint8Array(await new Response(found.body).arrayBuffer())
    : new Uint8Array()
}
