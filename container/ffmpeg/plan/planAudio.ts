/** The sound alone, copied where it fits as it is, else encoded. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { audioEncoder, SOUND_PROBED_AS } from '../encode/audioEncoders.ts'
import { commandOf } from '../encode/command.ts'
import { decideAudio } from './streamCopy.ts'
import { cutOf } from '../edit/trim.ts'
import { trackOf } from '../edit/audio.ts'
import { editGraph } from '../edit/graph.ts'
import { bringToLoudness, measureLoudness } from '../edit/loudness.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'

export function planAudio(rendition: RenditionOf<'audio'>, context: PlanContext): RenderPlan {
  const { probe } = context.source
  const track = trackOf(probe, rendition.audioTrack)
  if (track === null) {
    throw new JobFailure(
      'unsupported',
      `The file holds a picture (${probe.video?.codec ?? 'unknown'}) and no sound, so ${rendition.format} cannot be made of it.`,
    )
  }
  const cut = cutOf(rendition, probe)
  const partial = cut.startSeconds > 0 || cut.lengthSeconds !== null
  const decision = decideAudio(rendition, track, partial)!
  const encodes = decision.action === 'encode'
  const { audioCodec, loudness } = rendition
  const codec = audioCodec === 'copy' || audioCodec === 'none' ? 'aac' : audioCodec
  const graphWith = (soundFilters: readonly string[], sound = encodes) =>
    editGraph(rendition, context, { picture: null, sound, soundFilters })
  const levels = encodes ? loudness : null
  const output = join(context.folder, `output.${rendition.format}`)
  const { seconds } = graphWith([])
  return {
    mode: encodes ? 'encode' : 'remux',
    reason: decision.reason,
    video: probe.video && { action: 'drop', reason: 'sound alone is asked for' },
    audio: decision,
    notes: [],
    steps: [
      ...(levels === null ? [] : [measureLoudness(levels, (list) => graphWith(list, true))]),
      {
        stage: 'encode',
        cost: encodes ? 0.2 : 0.05,
        seconds,
        ffmpeg: (said) =>
          commandOf({
            format: rendition.format,
            metadata: rendition.metadata,
            video: null,
            output,
            graph: graphWith(levels === null ? [] : bringToLoudness(levels, said)),
            audio: encodes ? audioEncoder(codec, rendition.audioKbps, track) : 'copy',
            track: rendition.audioTrack,
            speed: rendition.speed,
            hevc: false,
          }),
      },
    ],
    fallback: null,
    output,
    isPackage: false,
    expect: {
      size: null,
      hasAudio: true,
      isImage: false,
      hasRequestedEnd: rendition.endSeconds !== null,
      seconds: probe.durationIsDeclared ? seconds : null,
      ...(encodes && { audioCodec: SOUND_PROBED_AS[codec] }),
    },
  }
}
