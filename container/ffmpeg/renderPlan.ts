/**
 * Plan of a variant: the steps that make it, in order, and the output that they must produce.
 * `plan/` makes one for each kind of variant, and `attempt/executePlan.ts` executes it.
 */
import type { Plan } from '../../src/contract/plan.ts'
import type { ExpectedDurations, TrackSeconds } from './expectedDurations.ts'
import type { Size } from './geometry.ts'
import type { Orientation } from './probe/imageOrientation.ts'
import type { Probe } from './probe/probe.ts'
import type { ProbeEnvironment } from './process/ffprobe.ts'
import type { ReadBytes } from './readBytes.ts'
import type { StreamLayout } from './streaming/streamLayout.ts'

/** A stored file that ffmpeg can open. */
export interface InputFile {
  url: string
  /** Its path in storage. */
  path: string
  /**
   * Null for a file that is not probed, such as a PNG image or subtitles: the extension of `path`
   * decides which demuxer opens it.
   */
  probe: Probe | null
  /**
   * The demuxer that opens a still image; null or absent for a file whose format ffmpeg detects.
   */
  demuxer?: string | null
  /** Orientation of an image that is not probed. */
  orientation?: Orientation
  /**
   * Second of the last key frame at or before the requested start; null when the minute before the
   * start has none. Absent when it is not needed, for example because ffmpeg finds it by itself.
   */
  keyframeSeconds?: number | null
}

/** Files and folder from which a planner makes a plan for a rendition. */
export interface PlanContext {
  source: InputFile & { probe: Probe }
  /** The reference files of the rendition, by path. */
  references: ReadonlyMap<string, InputFile>
  /** Absolute path of the scratch folder, in which the steps write all their files. */
  folder: string
}

interface StepBase {
  /**
   * `encode` steps make the output. `analyse` steps do the rest: they measure, convert reference
   * files, or describe the source.
   */
  stage: 'analyse' | 'encode'
  /** Time that the step takes for a second of media, relative to an ordinary encode. */
  cost: number
  /**
   * Name of the input in failure messages, such as "watermark", for a step that does not read the
   * source.
   */
  inputName?: string
}

export interface FfmpegStep extends StepBase {
  /** Duration of the media in seconds; null when it is unknown. */
  seconds: number | null
  /** Start of the media in the times of the whole output, in seconds. Default: 0. */
  startSeconds?: number
  /** True when the plan continues without the result of this step if its input is invalid. */
  optional?: boolean
  /** True for a step that only converts an image: ffmpeg then runs under lower limits. */
  convertsImage?: boolean
  /**
   * Builds the arguments of ffmpeg when the step begins.
   *
   * @param stderrTails the end of stderr of each previous ffmpeg step, in order
   * @returns null when the results of the previous steps make this step unnecessary
   */
  ffmpeg: (stderrTails: readonly string[]) => string[] | null | Promise<string[] | null>
}

export interface TaskEnvironment extends ProbeEnvironment {
  /** Reads bytes of the original. */
  readOriginal: ReadBytes
  /** Adds a note to the plan. */
  addNote: (note: string) => void
  /** The end of stderr of each previous ffmpeg step, in order. */
  stderrTails: readonly string[]
}

/** A step that the runner does itself, such as writing the index of a storyboard. */
export interface TaskStep extends StepBase {
  task: (environment: TaskEnvironment) => Promise<void>
}

export type Step = FfmpegStep | TaskStep

/** Properties of the output, which `verify/verifyOutput.ts` checks. */
export interface Expectation extends ExpectedDurations {
  /** Size of a frame; null when there must be no video. */
  size: Size | null
  hasAudio: boolean
  /** Start of each track; absent or null when it is not verified. */
  trackStarts?: TrackSeconds
  /**
   * Number of frames of the video; absent when unknown. A video with all of its frames may be
   * shorter than planned: some files declare a long duration for the last frame.
   */
  frames?: number
  /**
   * True when the rendition sets the end of the output. An output that is too long is then a fault
   * of the runner; otherwise the source may declare a wrong duration.
   */
  hasRequestedEnd: boolean
  /** Codecs by ffprobe's names; absent when any is allowed. */
  videoCodec?: string
  audioCodec?: string
  /** True when the output may begin at an earlier key frame, and so be longer than `seconds`. */
  mayBeLonger?: boolean
  maxBytes?: number
  /**
   * True for a still image: the duration and frame rate that ffprobe prints for it have no meaning.
   */
  isImage: boolean
}

export interface RenderPlan extends Plan {
  steps: Step[]
  /** Step to run if the steps succeed without a valid output; null if there is no alternative. */
  fallback: Step | null
  /**
   * Absolute path of the output; for a package, of the file that a player opens first. The files of
   * a package are in the folder `package`, except the init and media segments of a stream.
   */
  output: string
  isPackage: boolean
  /** Set for an HLS/DASH stream, whose files are stored while the steps still run. */
  stream?: StreamLayout
  /**
   * Null for a probe document, which is not verified, and for a package, which has other checks.
   */
  expect: Expectation | null
  /** Checks the output beyond `expect`. @throws JobFailure `output_invalid` */
  verify?: (environment: Omit<ProbeEnvironment, 'bytesRead'>) => Promise<void>
}
