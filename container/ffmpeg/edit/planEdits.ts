/** Plans the edits of a rendition: describes the output, prepares the inputs, builds the graph. */
import { COMMON_OPTIONS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep, PlanContext } from '../renderPlan.ts'
import { buildFilterGraph, type FilterGraph } from './buildFilterGraph.ts'
import { describeOutput, type OutputRequest } from './describeOutput.ts'
import type { EditedOutput } from './editedOutput.ts'
import type { RequestedEdits } from './edits.ts'
import { prepareInputs, type PreparedInputs } from './prepareInputs.ts'
import { measureLoudness } from './steps/loudness.ts'

export interface EditPlan {
  output: EditedOutput
  inputs: PreparedInputs
  graph: FilterGraph
}

/**
 * @throws JobFailure `unsupported` when a file lacks what the edits need, a reference file has the
 *   wrong type, or a file or the output exceeds a limit
 */
export function planEdits(
  rendition: RequestedEdits,
  context: PlanContext,
  request: OutputRequest,
): EditPlan {
  const output = describeOutput(rendition, context, request)
  return { output, inputs: prepareInputs(output, context), graph: buildFilterGraph(output) }
}

/** Returns the step that measures the edited audio, before its loudness is corrected. */
export function planLoudnessMeasurement(
  loudness: number,
  { output, inputs, graph }: EditPlan,
): FfmpegStep {
  const { filters, audio } = graph.select({
    video: false,
    audio: true,
    loudness: measureLoudness(loudness),
  })
  const command = [
    ...COMMON_OPTIONS,
    ...inputs.audioFiles,
    ...ffmpegOptions({ filter_complex: filters, map: audio, f: 'null' }),
    '-',
  ]
  return { stage: 'analyse', cost: 0.1, seconds: output.seconds, ffmpeg: () => command }
}
