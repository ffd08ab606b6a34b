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

/**
 * Checks a stored original in the same way.
 *
 * @param original its size is null if there is no such file; null is then returned for an image
 */
export async function findOriginalProblem(
  platform: Platform,
  { filePath, sizeBytes }: { filePath: string; sizeBytes: number | null },
  renditions: Iterable<Rendition>,
) {
  return sizeBytes === null && countImageBytes(filePath) !== null
    ? null
    : findSourceProblem(filePath, renditions, (bytes) =>
        readLeadingBytes(platform, filePath, Math.min(bytes, sizeBytes ?? 0)),
      )
}

async function readLeadingBytes(
  { originals }: Platform,
  filePath: string,
  length: number,
): Promise<Uint8Array> {
  const found =
    length === 0 ? null : await originals.get(filePath, { range: { offset: 0, length } })
  return found?.ok === true
    ? new Uint8Array(await new Response(found.body).arrayBuffer())
    : new Uint8Array()
}
