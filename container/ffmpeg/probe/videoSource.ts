/** Checks that a source has video that can be processed, and that the variant's size is allowed. */
import { findImageProblem, type ImageProblem } from '../../../src/contract/imageContent.ts'
import type { Rendition } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { computeGeometry, type Geometry, type GeometryRequest } from '../geometry.ts'
import {
  frameTooLarge,
  isTooLarge,
  tooManyFrames,
  variantTooLarge,
} from '../process/limitErrors.ts'
import { MAX_FRAMES } from '../process/limits.ts'
import type { Probe, VideoStream } from './probe.ts'

/**
 * @throws JobFailure `unsupported` when there is no video, the video cannot be decoded or
 *   converted, or its frames are too large or too many
 */
export function requireVideo(kind: Rendition['kind'], probe: Probe): VideoStream {
  const { video } = probe
  if (video === null) {
    throw new JobFailure(
      'unsupported',
      `The file has an audio stream (${probe.audio?.codec ?? 'unknown'}) but no video stream, so no ${kind} can be made from it.`,
    )
  }
  const imageProblem = findImageProblem(probe.isStill ? 'still' : null, kind)
  if (imageProblem !== null) {
    throw imageUnsupported(imageProblem)
  }
  const problem = probe.problems.get(video.index)
  if (problem !== undefined) {
    throw new JobFailure(
      'unsupported',
      `The video (${video.codec}) ${problem}, so no ${kind} can be made from it.`,
    )
  }
  // A pixel aspect ratio can make the displayed size far larger than the stored one.
  const tooLargeSize = [video.upright, video.display].find(isTooLarge)
  if (tooLargeSize !== undefined) {
    throw frameTooLarge(tooLargeSize)
  }
  // Checked for images too, because decoding even one frame loads the index of all frames.
  if (video.frames !== null && video.frames > MAX_FRAMES) {
    throw tooManyFrames(video.frames)
  }
  return video
}

/** Failure for an image of which the variant cannot be made. */
export function imageUnsupported({ description, advice }: ImageProblem): JobFailure {
  return new JobFailure('unsupported', `The file is ${description}. ${advice}`)
}

/**
 * @throws JobFailure `unsupported` when the frame would be too large, after scaling or in the
 *   variant
 */
export function resolveGeometry(video: VideoStream, request: GeometryRequest): Geometry {
  const resolved = computeGeometry(video.display, request)
  const tooLargeSize = [resolved.scaled, resolved.output].find(isTooLarge)
  if (tooLargeSize !== undefined) {
    throw variantTooLarge(tooLargeSize)
  }
  return resolved
}
