/**
 * Checks an original or a watermark that is an image by its leading bytes, before ffprobe or ffmpeg
 * opens it.
 */
import { findFileType } from '../../src/contract/fileTypes.ts'
import {
  countImageBytes,
  findImageProblem,
  readImageContent,
} from '../../src/contract/imageContent.ts'
import { JobFailure } from '../failures.ts'
import { imageUnsupported } from '../ffmpeg/probe/videoSource.ts'
import type { OpenInput } from '../source/inputFiles.ts'
import type { RunningAttempt } from './types.ts'

/**
 * Returns the demuxer that opens a still image; null for a GIF and for every file that is not a
 * still image, whose format ffmpeg detects.
 *
 * @throws JobFailure `unsupported` for an image from which the rendition cannot be made
 */
export async function findStillDemuxer(
  { assignment }: RunningAttempt,
  { path, source }: OpenInput,
): Promise<string | null> {
  const bytes = countImageBytes(path)
  if (bytes === null) {
    return null
  }
  const leading = await source.read(0, bytes)
  const content = readImageContent(path, leading)
  const problem = findImageProblem(content, assignment.rendition.kind)
  if (problem !== null) {
    throw imageUnsupported(problem)
  }
  return content === 'still' ? (findFileType(path)?.demuxer ?? null) : null
}

/** @throws JobFailure `input_invalid` for a watermark that is an animated WebP */
export async function checkWatermark(
  { assignment: { rendition } }: RunningAttempt,
  { path, source }: OpenInput,
): Promise<void> {
  const bytes = countImageBytes(path)
  if (!('watermark' in rendition) || rendition.watermark !== path || bytes === null) {
    return
  }
  const leading = await source.read(0, bytes)
  if (readImageContent(path, leading) === 'unreadable') {
    throw new JobFailure(
      'input_invalid',
      `The watermark cannot be used: ${path} is an animated WebP, which ffmpeg cannot read. Send a still image.`,
    )
  }
}
