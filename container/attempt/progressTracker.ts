/**
 * How far an attempt has come, how fast it goes, and what is left: from the stages, ffmpeg's
 * progress and the upload's to what is reported. Progress never goes back, whatever it is told.
 */
import type { Stage } from '../../src/contract/runnerProtocol.ts'
import type { Progress } from '../ffmpeg/process/progressParser.ts'
import type { RenderPlan, Step } from '../ffmpeg/renderPlan.ts'
import { createRateMeter, type RateMeter } from './rateMeter.ts'
import type { AttemptState } from './heartbeat.ts'

/** Where each stage begins on the scale of 0 to 100, whose last steps are the gateway's. */
type Scale = Record<Stage | 'end', number>
const MADE: Scale = { probe: 0, analyse: 1, encode: 1, verify: 92, upload: 93, end: 97 }
/** What is only copied goes out about as slowly as it came in. */
const COPIED: Scale = { ...MADE, verify: 48, upload: 49 }

/** What a step counts for whose length nobody knows, in seconds. */
const UNKNOWN_SECONDS = 10
/** How far back "of late" goes: for rates to show, and for what is left, which must not jump. */
const SHOWN_SECONDS = 5
const ESTIMATE_SECONDS = 20
const VERIFY_SECONDS = 1
/** For an upload that has not begun: 80 Mbit/s, below what a machine in a data centre has. */
const ASSUMED_BYTES_A_SECOND = 1e7

export type ProgressTracker = ReturnType<typeof createProgressTracker>
interface Watched {
  step: Step
  seconds: RateMeter
  shown: RateMeter
  frames: RateMeter
  work: number
}

/** @param clock in seconds */
export function createProgressTracker(
  state: AttemptState,
  clock = () => performance.now() / 1_000,
) {
  let scale = MADE
  /** Seconds of media in one of the output's. */
  let played = 1
  let steps: readonly Step[] = []
  let whole = 0
  let before = 0
  let watched: Watched | null = null
  /** Work a second, by the step that was measured last. */
  let workRate: number | null = null
  let outputBytes = 0
  let uploading: RateMeter | null = null
  let uploadedShare = 0

  const advance = (progress: number) => {
    state.progress = Math.max(state.progress, Math.min(scale.end, progress))
  }
  const advanceSteps = (done: number) => {
    const share = whole === 0 ? 0 : Math.min(1, done / whole)
    advance(scale.encode + share * (scale.verify - scale.encode))
  }
  const uploadSeconds = (now: number): number => {
    const rate = uploading?.at(now)
    return rate ? (1 - uploadedShare) / rate : outputBytes / ASSUMED_BYTES_A_SECOND
  }
  /** Seconds that are left; null when there is nothing to go by. */
  const left = (now: number): number | null => {
    const { stage } = state
    if (stage === 'probe') {
      return null
    }
    if (stage === 'upload') {
      return uploadSeconds(now)
    }
    if (stage === 'verify') {
      return VERIFY_SECONDS + uploadSeconds(now)
    }
    const rate = watched?.seconds.at(now)
    if (watched && rate) {
      workRate = rate * watched.step.cost
    }
    if (workRate === null) {
      return null
    }
    const stepsLeft = Math.max(0, whole - before - (watched?.work ?? 0)) / workRate
    return stepsLeft + VERIFY_SECONDS + uploadSeconds(now)
  }

  return {
    /** Brings rates and what is left up to this moment. */
    refresh() {
      const now = clock()
      const seconds = left(now)
      state.etaSeconds = seconds === null ? null : Math.ceil(seconds)
      const shown = state.stage === 'encode' ? watched : null
      state.fps = rounded(shown?.frames.at(now))
      const rate = shown?.shown.at(now) ?? null
      state.speed = rounded(rate === null || shown === null ? null : rate * played)
    },
    /** @param speed at which the media is to be played, which is that of the output's clock */
    plan(plan: RenderPlan, speed = 1) {
      played = speed
      steps = plan.steps
      whole = steps.reduce((sum, step) => sum + workOf(step), 0)
      if (plan.mode === 'remux') {
        scale = COPIED
      }
    },
    enter(stage: Stage) {
      state.stage = stage
      advance(scale[stage])
      if (stage === 'upload') {
        uploading = createRateMeter(clock(), ESTIMATE_SECONDS)
      }
      this.refresh()
    },
    begin(step: Step) {
      const now = clock()
      watched = {
        step,
        work: 0,
        seconds: createRateMeter(now, ESTIMATE_SECONDS),
        shown: createRateMeter(now, SHOWN_SECONDS),
        frames: createRateMeter(now, SHOWN_SECONDS),
      }
    },
    progress({ outSeconds, frames, bytes }: Progress) {
      if (watched === null) {
        return
      }
      const now = clock()
      watched.seconds.add(now, outSeconds)
      watched.shown.add(now, outSeconds)
      watched.frames.add(now, frames)
      const length = lengthOf(watched.step)
      const share = length === null ? 0 : Math.min(1, outSeconds / length)
      watched.work = workOf(watched.step) * share
      if (watched.step.stage === 'encode' && share > 0) {
        outputBytes = bytes / share
      }
      advanceSteps(before + watched.work)
      this.refresh()
    },
    done(step: Step) {
      if (steps.includes(step)) {
        before += workOf(step)
      }
      watched = null
      advanceSteps(before)
    },
    /** @param sizeBytes what the output measures in the end */
    made(sizeBytes: number) {
      outputBytes = sizeBytes
    },
    /** @param share 0 to 1 */
    uploaded(share: number) {
      uploadedShare = share
      uploading?.add(clock(), share)
      advance(scale.upload + share * (scale.end - scale.upload))
      this.refresh()
    },
  }
}

function lengthOf(step: Step): number | null {
  return 'seconds' in step && step.seconds !== null && step.seconds > 0 ? step.seconds : null
}

function workOf(step: Step): number {
  return step.cost * (lengthOf(step) ?? UNKNOWN_SECONDS)
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value * 100) / 100
}
