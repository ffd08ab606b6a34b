/**
 * Progress of an attempt: combines its stages, ffmpeg's progress and the upload into a percentage,
 * an estimate of the time left, and rates. The percentage never decreases.
 */
import type { Stage } from '../../src/contract/runnerProtocol.ts'
import type { Progress } from '../ffmpeg/process/progressParser.ts'
import type { RenderPlan, Step } from '../ffmpeg/renderPlan.ts'
import type { AttemptState } from './heartbeat.ts'
import { createRateMeter, type RateMeter } from './rateMeter.ts'
import { createStepProgress, ESTIMATE_WINDOW_SECONDS } from './stepProgress.ts'

/** The percentage at which each stage begins, and at which the upload ends. */
type Scale = Record<Stage | 'end', number>
const ENCODE_SCALE: Scale = { probe: 0, analyse: 1, encode: 1, verify: 92, upload: 93, end: 97 }
/** For a stream copy, the copy and the upload get about equal shares. */
const REMUX_SCALE: Scale = { ...ENCODE_SCALE, verify: 48, upload: 49 }

const VERIFY_SECONDS = 1
/** Upload rate that is assumed until the upload is measured: 80 Mbit/s. */
const DEFAULT_UPLOAD_BYTES_PER_SECOND = 1e7

interface BeforeEnd {
  /** `call` is called as soon as no more than one of these is left. */
  left: {
    /** Estimated seconds. */
    seconds?: number
    /** Frames of the last step. */
    frames?: number
    /** Share of the work of all steps. */
    share?: number
  }
  /** @param sizeBytes expected size of the output */
  call: (sizeBytes: number) => void
}

export type ProgressTracker = ReturnType<typeof createProgressTracker>

/**
 * @param state receives the stage, the percentage, the estimate and the rates
 * @param clock returns seconds
 */
export function createProgressTracker(
  state: AttemptState,
  clock = () => performance.now() / 1_000,
) {
  const steps = createStepProgress()
  let scale = ENCODE_SCALE
  /** Seconds of the source in one second of the output. */
  let playbackSpeed = 1
  /** The measured size of the output; null while it is unknown. */
  let outputBytes: number | null = null
  let uploadRate: RateMeter | null = null
  let uploadedShare = 0
  let beforeEnd: BeforeEnd[] = []

  function advance(progress: number) {
    state.progress = Math.max(state.progress, Math.min(scale.end, progress))
  }

  function advanceSteps() {
    advance(scale.encode + steps.share() * (scale.verify - scale.encode))
  }

  function uploadSecondsLeft(now: number): number {
    const rate = uploadRate?.at(now)
    const bytes = outputBytes ?? steps.expectedOutputBytes()
    return rate ? (1 - uploadedShare) / rate : bytes / DEFAULT_UPLOAD_BYTES_PER_SECOND
  }

  /** Null in the stage `probe`; in `analyse` and `encode`, null until a step has been measured. */
  function secondsLeft(now: number): number | null {
    switch (state.stage) {
      case 'probe':
        return null
      case 'upload':
        return uploadSecondsLeft(now)
      case 'verify':
        return VERIFY_SECONDS + uploadSecondsLeft(now)
      default: {
        const stepSeconds = steps.secondsLeft(now)
        return stepSeconds === null ? null : stepSeconds + VERIFY_SECONDS + uploadSecondsLeft(now)
      }
    }
  }

  /** Updates the estimate and the rates, which change as time passes. */
  function refresh() {
    const now = clock()
    const seconds = secondsLeft(now)
    state.etaSeconds = seconds === null ? null : Math.ceil(seconds)
    const { framesPerSecond, outSecondsPerSecond } = steps.rates(now)
    const isEncoding = state.stage === 'encode'
    state.fps = isEncoding ? roundToHundredths(framesPerSecond) : null
    state.speed =
      isEncoding && outSecondsPerSecond !== null
        ? roundToHundredths(outSecondsPerSecond * playbackSpeed)
        : null
  }

  /** Makes each call of `beforeEnd` once, when so little is left of the steps. */
  function announceEnd() {
    const seconds = steps.secondsLeft(clock()) ?? Infinity
    const frames = steps.framesLeft() ?? Infinity
    const share = 1 - steps.share()
    const isDue = ({ left }: BeforeEnd) =>
      seconds <= (left.seconds ?? 0) || frames <= (left.frames ?? 0) || share <= (left.share ?? 0)
    const due = beforeEnd.filter(isDue)
    beforeEnd = beforeEnd.filter((each) => !due.includes(each))
    due.forEach(({ call }) => call(steps.expectedOutputBytes()))
  }

  return {
    refresh,
    callBeforeEnd(options: BeforeEnd) {
      beforeEnd.push(options)
    },
    /** @param speed playback speed of the output */
    setPlan(plan: RenderPlan, speed = 1) {
      playbackSpeed = speed
      steps.setSteps(plan.steps)
      if (plan.mode === 'remux') {
        scale = REMUX_SCALE
      }
    },
    enterStage(stage: Stage) {
      state.stage = stage
      advance(scale[stage])
      if (stage === 'upload') {
        uploadRate = createRateMeter(clock(), ESTIMATE_WINDOW_SECONDS)
      }
      refresh()
    },
    beginStep(step: Step) {
      steps.begin(step, clock())
    },
    updateStep(progress: Progress) {
      steps.update(progress, clock())
      advanceSteps()
      refresh()
      announceEnd()
    },
    finishStep(step: Step) {
      steps.finish(step)
      advanceSteps()
    },
    setOutputBytes(sizeBytes: number) {
      outputBytes = sizeBytes
    },
    /** @param share uploaded share of the output, from 0 to 1 */
    setUploadedShare(share: number) {
      uploadedShare = share
      uploadRate?.add(clock(), share)
      advance(scale.upload + share * (scale.end - scale.upload))
      refresh()
    },
  }
}

function roundToHundredths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100
}
