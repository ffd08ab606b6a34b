/**
 * Plans a video file. Each track is copied if it already matches the request, otherwise encoded.
 * Audio is dropped on request.
 */
import { join } from 'node:path'
import { PROBED_AUDIO_CODECS, PROBED_VIDEO_CODECS } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { EditedOutput, Trim } from '../edit/editedOutput.ts'
import { type EditPlan, planEdits, planLoudnessMeasurement } from '../edit/planEdits.ts'
import { correctLoudness } from '../edit/steps/loudness.ts'
import { isPartial } from '../edit/steps/trim.ts'
import { buildAudioEncoder } from '../encode/audioEncoders.ts'
import { buildFileCommand } from '../encode/fileCommand.ts'
import { planEncodeSteps } from '../encode/passes.ts'
import { expectDurations } from '../expectedDurations.ts'
import type { Expectation, InputFile, PlanContext, RenderPlan, Step } from '../renderPlan.ts'
import { decideTracks, describeReason, type TrackDecisions } from './trackDecisions.ts'

type Video = RenditionOf<'video'>

/**
 * The default maximum applies to the short side, so that portrait and landscape are treated alike.
 */
const FRAME = { unit: 2, shortSide: 720, pixels: 'yuv420p' } as const
/** The output may be at most this many times as large as the requested file size. */
const SIZE_TOLERANCE = 1.02

export function planVideo(rendition: Video, context: PlanContext): RenderPlan {
  const { probe } = context.source
  const request = requestTracks(rendition)
  const exactPlan = planEdits(rendition, context, request)
  const decisions = decideTracks(rendition, probe, exactPlan.output)
  const isCopied = decisions.video.action === 'copy'
  const editPlan = isCopied
    ? planEdits(rendition, context, {
        ...request,
        copiesTrack: true,
        ...startAtKeyframe(exactPlan, context.source),
      })
    : exactPlan
  const output = join(context.folder, `output.${rendition.format}`)
  return {
    mode: isCopied && decisions.audioCodec === null ? 'remux' : 'encode',
    reason: describeReason(decisions),
    video: decisions.video,
    audio: decisions.audio,
    notes: describeTrim(rendition, editPlan, isCopied),
    steps: [
      ...editPlan.inputs.steps,
      ...planLoudness(rendition, editPlan, decisions),
      ...planEncoding(rendition, editPlan, decisions, context.folder, output),
    ],
    fallback: null,
    output,
    isPackage: false,
    expect: describeExpectation(rendition, editPlan, decisions),
  }
}

/** Returns the tracks of the output, before any is dropped. */
export function requestTracks({ audioCodec }: Pick<Video, 'audioCodec'>) {
  return { frame: FRAME, audio: audioCodec !== 'none' } as const
}

/**
 * Returns the trim with which all tracks of a copied video begin at the key frame before the start;
 * null when ffmpeg finds that key frame itself, or nothing is trimmed at the start.
 */
function startAtKeyframe({ output }: EditPlan, source: InputFile): { trim: Trim } | null {
  const { startSeconds, durationSeconds } = output.files[0].trim
  if (source.probe?.seeksExactly !== false || startSeconds === 0) {
    return null
  }
  const from = Math.min(startSeconds, source.keyframeSeconds ?? 0)
  return {
    trim: {
      startSeconds: from,
      durationSeconds: durationSeconds === null ? null : startSeconds - from + durationSeconds,
    },
  }
}

export function planLoudness(
  { loudness }: Video,
  editPlan: EditPlan,
  { audioCodec }: TrackDecisions,
): Step[] {
  return loudness === null || audioCodec === null
    ? []
    : [planLoudnessMeasurement(loudness, editPlan)]
}

