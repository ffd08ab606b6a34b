/** One file with picture and sound, each copied where it fits as it is, else encoded. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { audioEncoder, SOUND_PROBED_AS } from '../encode/audioEncoders.ts'
import { commandOf } from '../encode/command.ts'
import { cutOf } from '../edit/trim.ts'
import { decide, type Decided, reasonFor } from './trackDecisions.ts'
import { PROBED_AS } from '../encode/videoEncoders.ts'
import { trackOf } from '../edit/audio.ts'
import { editGraph } from '../edit/graph.ts'
import { bringToLoudness, measureLoudness } from '../edit/loudness.ts'
import { encodeSteps } from '../encode/passes.ts'
import { requireVideo } from '../probe/videoSource.ts'
import type { PlanContext, Expectation, RenderPlan, Step } from '../renderPlan.ts'

type Video = RenditionOf<'video'>

/** "A video above 720p comes out at 720p": the short side, so that portrait is treated alike. */
const PICTURE = { unit: 2, shortSide: 720, pixels: 'yuv420p' } as const
/** A size that was asked for may be missed by so much before the result counts as wrong. */
const SPARE_SIZE = 1.02

export function planVideo(rendition: Video, context: PlanContext): RenderPlan {
  const { probe } = context.source
  const video = requireVideo('video', probe)
  const track = trackOf(probe, rendition.audioTrack)
  const cut = cutOf(rendition, probe)
  const partial = cut.startSeconds > 0 || cut.lengthSeconds !== null
  const whole = editGraph(rendition, context, { picture: PICTURE, sound: true })
  const decided = decide(rendition, { probe, video, track, partial }, whole)
  const copies = decided.video.action === 'copy'
  const output = join(context.folder, `output.${rendition.format}`)

  const graphWith = (soundFilters: readonly string[]) =>
    editGraph(rendition, context, {
      picture: copies ? null : PICTURE,
      sound: decided.soundCodec !== null,
      soundFilters,
    })
  const { loudness } = rendition
  const audio =
    decided.soundCodec === null
      ? decided.audio?.action === 'copy'
        ? ('copy' as const)
        : null
      : audioEncoder(decided.soundCodec, rendition.audioKbps, track)
  const levels = decided.soundCodec === null ? null : loudness
  const command = (said: readonly string[], encoder: string[] | 'copy') =>
    commandOf({
      format: rendition.format,
      metadata: rendition.metadata,
      video: encoder,
      audio,
      output,
      graph: graphWith(levels === null ? [] : bringToLoudness(levels, said)),
      track: rendition.audioTrack,
      speed: rendition.speed,
      hevc: rendition.videoCodec === 'h265',
    })
  const measure =
    levels === null
      ? []
      : [
          measureLoudness(levels, (soundFilters) =>
            editGraph(rendition, context, { picture: null, sound: true, soundFilters }),
          ),
        ]
  const make: Step[] = copies
    ? [
        {
          stage: 'encode',
          cost: 0.05,
          seconds: whole.seconds,
          ffmpeg: (said) => command(said, 'copy'),
        },
      ]
    : encodeSteps({
        rendition,
        rate: decided.rate,
        command,
        folder: context.folder,
        picture: editGraph(rendition, context, { picture: PICTURE, sound: false }),
      })
  return {
    mode: copies && decided.soundCodec === null ? 'remux' : 'encode',
    reason: reasonFor(decided),
    video: decided.video,
    audio: decided.audio,
    notes: notesOf(rendition, copies, partial),
    steps: [...graphWith([]).before, ...measure, ...make],
    fallback: null,
    output,
    isPackage: false,
    expect: {
      size: whole.size,
      isImage: false,
      hasRequestedEnd: rendition.endSeconds !== null,
      seconds: probe.durationIsDeclared ? whole.seconds : null,
      ...streamsOf(rendition, decided),
      ...(copies && partial && { mayBeLonger: true }),
      ...(rendition.sizeKilobytes !== null && {
        maxBytes: rendition.sizeKilobytes * 1000 * SPARE_SIZE,
      }),
    },
  }
}

function streamsOf(
  { videoCodec }: Video,
  { video, audio, soundCodec }: Decided,
): Pick<Expectation, 'hasAudio' | 'videoCodec' | 'audioCodec'> {
  return {
    hasAudio: audio !== null && audio.action !== 'drop',
    ...(video.action === 'encode' && { videoCodec: PROBED_AS[videoCodec] }),
    ...(soundCodec !== null && { audioCodec: SOUND_PROBED_AS[soundCodec] }),
  }
}

function notesOf({ trimMode }: Video, copies: boolean, partial: boolean): string[] {
  if (trimMode !== 'fast' || !partial) {
    return []
  }
  return copies
    ? ['It begins at the keyframe before the second asked for (cut_fast).']
    : ['The picture is encoded anyway, so the cut is exact.']
}
