/**
 * Plans a stream: one video in several sizes (rungs), with segments that begin at the same frames.
 */
import { join } from 'node:path'
import { PACKAGE_ENTRY, type RenditionOf } from '../../../src/contract/rendition.ts'
import type { OutputRequest } from '../edit/describeOutput.ts'
import type { EditedOutput } from '../edit/editedOutput.ts'
import { checkFrameCount } from '../edit/checkFrameCount.ts'
import { type EditPlan, planEdits, planLoudnessMeasurement } from '../edit/planEdits.ts'
import { toExactFrameRate } from '../edit/steps/frameRate.ts'
import { correctLoudness } from '../edit/steps/loudness.ts'
import { resolveQuality } from '../encode/quality.ts'
import { expectDurations } from '../expectedDurations.ts'
import { COMMON_OPTIONS, LOCAL_FILE_INPUT } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep, PlanContext, RenderPlan } from '../renderPlan.ts'
import { buildLadder, computeMaxBitRate } from '../streaming/ladder.ts'
import type { Rung } from '../streaming/rungEncoder.ts'
import { buildStreamCommand } from '../streaming/streamCommand.ts'
import * as layout from '../streaming/streamLayout.ts'
import { checkMinSize } from './trackDecisions.ts'

type Stream = RenditionOf<'stream'>
type AudioTrack = layout.Track & { kbps: number }

export function planStream(rendition: Stream, context: PlanContext): RenderPlan {
  const { folder, source } = context
  const editPlan = planEdits(rendition, context, requestStreamTracks(rendition))
  const { seconds } = editPlan.output
  const { segments, rungs, notes, audio } = planTracks(rendition, editPlan.output)
  const subtitles = planSubtitles(rendition, editPlan.inputs.subtitleTrack, folder)
  const loudness = audio === null ? null : rendition.loudness
  const encode: FfmpegStep = {
    stage: 'encode',
    cost: 1,
    seconds,
    ffmpeg: (stderrTails) =>
      buildStreamCommand({
        graph: selectGraph(editPlan, loudness, stderrTails),
        rungs,
        audio,
        frameRate: segments.frameRate.text,
        segmentSeconds: segments.seconds,
        folder,
        chunk: null,
      }),
  }
  return {
    mode: 'package',
    reason: `a stream of ${rungs.length} ${rungs.length === 1 ? 'size' : 'sizes'} is requested`,
    video: {
      action: 'encode',
      reason: 'every size is encoded, with segments that begin at the same frames',
    },
    audio: source.probe.audio && describeAudio(audio),
    notes,
    steps: [
      ...editPlan.inputs.steps,
      ...(subtitles === null ? [] : [subtitles.step]),
      ...(loudness === null ? [] : [planLoudnessMeasurement(loudness, editPlan)]),
      encode,
    ],
    fallback: null,
    output: join(layout.packageFolder(folder), PACKAGE_ENTRY.stream!),
    isPackage: true,
    expect: null,
    stream: {
      tracks: [...rungs, ...(audio === null ? [] : [audio])].map(describeTrack),
      subtitles: subtitles?.track ?? null,
      segmentSeconds: segments.seconds,
      expectedSeconds: seconds,
      ...expectDurations(editPlan.output),
      hasRequestedEnd: rendition.endSeconds !== null,
    },
  }
}

export function requestStreamTracks({ audioCodec }: Stream): OutputRequest {
  return {
    frame: { unit: 2, shortSide: null, pixels: 'yuv420p' },
    audio: audioCodec !== 'none',
  }
}

/** Plans the rungs, the duration of their segments, and the audio track (null: none). */
export function planTracks(rendition: Stream, output: EditedOutput) {
  const segments = resolveSegments(rendition, output)
  const audio = output.hasAudio ? describeAudioTrack(rendition) : null
  return { segments, ...planRungs(rendition, output, segments), audio }
}

function selectGraph(
  { inputs, graph }: EditPlan,
  loudness: number | null,
  stderrTails: readonly string[],
) {
  const filters = loudness === null ? [] : correctLoudness(loudness, stderrTails)
  return {
    inputs: [...inputs.files, ...inputs.images],
    ...graph.select({ video: true, audio: true, loudness: filters }),
  }
}