function planEncoding(
  rendition: Video,
  editPlan: EditPlan,
  decisions: TrackDecisions,
  folder: string,
  output: string,
): Step[] {
  const { format, metadata, videoCodec } = rendition
  const { audioCodec } = decisions
  const isCopied = decisions.video.action === 'copy'
  const buildCommand = (stderrTails: readonly string[], encoder: string[] | 'copy') =>
    buildFileCommand({
      format,
      metadata,
      editPlan,
      filters: editPlan.graph.select({
        video: !isCopied,
        audio: audioCodec !== null,
        loudness: selectLoudness(rendition, stderrTails),
      }),
      video: encoder,
      audio: buildAudioTrack(rendition, editPlan, decisions),
      isH265: videoCodec === 'h265',
      output,
    })
  if (isCopied) {
    const { seconds } = editPlan.output
    return [
      { stage: 'encode', cost: 0.05, seconds, ffmpeg: (stderr) => buildCommand(stderr, 'copy') },
    ]
  }
  return planEncodeSteps({ rendition, rate: decisions.rate, editPlan, buildCommand, folder })
}

/** Returns the filters that correct the loudness that a previous step has measured. */
export function selectLoudness({ loudness }: Video, stderrTails: readonly string[]): string[] {
  return loudness === null ? [] : correctLoudness(loudness, stderrTails)
}

/** Returns the options of the audio encoder; `copy` for stream copy, null for no audio. */
export function buildAudioTrack(
  { audioKbps }: Video,
  { output }: EditPlan,
  { audio, audioCodec }: TrackDecisions,
): string[] | 'copy' | null {
  if (audioCodec === null) {
    return audio?.action === 'copy' ? 'copy' : null
  }
  return buildAudioEncoder(audioCodec, audioKbps, output.files[0].audio)
}

export function describeExpectation(
  { endSeconds, sizeKilobytes, videoCodec }: Video,
  { output }: EditPlan,
  { video, audio, audioCodec }: TrackDecisions,
): Expectation {
  const isCopied = video.action === 'copy'
  return {
    size: output.size,
    isImage: false,
    hasAudio: audio !== null && audio.action !== 'drop',
    hasRequestedEnd: endSeconds !== null,
    ...expectDurations(output),
    trackStarts: describeStarts(output, { isCopied, audio }),
    ...countFrames(output),
    ...(!isCopied && { videoCodec: PROBED_VIDEO_CODECS[videoCodec] }),
    ...(audioCodec !== null && { audioCodec: PROBED_AUDIO_CODECS[audioCodec] }),
    ...(isCopied && isPartial(output.files[0].trim) && { mayBeLonger: true }),
    ...(sizeKilobytes !== null && { maxBytes: sizeKilobytes * 1000 * SIZE_TOLERANCE }),
  }
}

/**
 * Silence fills the time before encoded audio. A copy of a part may begin at any packet near its
 * start, and then before audio that is encoded from the requested start on.
 */
function describeStarts(
  { files: [{ audio: track, trim }], videoStartSeconds }: EditedOutput,
  { isCopied, audio }: { isCopied: boolean; audio: TrackDecisions['audio'] },
) {
  const isCopiedPart = isCopied && isPartial(trim)
  const copiedStart = isPartial(trim) ? null : (track?.startSeconds ?? null)
  const encodedStart = isCopiedPart ? null : 0
  return {
    video: isCopiedPart ? null : videoStartSeconds,
    audio: audio?.action === 'encode' ? encodedStart : copiedStart,
  }
}

/** Returns the number of frames of the video if its frames are those of its source. */
function countFrames({ files, edits, constantFrameRate }: EditedOutput): { frames?: number } {
  const [{ video, trim }, ...appended] = files
  const isUnchanged = appended.length === 0 && !isPartial(trim) && constantFrameRate === null
  return isUnchanged && edits.speed === 1 && video?.frames != null ? { frames: video.frames } : {}
}

function describeTrim({ trimMode }: Video, { output }: EditPlan, isCopied: boolean): string[] {
  const { trim } = output.files[0]
  if (trimMode !== 'fast' || !isPartial(trim) || trim.startSeconds === 0) {
    return []
  }
  return isCopied
    ? ['The variant begins at the key frame before the requested start (cut_fast).']
    : ['The video is encoded in any case, so the start is exact.']
}
