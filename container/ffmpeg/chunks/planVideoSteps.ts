/**
 * Plans the steps that make a chunk of video. The filters are those of the whole video, with the same
 * times, but the source is read only from shortly before the chunk. If ffmpeg finds no key frame
 * there, the chunk is made again from an earlier second, and finally from the start of the source.
 */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { type EditPlan, planEdits } from '../edit/planEdits.ts'
import { readFirstTime } from '../edit/steps/selectRange.ts'
import { buildExactContainer } from '../encode/containers.ts'
import { buildFileCommand } from '../encode/fileCommand.ts'
import { planEncodeSteps } from '../encode/passes.ts'
import type { RateControl } from '../encode/videoEncoders.ts'
import { requestTracks } from '../plan/planVideo.ts'
import { findKeyframeBefore } from '../probe/keyframeBefore.ts'
import type { FfmpegStep, PlanContext, Step, TaskEnvironment, TaskStep } from '../renderPlan.ts'
import { hasPlannedFrames } from './measureChunk.ts'

type Video = RenditionOf<'video'>

/**
 * Time that is read before a chunk. Filters need up to three frames: `yadif` one on either side, and
 * `fps` the frame that is shown when the chunk begins.
 */
export const LEAD = { seconds: 1, frames: 12 }
/** The second try reads from this much earlier. */
export const LONG_LEAD_SECONDS = 60
/** In a file in which ffmpeg does not seek exactly, it seeks to this long before the key frame. */
const READ_MARGIN_SECONDS = 2

interface VideoChunk {
  range: ChunkRange
  rate: RateControl
  output: string
}

export function planVideoSteps(rendition: Video, context: PlanContext, chunk: VideoChunk): Step[] {
  const { range } = chunk
  const planFrom = (readFromSeconds: number) =>
    planFrames(rendition, context, { ...range, readFromSeconds })
  const { inputs, output } = planFrom(0)
  const startSecond = output.files[0].trim.startSeconds + range.startSeconds * output.edits.speed
  const leadSeconds = Math.max(LEAD.seconds, LEAD.frames / (output.files[0].video?.frameRate ?? 5))
  const from = Math.max(0, startSecond - leadSeconds)
  const seconds = [from, from - LONG_LEAD_SECONDS, 0].filter(
    (second, index, all) => second >= 0 && all.indexOf(second) === index,
  )
  const state = { isComplete: false }
  return [
    ...inputs.steps,
    ...(range.startSeconds === 0 ? [0] : seconds).flatMap((second, index) =>
      planAttempt(rendition, context, { ...chunk, second, planFrom, state, isFirst: index === 0 }),
    ),
  ]
}

/** Plans the edits of the video alone. */
function planFrames(
  rendition: Video,
  context: PlanContext,
  { startSeconds, endSeconds, readFromSeconds }: ChunkRange & { readFromSeconds: number },
): EditPlan {
  const isBurned = rendition.subtitleMode === 'burn'
  const videoOnly = { ...rendition, ...(!isBurned && { subtitles: null }) }
  return planEdits(videoOnly, context, {
    ...requestTracks(rendition),
    audio: false,
    range: { startSeconds, endSeconds, readFromSeconds },
  })
}

/** Plans to make the chunk, reading the source from `second` on, unless an earlier try has made it. */
function planAttempt(
  rendition: Video,
  context: PlanContext,
  attempt: VideoChunk & {
    second: number
    planFrom: (second: number) => EditPlan
    state: { isComplete: boolean }
    isFirst: boolean
  },
): Step[] {
  const { range, rate, output, second, planFrom, state, isFirst } = attempt
  const seek = { fromSeconds: second }
  const buildSteps = () => {
    const editPlan = planFrom(seek.fromSeconds)
    return planEncodeSteps({
      rendition,
      rate,
      editPlan,
      folder: context.folder,
      isJoinable: true,
      buildCommand: (_, encoder) =>
        buildFileCommand({
          format: 'mp4',
          metadata: 'strip',
          editPlan,
          filters: editPlan.graph.select({ video: true, audio: false }),
          video: encoder,
          audio: null,
          isH265: rendition.videoCodec === 'h265',
          container: buildExactContainer('mp4', 'video', output),
          output,
        }),
    })
  }
  const encode = buildSteps().map((step, index): FfmpegStep => ({
    ...step,
    startSeconds: range.startSeconds,
    seconds: measureRange(range, step.seconds),
    // Usually the first try makes the chunk, so only its work counts for the progress.
    cost: isFirst ? step.cost : 0,
    ffmpeg: (stderrTails) =>
      state.isComplete ? null : (buildSteps()[index]?.ffmpeg(stderrTails) ?? null),
  }))
  if (second === 0) {
    return encode
  }
  const check = async (environment: TaskEnvironment) => {
    const first = readFirstTime(environment.stderrTails.at(-1) ?? '')
    const startsBefore =
      first === null ? range.frames !== null : first <= range.startSeconds * rendition.speed
    state.isComplete =
      state.isComplete ||
      seek.fromSeconds === 0 ||
      (startsBefore && (await hasPlannedFrames({ ...environment, file: output, range })))
  }
  return [
    ...planSeek(context, seek, state),
    ...encode,
    { stage: 'analyse', cost: 0.01, task: check },
  ]
}

/** @param whole duration of the video */
export function measureRange({ startSeconds, endSeconds }: ChunkRange, whole: number | null) {
  const end = endSeconds ?? whole
  return end === null ? null : end - startSeconds
}

/** Plans to find the key frame before the second, in a file in which ffmpeg does not seek exactly. */
export function planSeek(
  { source }: PlanContext,
  seek: { fromSeconds: number },
  state: { isComplete: boolean },
): TaskStep[] {
  const { url, probe } = source
  const { video, startSeconds } = probe
  if (probe.seeksExactly || video === null) {
    return []
  }
  const task = async (environment: TaskEnvironment) => {
    if (state.isComplete) {
      return
    }
    const keyframe = await findKeyframeBefore(
      { url, stream: video.index, probe },
      startSeconds + seek.fromSeconds,
      environment,
    )
    seek.fromSeconds =
      keyframe === null ? 0 : Math.max(0, keyframe - startSeconds - READ_MARGIN_SECONDS)
  }
  return [{ stage: 'analyse', cost: 0.01, task }]
}
