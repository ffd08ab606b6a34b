/**
 * From a rendition, and from what probes found, to the steps that make it. Pure: starts nothing and
 * reads nothing.
 */
import type { Kind, RenditionOf } from '../../src/contract/rendition.ts'
import type { Rendition } from '../../src/contract/rendition.ts'
import { JobFailure } from '../failures.ts'
import { planAudio } from './kinds/audio.ts'
import { planImage } from './kinds/image.ts'
import { planStream } from './kinds/stream.ts'
import { planVideo } from './kinds/video.ts'
import type { Context, RenderPlan } from './steps.ts'

const PLANNERS: { [K in Kind]?: (rendition: RenditionOf<K>, context: Context) => RenderPlan } = {
  video: planVideo,
  audio: planAudio,
  stream: planStream,
  image: planImage,
}

/**
 * @throws JobFailure `unsupported` when the file does not hold what is needed, is too large or too
 *   long, or ends before the second that was asked for
 */
export function planRendition(rendition: Rendition, context: Context): RenderPlan {
  const plan = PLANNERS[rendition.kind] as
    ((rendition: Rendition, context: Context) => RenderPlan) | undefined
  if (plan === undefined)
    throw new JobFailure('unsupported', `This runner cannot make a ${rendition.kind}.`)
  return plan(rendition, context)
}
