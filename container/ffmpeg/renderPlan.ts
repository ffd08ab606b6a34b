/**
 * What a plan is: the steps that make a variant, in order, and what must come out. Each kind of
 * variant has its own way to plan (kinds/); making.ts goes through the steps of any of them.
 */
import type { Plan } from '../../src/contract/runnerProtocol.ts'
import type { FfprobeOptions } from './process/ffprobe.ts'
import type { Size } from './edit/geometry.ts'
import type { StreamLayout } from './streaming/streamLayout.ts'
import type { Probe } from './probe/probe.ts'

/** A stored file as ffmpeg can open it. */
export interface InputFile {
  url: string
  /** Its path in storage, whose extension says what to open it as. */
  path: string
  /** What a probe found in it; null for what is no media, such as subtitles. */
  probe: Probe | null
}

export interface PlanContext {
  source: InputFile & { probe: Probe }
  /** The other files that the rendition names, by path. */
  references: ReadonlyMap<string, InputFile>
  /** The folder for everything that the steps write. */
  folder: string
}

interface Told {
  /** `analyse` steps measure; `encode` steps make what is kept. */
  stage: 'analyse' | 'encode'
  /** How its time compares to that of an ordinary encode of the same length, which is 1. */
  cost: number
  /** What it reads when that is not the source, such as "watermark", for the words of a failure. */
  inputName?: string
}

export type FfmpegStep = Told & {
  /** How much media it goes through, in seconds of ffmpeg's `out_time`; null when nobody knows. */
  seconds: number | null
  /** What it would find can be done without, if it is the file that keeps it from that. */
  optional?: boolean
  /**
   * The arguments, made when the step begins.
   *
   * @param said what the ffmpeg steps before wrote to stderr, in their order, the last lines each
   */
  ffmpeg: (said: readonly string[]) => string[] | Promise<string[]>
}

/** How a task may look into files: the limits, the scratch folder, the end of the attempt. */
export type ProbeEnvironment = Omit<FfprobeOptions, 'input'>

/** Something that the runner does itself, such as writing a list of what was made. */
export type TaskStep = Told & { task: (tools: ProbeEnvironment) => Promise<void> }

export type Step = FfmpegStep | TaskStep

/** What verify.ts holds the output to. */
export interface Expectation {
  /** What the picture must measure; null when there must be none. */
  size: Size | null
  hasAudio: boolean
  /** How long it must be, in seconds; null for a picture, or when the source does not say. */
  seconds: number | null
  /** The end was asked for, so a length that is off is this side's fault and not the source's. */
  hasRequestedEnd: boolean
  /** The codecs by ffprobe's names; not given where any will do. */
  videoCodec?: string
  audioCodec?: string
  /** It may begin earlier, at a keyframe, and so be longer. */
  mayBeLonger?: boolean
  /** The most that it may measure, in bytes. */
  maxBytes?: number
  /** It is a single picture, of whose length and rate ffprobe makes something up. */
  isImage: boolean
}

export type RenderPlan = Plan & {
  steps: Step[]
  /** For when the steps end well and give nothing; null when there is no second way. */
  fallback: Step | null
  /**
   * The absolute path of the file that is the variant, or of the file by which a player begins when
   * the variant is a package: every file in `folder/package`.
   */
  output: string
  isPackage: boolean
  /** For a package whose files are stored while the steps still run. */
  stream?: StreamLayout
  /** null: it is no media, and not looked into. */
  expect: Expectation | null
}
