/**
 * The edits in the order in which they are applied. Each step has its own file in steps/.
 *
 * Rotation comes before scaling, since width and height are those of the output. Times of subtitles
 * and fades are times of the output, and a watermark and subtitles are neither cropped nor rotated;
 * so these steps come after the files are joined.
 */
import type {
  AudioStep,
  FileAudioStep,
  FileVideo,
  FileVideoStep,
  VideoStep,
} from './editedOutput.ts'
import { changeAudioSpeed, changeVideoSpeed } from './steps/speed.ts'
import { trimInput } from './steps/trim.ts'
import { deinterlace } from './steps/deinterlace.ts'
import { convertFrameRate } from './steps/frameRate.ts'
import { orient } from './steps/orientation.ts'
import { scaleAndConvertColours } from './steps/scale.ts'
import { crop } from './steps/crop.ts'
import { pad } from './steps/pad.ts'
import { mixChannels, synchronizeAudio } from './steps/audioLayout.ts'
import { concat } from './steps/concat.ts'
import { addWatermark } from './steps/watermark.ts'
import { burnSubtitles } from './steps/subtitles.ts'
import { fadeAudio, fadeVideo } from './steps/fades.ts'
import { applyLoudness } from './steps/loudness.ts'

/** Options of the input of each file. ffmpeg decodes and discards what lies before the start. */
export const trim = trimInput

/** The video of each file on its own. Speed and frame rate come first: fewer frames, less work. */
const FILE_VIDEO_STEPS: readonly FileVideoStep[] = [
  deinterlace,
  changeVideoSpeed,
  convertFrameRate,
  orient,
  scaleAndConvertColours,
  crop,
  pad,
]

/** The audio of each file on its own. */
export const FILE_AUDIO_STEPS: readonly FileAudioStep[] = [
  synchronizeAudio,
  mixChannels,
  changeAudioSpeed,
]

/** The files one after another, video and audio together. */
export const joinFiles = concat

/** The joined video. */
export const VIDEO_STEPS: readonly VideoStep[] = [addWatermark, burnSubtitles, fadeVideo]

/** The joined audio. */
export const AUDIO_STEPS: readonly AudioStep[] = [applyLoudness, fadeAudio]

/** Returns the filters of one file's video, which follow one another. */
export function applyFileVideoSteps(file: FileVideo): string {
  return FILE_VIDEO_STEPS.flatMap((step) => step(file)).join(',')
}
