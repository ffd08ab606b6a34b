/**
 * Progress over all steps of a plan. The work of a step is the duration of its media times its
 * cost, so that steps of unequal cost can be added up.
 */
import type { Progress } from '../ffmpeg/process/progressParser.ts'
import type { Step } from '../ffmpeg/renderPlan.ts'
import { createRateMeter, type RateMeter } from './rateMeter.ts'

/** Assumed for a step whose duration is unknown, and for a step that does not run ffmpeg. */
const DEFAULT_STEP_SECONDS = 10
/**
 * Time over which rates are measured: a short one for the rates that users see, a long one for a
 * steady estimate of the time left.
 */
const SHOWN_WINDOW_SECONDS = 5
export const ESTIMATE_WINDOW_SECONDS = 20

interface CurrentStep {
  step: Step
  work: number
  frames: number
  /** The time of ffmpeg at which the step begins; null until ffmpeg has reported one. */
  startTime: number | null
  /** Output seconds per second: `estimateRate` for the time left, `shownRate` for users. */
  estimateRate: RateMeter
  shownRate: RateMeter
  frameRate: RateMeter
}

/** All times are in seconds of the same clock. */
export function createStepProgress() {
  let steps: readonly Step[] = []
  let totalWork = 0
  let finishedWork = 0
  let current: CurrentStep | null = null
  /** Work per second, of the last step that was measured. */
  let workRate: number | null = null
  let outputBytes = 0

  return {
    setSteps(planned: readonly Step[]) {
      steps = planned
      totalWork = steps.reduce((sum, step) => sum + computeWork(step), 0)
    },
    begin(step: Step, now: number) {
      current = {
        step,
        work: 0,
        frames: 0,
        startTime: null,
        estimateRate: createRateMeter(now, ESTIMATE_WINDOW_SECONDS),
        shownRate: createRateMeter(now, SHOWN_WINDOW_SECONDS),
        frameRate: createRateMeter(now, SHOWN_WINDOW_SECONDS),
      }
    },
    update({ outSeconds: outTime, frames, bytes }: Progress, now: number) {
      if (current === null) {
        return
      }
      current.startTime ??= findStartTime(current.step, outTime)
      const outSeconds = Math.max(0, outTime - (current.startTime ?? 0))
      current.estimateRate.add(now, outSeconds)
      current.shownRate.add(now, outSeconds)
      current.frameRate.add(now, frames)
      current.frames = frames
      const duration = knownSeconds(current.step)
      const share = duration === null ? 0 : Math.min(1, outSeconds / duration)
      current.work = computeWork(current.step) * share
      if (current.step.stage === 'encode' && share > 0) {
        outputBytes = bytes / share
      }
    },
    finish(step: Step) {
      // A fallback step is not part of `totalWork`.
      if (steps.includes(step)) {
        finishedWork += computeWork(step)
      }
      current = null
    },
    /** Share of the work that is done, from 0 to 1. */
    share(): number {
      const done = finishedWork + (current?.work ?? 0)
      return totalWork === 0 ? 0 : Math.min(1, done / totalWork)
    },
    /** Null until a step has been measured. */
    secondsLeft(now: number): number | null {
      const rate = current?.estimateRate.at(now)
      if (current !== null && current.step.cost > 0 && rate) {
        workRate = rate * current.step.cost
      }
      if (workRate === null) {
        return null
      }
      return Math.max(0, totalWork - finishedWork - (current?.work ?? 0)) / workRate
    },
    /** Frames that are left of the last step; null in an earlier one, and until some are encoded. */
    framesLeft(): number | null {
      const left = totalWork - finishedWork - (current?.work ?? 0)
      return current !== null && current.work > 0 && left < computeWork(current.step)
        ? (current.frames * left) / current.work
        : null
    },
    /** Rates of the current step; null while no step runs, and until they are measured. */
    rates(now: number): { framesPerSecond: number | null; outSecondsPerSecond: number | null } {
      return {
        framesPerSecond: current?.frameRate.at(now) ?? null,
        outSecondsPerSecond: current?.shownRate.at(now) ?? null,
      }
    },
    /** Size of the output, extrapolated from the part that is written; 0 if it is unknown. */
    expectedOutputBytes: () => outputBytes,
  }
}

/**
 * Returns the time that ffmpeg reports at the start of a step; null as long as it has reported none. For a part of
 * a video that is the start of the part, but 0 with `copyts`: ffmpeg then subtracts the time of its first report.
 */
function findStartTime(step: Step, firstTime: number): number | null {
  const start = 'startSeconds' in step ? (step.startSeconds ?? 0) : 0
  if (firstTime === 0) {
    return null
  }
  return firstTime < start ? 0 : start
}

function knownSeconds(step: Step): number | null {
  return 'seconds' in step && step.seconds !== null && step.seconds > 0 ? step.seconds : null
}

function computeWork(step: Step): number {
  return step.cost * (knownSeconds(step) ?? DEFAULT_STEP_SECONDS)
}