/** A source with a lower average frame rate gets its peak frame rate instead. */
const MIN_SMOOTH_FRAME_RATE = 15
const MAX_VARIABLE_FRAME_RATE = 60

/**
 * Returns the frame rate of a stream, which is constant; null when unknown. A source with few
 * frames on average, such as the recording of a screen, can have many in a short time. It gets its
 * peak frame rate, up to 60, so that these frames are kept.
 */
function resolveStreamFrameRate({ frameRate, files, edits }: EditedOutput): number | null {
  const peak = (files[0].video?.peakFrameRate ?? 0) * edits.speed
  if (frameRate === null || frameRate >= MIN_SMOOTH_FRAME_RATE || peak <= frameRate) {
    return frameRate
  }
  return Math.min(MAX_VARIABLE_FRAME_RATE, peak)
}

/** A segment has a whole number of frames, and lasts at least the requested duration. */
function resolveSegments({ frameRate, segmentSeconds }: Stream, output: EditedOutput) {
  const rate = toExactFrameRate(frameRate ?? resolveStreamFrameRate(output))
  checkFrameCount(output, rate.value)
  const frames = Math.ceil(segmentSeconds * rate.value - 1e-6)
  return { frameRate: rate, frames, seconds: frames / rate.value }
}

/** @throws JobFailure `unsupported` when the encoder does not accept a size */
function planRungs(
  rendition: Stream,
  { size }: EditedOutput,
  segments: ReturnType<typeof resolveSegments>,
): { rungs: Rung[]; notes: string[] } {
  if (size === null) {
    throw new TypeError('the output of a stream must have frames')
  }
  const { videoCodec: codec, encoderSpeed } = rendition
  const { rungs: sizes, notes } = buildLadder(size, rendition.ladder)
  for (const each of sizes) {
    checkMinSize(rendition, each)
  }
  const frameRate = segments.frameRate.value
  const rungs = sizes.map((each) => {
    const shortSide = Math.min(each.width, each.height)
    const quality = resolveQuality(rendition.quality, 'video', shortSide)
    return {
      name: `v${shortSide}`,
      video: { size: each, frameRate, codec },
      maxBitRate: computeMaxBitRate(each, { codec, quality, frameRate }),
      quality,
      encoderSpeed,
      codec,
      framesPerSegment: segments.frames,
    }
  })
  return { rungs, notes }
}

/** The maximum is a quarter above the requested bit rate, since audio frames differ in size. */
function describeAudioTrack({ audioKbps: kbps }: Stream): AudioTrack {
  return { name: 'a', video: null, maxBitRate: kbps * 1_250, kbps }
}

function describeAudio(audio: AudioTrack | null) {
  return audio === null
    ? ({ action: 'drop', reason: 'no audio is requested' } as const)
    : ({ action: 'encode', reason: 'audio is a track of its own, as AAC' } as const)
}

function describeTrack({ name, video, maxBitRate }: layout.Track): layout.Track {
  return { name, video, maxBitRate }
}

/** Matches the language in a file name: `talk.de.vtt` is in German. */
const LANGUAGE = /\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)\.(?:srt|vtt)$/

function planSubtitles({ subtitles }: Stream, srtFile: string | null, folder: string) {
  if (subtitles === null || srtFile === null) {
    return null
  }
  const file = join(layout.packageFolder(folder), layout.SUBTITLES.file)
  const language = LANGUAGE.exec(subtitles)?.[1] ?? null
  const command = [
    ...COMMON_OPTIONS,
    ...LOCAL_FILE_INPUT,
    ...ffmpegOptions({ f: 'srt', i: srtFile }),
    ...ffmpegOptions({ f: 'webvtt' }),
    file,
  ]
  const step: FfmpegStep = {
    stage: 'analyse',
    cost: 0.01,
    seconds: null,
    inputName: 'subtitles',
    ffmpeg: () => command,
  }
  return { step, track: { file, name: nameLanguage(language), language } }
}

function nameLanguage(language: string | null): string {
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  return (language && names.of(language)) ?? 'Subtitles'
}
