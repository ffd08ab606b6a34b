/** Prepares the inputs of ffmpeg: the steps that write files, and the arguments that open them. */
import { selectInputLimits } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { audioUrl, seekUrl } from '../process/sourceUrl.ts'
import type { InputFile, PlanContext, Step } from '../renderPlan.ts'
import type { EditedOutput, OutputRange, Trim } from './editedOutput.ts'
import { listUsedFiles } from './joinedFiles.ts'
import * as pipeline from './pipeline.ts'
import { openAudioMarker } from './steps/audioStart.ts'
import { KEEP_VIDEO_GRAPH } from './steps/frameSize.ts'
import { findSeekSecond, type FrameTimes, selectFrameTimes } from './steps/trim.ts'
import { prepareSubtitles } from './steps/subtitles.ts'
import { prepareWatermark } from './steps/watermark.ts'

export interface PreparedInputs {
  /** Steps that write files. They must run before any command that uses the inputs. */
  steps: Step[]
  /**
   * Arguments of the media files, in their order, and of the marker of the audio's start. A graph
   * without video needs no other inputs.
   */
  files: string[]
  /** The same for a command that decodes no video, for which most frames need not be fetched. */
  audioFiles: string[]
  /** Arguments of the inputs after `files`: the watermark, if there is one. */
  images: string[]
  /** Number of inputs. */
  count: number
  /** SRT file that a step writes if subtitles become a track. Its times are those of the output. */
  subtitleTrack: string | null
}

/** @throws JobFailure `unsupported` when a reference file has the wrong type */
export function prepareInputs(output: EditedOutput, context: PlanContext): PreparedInputs {
  const subtitles = prepareSubtitles(output, context)
  const watermark = prepareWatermark(output, context)
  const marker = openAudioMarker(output)
  const files = listUsedFiles(output)
  const times = selectFrameTimes(files, output)
  const openFiles = (isOnlyAudio: boolean) => [
    ...files.flatMap(({ file, trim }, index) => {
      // Only the first file is read from a later second.
      const range = output.range && { ...output.range, ...(index > 0 && { readFromSeconds: 0 }) }
      return openInput(file, trim, { times, range, isOnlyAudio })
    }),
    ...(marker ?? []),
  ]
  return {
    steps: [...subtitles.steps, ...(watermark === null ? [] : [watermark.step])],
    files: openFiles(false),
    audioFiles: openFiles(true),
    images: watermark?.input ?? [],
    count: [...files, marker, watermark].filter((each) => each !== null).length,
    subtitleTrack: subtitles.trackFile,
  }
}

interface Opening {
  times?: FrameTimes
  range?: OutputRange | null
  /** True for a command that decodes no video. */
  isOnlyAudio?: boolean
}

/** Returns the arguments that open a part of a stored file, with the limits for untrusted media. */
export function openInput(
  file: InputFile,
  trim: Trim,
  {
    times = selectFrameTimes([{ file, trim }], { copiesTrack: false, range: null }),
    range = null,
    isOnlyAudio = false,
  }: Opening = {},
): string[] {
  const second = range?.readFromSeconds ?? findSeekSecond(file, trim)
  return [
    ...KEEP_VIDEO_GRAPH,
    ...selectInputLimits(file),
    ...(file.probe?.video?.inputOptions ?? []),
    ...(range === null ? pipeline.trim(file, trim, times) : pipeline.readRange(file, trim, range)),
    ...ffmpegOptions({ i: isOnlyAudio ? audioUrl(file, second) : seekUrl(file, second) }),
  ]
}
