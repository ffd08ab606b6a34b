/**
 * The edits in the order in which they are applied. The steps are in `steps/`.
 *
 * Rotation comes before scaling, because width and height are those of the output. Watermark,
 * subtitles and fades come after the files are joined: times of subtitles and fades are times of
 * the output, and a watermark and subtitles are neither cropped nor rotated.
 */
import type {
  AudioStep,
  FileAudioStep,
  FileVideo,
  FileVideoStep,
  VideoStep,
} from './editedOutput.ts'
import { changeAudioSpeed, changeVideoSpeed } from './steps/speed.ts'
import { trimAudio, trimInput, trimRange, trimVideo } from './steps/trim.ts'
import { keepFrameSize } from './steps/frameSize.ts'
import { boundAudioTimes, boundVideoTimes } from './steps/boundTimes.ts'
export { reportFirstTime } from './steps/selectRange.ts'
export { describeUnexamined, orderTimeFilters, removeDecodeDelay } from './steps/boundTimes.ts'
import { repairColourTags } from './steps/colourTags.ts'
import { deinterlace } from './steps/deinterlace.ts'
import { convertFrameRate } from './steps/frameRate.ts'
import { selectRange } from './steps/selectRange.ts'
import { orient } from './steps/orientation.ts'
import { scaleAndConvertColours } from './steps/scale.ts'
import { flattenTransparency } from './steps/transparency.ts'
import { turnUpright } from './steps/turnUpright.ts'
import { crop } from './steps/crop.ts'
import { pad } from './steps/pad.ts'
import { mixChannels, synchronizeAudio } from './steps/audioLayout.ts'
import { foldChannels } from './steps/foldChannels.ts'
import { concat } from './steps/concat.ts'
import { addWatermark } from './steps/watermark.ts'
import { burnSubtitles } from './steps/subtitles.ts'
import { fadeAudio, fadeVideo } from './steps/fades.ts'
import { applyLoudness } from './steps/loudness.ts'

/**
 * Input options of each file. ffmpeg seeks to the key frame before the start; for a track that is
 * not copied, it decodes and discards the frames between the two.
 */
export const trim = trimInput
/** The same for a range of the output. */
export const readRange = trimRange
/** First filters of each track, for a file in which ffmpeg does not seek exactly. */
export const trimTracks = { video: trimVideo, audio: trimAudio }
/** Next filters: a time that is outside of the file is replaced, or its frame is dropped. */
export const boundTimes = { video: boundVideoTimes, audio: boundAudioTimes }

/**
 * Steps on the video of each file. Speed and frame rate come before the steps on the frame: when
 * they reduce the number of frames, the later steps have less to do. No later step depends on the
 * frames before, so that a range of the frames can be selected there.
 */
const FILE_VIDEO_STEPS: readonly FileVideoStep[] = [
  turnUpright,
  repairColourTags,
  flattenTransparency,
  keepFrameSize,
  deinterlace,
  changeVideoSpeed,
  convertFrameRate,
  selectRange,
  orient,
  scaleAndConvertColours,
  crop,
  pad,
]

/** First step on the audio of each file: mixes it down. */
export const foldFileAudio = foldChannels

/** Further steps on the audio of each file. */
export const FILE_AUDIO_STEPS: readonly FileAudioStep[] = [
  synchronizeAudio,
  mixChannels,
  changeAudioSpeed,
]

/** Joins the files one after another, video and audio. */
export const joinFiles = concat

/** Steps on the joined video. */
export const VIDEO_STEPS: readonly VideoStep[] = [addWatermark, burnSubtitles, fadeVideo]

/** Steps on the joined audio. */
export const AUDIO_STEPS: readonly AudioStep[] = [applyLoudness, fadeAudio]

/** Returns the filter chain of the video of one file. */
export function applyFileVideoSteps(file: FileVideo): string {
  return FILE_VIDEO_STEPS.flatMap((step) => [...step(file)]).join(',')
}
