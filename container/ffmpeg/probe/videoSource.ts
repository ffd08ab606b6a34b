/** The source's picture: whether there is one, whether it can be taken on, and its size in the end. */
import type { Rendition } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { geometry, type Geometry, type GeometryRequest } from '../edit/geometry.ts'
import { MAX_FRAMES } from '../process/limits.ts'
import type { Probe, VideoStream } from './probe.ts'
import {
  isTooLarge,
  frameTooLarge,
  tooManyFrames,
  variantTooLarge,
} from '../process/limitErrors.ts'

/** @throws JobFailure `unsupported` when there is no picture, or one that is too large */
export function requireVideo(kind: Rendition['kind'], probe: Probe): VideoStream {
  const { video } = probe
  if (video === null) {
    throw new JobFailure(
      'unsupported',
      `The file holds sound (${probe.audio?.codec ?? 'unknown'}) and no picture; a ${kind} cannot be made of it.`,
    )
  }
  // Pixels may be said to be oblong, a thousand times as wide as high.
  const large = [video.upright, video.display].find(isTooLarge)
  if (large !== undefined) {
    throw frameTooLarge(large)
  }
  // Even one picture takes the index of all.
  if ((video.frames ?? 0) > MAX_FRAMES) {
    throw tooManyFrames(Number(video.frames))
  }
  return video
}

/** @throws JobFailure `unsupported` when the variant would be too large */
export function resolveGeometry(video: VideoStream, request: GeometryRequest): Geometry {
  const shape = geometry(video.display, request)
  const blown = [shape.scaled, shape.output].find(isTooLarge)
  if (blown !== undefined) {
    throw variantTooLarge(blown)
  }
  return shape
}
