/**
 * From a rendition, and from what probes found, to the steps that make it. Pure: starts nothing and
 * reads nothing.
 */
import type { Kind, Rendition, RenditionOf } from '../../../src/contract/rendition.ts'
import { planAudio } from './planAudio.ts'
import { planImage } from './planImage.ts'
import { planPreview } from './planPreview.ts'
import { planProbe } from './planProbe.ts'
import { planSprite } from './planStoryboard.ts'
import { planStream } from './planStream.ts'
import { planVideo } from './planVideo.ts'
import { planWave } from './planWaveform.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

const PLANNERS: { [K in Kind]: (rendition: RenditionOf<K>, context: PlanContext) => RenderPlan } = {
  video: planVideo,
  stream: planStream,
  audio: planAudio,
  image: planImage,
  preview: planPreview,
  sprite: planSprite,
  probe: planProbe,
  wave: planWave,
}

/**
 * @throws JobFailure `unsupported` when the file does not hold what is needed, is too large or too
 *   long, or ends before the second that was asked for
 */
export function planRendition(rendition: Rendition, context: PlanContext): RenderPlan {
  const plan = PLANNERS[rendition.kind] as (
    rendition: Rendition,
    context: PlanContext,
  ) => RenderPlan
  return plan(rendition, context)
}
