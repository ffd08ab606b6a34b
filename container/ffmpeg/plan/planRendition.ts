/**
 * Plans the steps that make a variant, from its rendition and the probes of its files. It reads and
 * writes no files; the steps do.
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
import type { Probe } from '../probe/probe.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

/** A plan has at most 20 notes. The others are left for further notes. */
const MAX_STREAM_NOTES = 10

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
  const planned = plan(rendition, context)
  return { ...planned, notes: [...listStreamNotes(rendition, context), ...planned.notes] }
}

/** Returns the notes about the choice of the streams that the rendition uses. */
function listStreamNotes(rendition: Rendition, { source, references }: PlanContext): string[] {
  const usesVideo = !['audio', 'wave', 'probe'].includes(rendition.kind)
  const usesAudio = ['video', 'stream', 'audio', 'wave'].includes(rendition.kind)
  // A note about the whole file is in both lists.
  const list = ({ notes }: Probe) => [
    ...new Set([...(usesVideo ? notes.video : []), ...(usesAudio ? notes.audio : [])]),
  ]
  const ofReferences = [...references.values()].flatMap(({ path, probe }) =>
    probe === null ? [] : list(probe).map((note) => `${path}: ${note}`),
  )
  return [...list(source.probe), ...ofReferences].slice(0, MAX_STREAM_NOTES)
}
