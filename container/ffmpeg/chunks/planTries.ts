/**
 * Plans the tries to make a chunk of video. The source is read only from shortly before the chunk. If
 * ffmpeg finds no key frame there, the chunk is made again from an earlier second, and at last from the
 * start.
 */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { EditedOutput } from '../edit/editedOutput.ts'
import { findFileAt } from '../edit/joinedFiles.ts'
import { findKeyframeBefore } from '../probe/keyframeBefore.ts'
import { readFirstTime } from '../process/firstTime.ts'
import type { FfmpegStep, InputFile, Step, TaskEnvironment, TaskStep } from '../renderPlan.ts'
import { findReadStart } from './lead.ts'

/** The second try reads from this much earlier. */
const LONG_LEAD_SECONDS = 60
/** In a file in which ffmpeg does not seek exactly, it seeks to this long before the key frame. */
const READ_MARGIN_SECONDS = 2

/** From where a try reads the source. The search for a key frame can change it before the encode. */
interface ReadStart {
  fromSeconds: number
}

export interface Try {
  /** The encode steps. Their commands are built when they run, with the read start of that time. */
  encode: FfmpegStep[]
  /** Called before the encode. */
  prepare?: () => Promise<void>
  /** Returns true if the chunk has as many frames as planned, or if that number is not planned. */
  hasPlannedFrames: () => Promise<boolean>
}

/** `isMade` becomes true when a try has made the chunk. The steps of later tries then do nothing. */
interface Outcome {
  isMade: boolean
}

interface VideoChunk {
  range: ChunkRange
  /** The whole output. */
  output: EditedOutput
}

export function planTries(chunk: VideoChunk, planTry: (start: ReadStart) => Try): Step[] {
  const { range, output } = chunk
  const outcome = { isMade: false }
  const first = findFileAt(output, range.startSeconds)
  const playedSeconds = (range.startSeconds - first.startsAt) * output.edits.speed
  return listReadStarts(chunk).flatMap((fromSeconds, index) => {
    const start = { fromSeconds }
    const { encode, prepare, hasPlannedFrames } = planTry(start)
    const steps: Step[] = encode.map((step) => ({
      ...step,
      startSeconds: range.startSeconds,
      seconds: measureRange(range, step.seconds),
      // Usually the first try makes the chunk, so only its work counts for the progress.
      cost: index === 0 ? step.cost : 0,
      ffmpeg: (stderrTails) => (outcome.isMade ? null : step.ffmpeg(stderrTails)),
    }))
    if (prepare !== undefined) {
      steps.unshift(buildTask(outcome, prepare))
    }
    if (fromSeconds === 0) {
      return steps
    }
    const check = async (environment: TaskEnvironment) => {
      const firstTime = readFirstTime(environment.stderrTails.at(-1) ?? '')
      const isEarlyEnough = firstTime === null ? range.frames !== null : firstTime <= playedSeconds
      outcome.isMade = start.fromSeconds === 0 || (isEarlyEnough && (await hasPlannedFrames()))
    }
    return [...planSeek(first.file, start, outcome), ...steps, buildTask(outcome, check)]
  })
}

/** Returns the seconds of the source from which the tries read, the latest first. */
function listReadStarts({ range, output }: VideoChunk): number[] {
  if (range.startSeconds === 0) {
    return [0]
  }
  const first = findReadStart(range.startSeconds, output)
  return [...new Set([first, first - LONG_LEAD_SECONDS, 0])].filter((second) => second >= 0)
}

/** @param whole duration of the video */
function measureRange({ startSeconds, endSeconds }: ChunkRange, whole: number | null) {
  const end = endSeconds ?? whole
  return end === null ? null : end - startSeconds
}

function buildTask(outcome: Outcome, run: TaskStep['task']): TaskStep {
  const task = async (environment: TaskEnvironment) => {
    if (!outcome.isMade) {
      await run(environment)
    }
  }
  return { stage: 'analyse', cost: 0.01, task }
}

/** Plans to find the key frame before the start, in a file in which ffmpeg does not seek exactly. */
function planSeek({ url, probe }: InputFile, start: ReadStart, outcome: Outcome): TaskStep[] {
  const { video = null, startSeconds = 0, seeksExactly = true } = probe ?? {}
  if (probe === null || seeksExactly || video === null) {
    return []
  }
  const search = async (environment: TaskEnvironment) => {
    const keyframe = await findKeyframeBefore(
      { url, stream: video.index, probe },
      startSeconds + start.fromSeconds,
      environment,
    )
    start.fromSeconds =
      keyframe === null ? 0 : Math.max(0, keyframe - startSeconds - READ_MARGIN_SECONDS)
  }
  return [buildTask(outcome, search)]
}
