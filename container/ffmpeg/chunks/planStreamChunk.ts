/** Plans one chunk of a stream, and its join. */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { type EditPlan, planEdits, planLoudnessMeasurement } from '../edit/planEdits.ts'
import { correctLoudness } from '../edit/steps/loudness.ts'
import { isMpeg } from '../edit/steps/trim.ts'
import { findPlace } from '../encode/chunkOptions.ts'
import { planStream, planTracks, requestStreamTracks } from '../plan/planStream.ts'
import type { PlanContext, RenderPlan, Step } from '../renderPlan.ts'
import { buildStreamCommand } from '../streaming/streamCommand.ts'
import * as layout from '../streaming/streamLayout.ts'
import { createFolders, emptyFolders, findFirstSegment, hasPlannedFrames } from './chunkSegments.ts'
import { dropPackets, type Ending, planEnding } from './planEnding.ts'
import { planTries } from './planTries.ts'

type Stream = RenditionOf<'stream'>
export type StreamPlan = RenderPlan & { stream: layout.StreamLayout }

/**
 * Plans the segments of one chunk, which are then in the folder `segments`. The tracks of its layout are
 * those of the chunk.
 *
 * @param reused names of the tracks that are copied, and not encoded
 */
export function planStreamChunk(
  rendition: Stream,
  context: PlanContext,
  range: ChunkRange,
  reused: ReadonlySet<string> = new Set(),
): StreamPlan {
  const whole = requireStream(planStream(rendition, context))
  const isVideo = range.kind === 'video'
  const tracks = whole.stream.tracks.filter(({ video }) => (video !== null) === isVideo)
  const first = tracks.find(({ name }) => !reused.has(name))
  return {
    ...whole,
    reason: 'a part of a stream that is split',
    notes: [],
    steps:
      first === undefined
        ? []
        : isVideo
          ? planVideoSteps(rendition, context, { range, track: first, reused })
          : planAudioSteps(rendition, context),
    stream: { ...whole.stream, tracks },
  }
}

/** Plans the subtitles, which the join makes. All other files are made from those of the chunks. */
export function planStreamJoin(rendition: Stream, context: PlanContext): StreamPlan {
  const plan = requireStream(planStream({ ...rendition, loudness: null }, context))
  return {
    ...plan,
    reason: 'the segments of chunks are put together',
    notes: [],
    steps:
      plan.stream.subtitles === null ? [] : plan.steps.filter(({ stage }) => stage === 'analyse'),
  }
}

function requireStream(plan: RenderPlan): StreamPlan {
  const { stream } = plan
  if (stream === undefined) {
    throw new TypeError('the plan is not that of a stream')
  }
  return { ...plan, stream }
}

function planAudioSteps(rendition: Stream, context: PlanContext): Step[] {
  const { folder, source } = context
  const withoutImages = { ...onFrameGrid(rendition, context), subtitles: null, watermark: null }
  // ffmpeg would correct the clock of MPEG streams, but not in the chunks of video.
  const needsRange = isMpeg(source) && rendition.startSeconds === 0
  const editPlan = planEdits(withoutImages, context, {
    ...requestStreamTracks(rendition),
    ...(needsRange && { range: { startSeconds: 0, endSeconds: null, readFromSeconds: 0 } }),
  })
  const { segments, audio } = planTracks(rendition, editPlan.output)
  const { loudness } = rendition
  const select = (stderrTails: readonly string[]) =>
    editPlan.graph.select({
      video: false,
      audio: true,
      loudness: loudness === null ? [] : correctLoudness(loudness, stderrTails),
    })
  return [
    ...(loudness === null ? [] : [planLoudnessMeasurement(loudness, editPlan)]),
    { stage: 'analyse', cost: 0.01, task: () => createFolders(folder) },
    {
      stage: 'encode',
      cost: 0.1,
      seconds: editPlan.output.seconds,
      ffmpeg: (stderrTails) =>
        buildStreamCommand({
          graph: { inputs: editPlan.inputs.audioFiles, ...select(stderrTails) },
          rungs: [],
          audio,
          frameRate: segments.frameRate.text,
          segmentSeconds: segments.seconds,
          folder,
          chunk: null,
        }),
    },
  ]
}

interface VideoChunk {
  range: ChunkRange
  /** The smallest size that is encoded. */
  track: layout.Track
  reused: ReadonlySet<string>
}

function planVideoSteps(rendition: Stream, context: PlanContext, chunk: VideoChunk): Step[] {
  const { range, track, reused } = chunk
  const { folder } = context
  const { inputs, output } = planFrames(rendition, context, range, 0)
  const { stream } = requireStream(planStream(rendition, context))
  const ending = planEnding(rendition, range, {
    frameRate: track.video?.frameRate ?? null,
    by: 'quality',
  })
  const tries = planTries({ range, output }, (start) => ({
    prepare: () => emptyFolders(folder),
    encode: [
      {
        stage: 'encode',
        cost: 1,
        seconds: stream.seconds,
        ffmpeg: () => {
          const encoded = { ...range, endSeconds: ending.encodeEnd }
          const editPlan = planFrames(rendition, context, encoded, start.fromSeconds)
          return buildChunkCommand(rendition, context, { range, ending, stream, editPlan, reused })
        },
      },
    ],
    hasPlannedFrames: () => hasPlannedFrames(folder, track, range, stream),
  }))
  return [...inputs.steps, ...tries]
}

/**
 * The frame rate is made constant before the range is selected, and joined files begin at frames of that
 * rate, so that all frames are on one grid.
 */
function onFrameGrid(rendition: Stream, context: PlanContext): Stream {
  const { output } = planEdits(rendition, context, requestStreamTracks(rendition))
  return { ...rendition, frameRate: planTracks(rendition, output).segments.frameRate.value }
}

function planFrames(
  rendition: Stream,
  context: PlanContext,
  { startSeconds, endSeconds }: ChunkRange,
  readFromSeconds: number,
): EditPlan {
  const isBurned = rendition.subtitleMode === 'burn'
  return planEdits(
    { ...onFrameGrid(rendition, context), ...(!isBurned && { subtitles: null }) },
    context,
    {
      ...requestStreamTracks(rendition),
      audio: false,
      range: { startSeconds, endSeconds, readFromSeconds },
    },
  )
}

function buildChunkCommand(
  rendition: Stream,
  { folder }: PlanContext,
  {
    range,
    ending,
    stream,
    editPlan,
    reused,
  }: {
    range: ChunkRange
    ending: Ending
    stream: layout.StreamLayout
    editPlan: EditPlan
    reused: ReadonlySet<string>
  },
): string[] {
  const { segments, rungs } = planTracks(rendition, editPlan.output)
  const endOptions = ending.followingFrames === 0 ? [] : dropPackets(`gte(n,${range.frames})`)
  return buildStreamCommand({
    graph: {
      inputs: [...editPlan.inputs.files, ...editPlan.inputs.images],
      ...editPlan.graph.select({ video: true, audio: false }),
    },
    rungs: rungs
      .filter(({ name }) => !reused.has(name))
      .map((rung) => ({ ...rung, chunk: findPlace(range), endOptions })),
    audio: null,
    frameRate: segments.frameRate.text,
    segmentSeconds: segments.seconds,
    folder,
    chunk: {
      firstNumber: findFirstSegment(range, stream).number,
      endFrame:
        range.endSeconds &&
        Math.round(range.endSeconds * segments.frameRate.value + 0.5) + ending.followingFrames,
    },
  })
}
