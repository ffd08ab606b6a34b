/**
 * Plans the steps that make a variant, from its rendition and the probes of its files. Does no I/O.
 */
import type { Kind, Rendition, RenditionOf } from '../../../src/contract/rendition.ts'
import { planAudio } from './planAudio.ts'
import { planImage } from './planImage.ts'
import { planPreview } from './planPreview.ts'
import { planProbe } from './planProbe.ts'
import { planStoryboard } from './planStoryboard.ts'
import { planStream } from './planStream.ts'
import { planVideo } from './planVideo.ts'
import { planWaveform } from './planWaveform.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

const PLANNERS: { [K in Kind]: (rendition: RenditionOf<K>, context: PlanContext) => RenderPlan } = {
  video: planVideo,
  stream: planStream,
  audio: planAudio,
  image: planImage,
  preview: planPreview,
  sprite: planStoryboard,
  probe: planProbe,
  wave: planWaveform,
}

/**
 * @throws JobFailure `unsupported` when the variant cannot be made from its files: for example, a
 *   track is missing, a limit is exceeded, or the file ends before the requested second
 */
export function planRendition(rendition: Rendition, context: PlanContext): RenderPlan {
  const plan = PLANNERS[rendition.kind] as (
    rendition: Rendition,
    context: PlanContext,
  ) => RenderPlan
  return plan(rendition, context)
}
