/** Plans an audio file: copies the audio if possible, otherwise encodes it. */
import { join } from 'node:path'
import { PROBED_AUDIO_CODECS } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure, OutsideOfFile } from '../../failures.ts'
import { describeMissingAudio, selectAudioTrack } from '../edit/audioTrack.ts'
import { formatSeconds } from '../edit/numbers.ts'
import { planEdits, planLoudnessMeasurement } from '../edit/planEdits.ts'
import { correctLoudness } from '../edit/steps/loudness.ts'
import { isPartial } from '../edit/steps/trim.ts'
import { buildAudioEncoder } from '../encode/audioEncoders.ts'
import { buildFileCommand } from '../encode/fileCommand.ts'
import { expectDurations } from '../expectedDurations.ts'
import type { FfmpegStep, PlanContext, RenderPlan } from '../renderPlan.ts'
import { decideAudio } from './copyAudio.ts'
import { resolveAudioCodec } from './trackDecisions.ts'

export function planAudio(rendition: RenditionOf<'audio'>, context: PlanContext): RenderPlan {
  const { probe } = context.source
  const { format, metadata, audioKbps } = rendition
  const track = selectAudioTrack(probe, rendition.audioTrack)
  if (track === null) {
    throw new JobFailure(
      'unsupported',
      `${describeMissingAudio(probe, `The file has a video stream (${probe.video?.codec ?? 'unknown'}) but no audio stream.`)} So no ${format} file can be made from it.`,
    )
  }
  const request = { frame: null, audio: true } as const
  const exactPlan = planEdits(rendition, context, request)
  const { seconds, files, hasAudio } = exactPlan.output
  if (!hasAudio) {
    throw new OutsideOfFile(
      'unsupported',
      `The audio is ${formatSeconds(track.endSeconds ?? 0)} seconds long, so no ${format} file can start at second ${rendition.startSeconds}.`,
    )
  }
  const decision = decideAudio(rendition, track, isPartial(files[0].trim))!
  const isEncoded = decision.action === 'encode'
  const editPlan = isEncoded
    ? exactPlan
    : planEdits(rendition, context, { ...request, copiesTrack: true })
  const codec = resolveAudioCodec(rendition.audioCodec)
  const loudness = isEncoded ? rendition.loudness : null
  const output = join(context.folder, `output.${format}`)
  const encode: FfmpegStep = {
    stage: 'encode',
    cost: isEncoded ? 0.2 : 0.05,
    seconds,
    ffmpeg: (stderrTails) =>
      buildFileCommand({
        format,
        metadata,
        editPlan,
        filters: editPlan.graph.select({
          video: false,
          audio: isEncoded,
          loudness: loudness === null ? [] : correctLoudness(loudness, stderrTails),
        }),
        video: null,
        audio: isEncoded ? buildAudioEncoder(codec, audioKbps, track) : 'copy',
        isH265: false,
        output,
      }),
  }
  return {
    mode: isEncoded ? 'encode' : 'remux',
    reason: decision.reason,
    video: probe.video && { action: 'drop', reason: 'only audio is requested' },
    audio: decision,
    notes: [],
    steps: [...(loudness === null ? [] : [planLoudnessMeasurement(loudness, editPlan)]), encode],
    fallback: null,
    output,
    isPackage: false,
    expect: {
      size: null,
      hasAudio: true,
      isImage: false,
      hasRequestedEnd: rendition.endSeconds !== null,
      ...expectDurations(exactPlan.output),
      ...(isEncoded && { trackStarts: { video: null, audio: 0 } }),
      ...(isEncoded && { audioCodec: PROBED_AUDIO_CODECS[codec] }),
    },
  }
}
