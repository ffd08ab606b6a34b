/** Types that the edit steps share: the source files, the description of the output, and a step. */
import type { TrackSeconds } from '../expectedDurations.ts'
import type { InputFile } from '../renderPlan.ts'
import type { AudioStream, VideoStream } from '../probe/probe.ts'
import type { Edits } from './edits.ts'
import type { Geometry, Size } from '../geometry.ts'

/** The part of a file that is used. */
export interface Trim {
  startSeconds: number
  /** Duration from `startSeconds`; null when the part extends to the end of the file. */
  durationSeconds: number | null
}

/**
 * The pixel format in which filters work: 4:2:0 for video, RGB for still and animated images, with
 * transparency for an image that keeps it.
 */
export type PixelFormat = 'yuv420p' | 'rgb24' | 'rgba'

/** Format of the output frames. */
export interface FrameFormat {
  /** The sides are multiples of this number. 4:2:0 video needs 2. */
  unit: 1 | 2
  /** Maximum of the short side when neither side is requested; null for no maximum. */
  shortSide: number | null
  pixels: PixelFormat
}

/** One of the files that are joined: the source or an appended file. */
export interface SourceFile {
  file: InputFile
  trim: Trim
  /** null when no video is needed. */
  video: VideoStream | null
  /** null when the file has no audio. */
  audio: AudioStream | null
  /** Duration of the part that is used, before a change of speed; null when unknown. */
  seconds: number | null
  /** The same for each track: a track can end before the part does. */
  trackSeconds: TrackSeconds
}

/** Frames of the output that a command makes, if it does not make all of them. */
export interface OutputRange {
  /** Times of the output: the frames from `startSeconds` to before `endSeconds` (null: to the end). */
  startSeconds: number
  endSeconds: number | null
  /** Second from which its first file is read, for filters that need the frames before. */
  readFromSeconds: number
}

/** Description of the output after all edits. */
export interface EditedOutput {
  edits: Edits
  /** The source, then the appended files. */
  files: readonly [SourceFile, ...SourceFile[]]
  /** Frames at which the files begin, if they are joined at planned frames; otherwise null. */
  fileStarts: readonly number[] | null
  /** null without video. */
  frame: FrameFormat | null
  /** Scaling, cropping and padding of the first file; null without video. */
  geometry: Geometry | null
  /** Size of the frames; null without video. */
  size: Size | null
  hasAudio: boolean
  /** Duration; null when unknown. */
  seconds: number | null
  trackSeconds: TrackSeconds
  /** Start of the video; null when it is not verified. */
  videoStartSeconds: number | null
  /** False if the durations are based on an estimate, so that the output can differ from them. */
  durationIsKnown: boolean
  /** Frames per second; null when unknown. */
  frameRate: number | null
  /** The rate that frames are converted to; null when frames keep their times. */
  constantFrameRate: number | null
  /** True when the main track of the source is copied: the video, or the audio if there is none. */
  copiesTrack: boolean
  /** Null for all frames. */
  range: OutputRange | null
}

/** Input of the steps on the video of one file. */
export interface FileVideo {
  /** Unique in the graph; labels inside a step begin with it. */
  name: string
  /** The video stream before any edit. */
  video: VideoStream
  edits: Pick<Edits, 'speed' | 'rotate' | 'flip' | 'background'>
  /** Filters that make the frame rate constant; none when frames keep their times. */
  frameRateFilters: readonly string[]
  /** The frames that are made; null for all. `frameRate` is that of the output; null when unknown. */
  range: (OutputRange & { frameRate: number | null }) | null
  geometry: Geometry
  pixels: PixelFormat
}
/**
 * Returns filters that follow one another in the file's chain; none when there is nothing to do.
 */
export type FileVideoStep = (file: FileVideo) => readonly string[]

/** Input of the steps on the audio of one file. */
export interface FileAudio {
  audio: AudioStream
  speed: number
  /** True when files are joined: all then need the same sample rate and channels. */
  isJoined: boolean
}
export type FileAudioStep = (file: FileAudio) => string[]

/** Chains of filters, and the label in which they end. */
export interface LabelledChains {
  chains: string[]
  to: string
}
/** A step on the joined video, whose label is `from`. Returns null when there is nothing to do. */
export type VideoStep = (output: EditedOutput, from: string) => LabelledChains | null

/**
 * Returns filters on the joined audio. `loudness` has the filters that measure or correct the
 * loudness.
 */
export type AudioStep = (output: EditedOutput, loudness: readonly string[]) => string[]
