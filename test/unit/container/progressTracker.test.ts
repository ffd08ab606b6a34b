import { beforeEach, describe, expect, it } from 'vitest'
import { createProgressTracker } from '../../../container/attempt/progressTracker.ts'
import type { FfmpegStep, RenderPlan, Step } from '../../../container/ffmpeg/renderPlan.ts'
import { createRateMeter } from '../../../container/attempt/rateMeter.ts'
import { type AttemptState, createAttemptState } from '../../../container/attempt/heartbeat.ts'
import type { Stage } from '../../../src/contract/runnerProtocol.ts'

let now = 0
let state: AttemptState
let tracker: ReturnType<typeof createProgressTracker>

beforeEach(() => {
  now = 100
  state = createAttemptState()
  tracker = createProgressTracker(state, () => now)
})

function step(stage: Step['stage'], fields: Partial<FfmpegStep> = {}): FfmpegStep {
  return {
    stage,
    cost: 1,
    seconds: 100,
    ffmpeg: () => [],
    ...fields,
  }
}
function setPlan(steps: Step[], mode: RenderPlan['mode'] = 'encode', speed = 1) {
  return tracker.setPlan({ steps, mode } as RenderPlan, speed)
}

/** Simulates `seconds` of real time at `speed`, with two progress reports a second. */
function run(speed: number, seconds: number, from = 0) {
  const states: AttemptState[] = []
  for (let elapsed = 0.5; elapsed <= seconds; elapsed += 0.5) {
    now += 0.5
    const outSeconds = from + speed * elapsed
    tracker.updateStep({ outSeconds, frames: outSeconds * 25, bytes: outSeconds * 1e6 })
    states.push({ ...state })
  }
  return states
}

describe('progress', () => {
  it('rises through both passes of a plan, in proportion to their cost', () => {
    const passes = [step('analyse', { cost: 0.5 }), step('encode')]
    setPlan(passes)
    const states = passes.flatMap((pass) => {
      tracker.enterStage(pass.stage)
      tracker.beginStep(pass)
      const passStates = run(10, 10)
      tracker.finishStep(pass)
      return passStates
    })
    const progress = states.map((each) => each.progress)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))
    expect(new Set(progress).size).toBe(progress.length)
    const [first, second] = ['analyse', 'encode'].map(
      (stage) => states.findLast((each) => each.stage === stage)!.progress,
    )
    // The first pass is a third of the cost.
    expect(first).toBeCloseTo(1 + 91 / 3)
    expect(second).toBeCloseTo(92)
  })

  it('never decreases, and leaves the last 3 % for the finish', () => {
    const encode = step('encode')
    setPlan([encode])
    tracker.beginStep(encode)
    tracker.enterStage('encode')
    run(10, 8)
    const before = state.progress
    tracker.updateStep({ outSeconds: 1, frames: 1, bytes: 1 })
    tracker.enterStage('encode')
    expect(state.progress).toBe(before)
    tracker.updateStep({ outSeconds: 1e6, frames: 1, bytes: 1 })
    expect(state.progress).toBe(92)
    for (const stage of ['verify', 'encode', 'verify', 'upload'] as Stage[]) {
      tracker.enterStage(stage)
    }
    tracker.setUploadedShare(0.5)
    expect(state.progress).toBe(95)
    tracker.setUploadedShare(1)
    expect(state.progress).toBe(97)
  })

  it('of a stream copy counts the upload as half', () => {
    const copy = step('encode')
    setPlan([copy], 'remux')
    tracker.enterStage('encode')
    tracker.beginStep(copy)
    tracker.finishStep(copy)
    expect(state.progress).toBe(48)
    tracker.enterStage('upload')
    tracker.setUploadedShare(0.5)
    expect(state.progress).toBe(73)
  })

  it('advances after a step of unknown duration', () => {
    const steps = [step('analyse', { seconds: null }), step('encode', { seconds: null })]
    setPlan(steps)
    tracker.beginStep(steps[0]!)
    run(1, 5)
    expect(state.progress).toBe(1)
    tracker.finishStep(steps[0]!)
    expect(state.progress).toBeCloseTo(1 + 91 / 2)
  })
})

describe('the remaining time', () => {
  it('is null before there is a measurement', () => {
    const encode = step('encode')
    setPlan([encode])
    tracker.enterStage('encode')
    tracker.beginStep(encode)
    expect(state).toMatchObject({ etaSeconds: null, fps: null, speed: null })
    now += 5
    tracker.refresh()
    expect(state.etaSeconds).toBeNull()
  })

  it('includes later passes and the upload', () => {
    const passes = [step('analyse'), step('encode')]
    setPlan(passes)
    tracker.enterStage('analyse')
    tracker.beginStep(passes[0]!)
    run(10, 5)
    // Remaining: 50 s and 100 s of media at 10 times real time, and 1 s to verify the output.
    expect(state.etaSeconds).toBe(16)
    tracker.finishStep(passes[0]!)
    tracker.enterStage('encode')
    tracker.beginStep(passes[1]!)
    expect(state.etaSeconds).toBe(11)
    run(10, 5)
    // The upload of 100 MB is estimated at 10 MB/s until its speed is measured.
    expect(state.etaSeconds).toBe(5 + 1 + 10)
    tracker.finishStep(passes[1]!)
    tracker.setOutputBytes(100e6)
    tracker.enterStage('verify')
    expect(state.etaSeconds).toBe(11)
    tracker.enterStage('upload')
    expect(state.etaSeconds).toBe(10)
    now += 2
    tracker.setUploadedShare(0.5)
    expect(state.etaSeconds).toBe(2)
  })

  it('uses the recent speed and not the average since the start', () => {
    const encode = step('encode', { seconds: 1000 })
    setPlan([encode])
    tracker.enterStage('encode')
    tracker.beginStep(encode)
    run(1, 60)
    const slow = Number(state.etaSeconds)
    const eta = run(10, 60, 60).map(({ etaSeconds }) => Number(etaSeconds))
    // The estimate follows a change of speed gradually.
    expect(eta[1]).toBeGreaterThan(slow / 2)
    // Remaining: 340 s of media at 10 times real time, 1 s to verify, and 1 GB to upload.
    expect(state.etaSeconds).toBe(34 + 1 + 100)
  })
})

describe('speed and frame rate', () => {
  it('are measured over the last seconds, during an encode only', () => {
    const passes = [step('analyse', { seconds: 1000 }), step('encode', { seconds: 1000 })]
    setPlan(passes)
    tracker.enterStage('analyse')
    tracker.beginStep(passes[0]!)
    run(2, 10)
    expect(state).toMatchObject({ fps: null, speed: null })
    tracker.finishStep(passes[0]!)
    tracker.enterStage('encode')
    tracker.beginStep(passes[1]!)
    run(2, 20)
    expect(state).toMatchObject({ fps: 50, speed: 2 })
    run(0.5, 10, 40)
    expect(state).toMatchObject({ fps: 12.5, speed: 0.5 })
    tracker.finishStep(passes[1]!)
    tracker.enterStage('verify')
    expect(state).toMatchObject({ fps: null, speed: null })
  })

  it('decrease when progress stops', () => {
    const encode = step('encode')
    setPlan([encode])
    tracker.enterStage('encode')
    tracker.beginStep(encode)
    run(2, 10)
    now += 15
    tracker.refresh()
    expect(state).toMatchObject({ fps: 12.5, speed: 0.5 })
  })

  it("count seconds of the source's media even if the output's speed is changed", () => {
    const twice = step('encode', { seconds: 50 })
    setPlan([twice], 'encode', 2)
    tracker.enterStage('encode')
    tracker.beginStep(twice)
    run(3, 5)
    expect(state).toMatchObject({ fps: 75, speed: 6 })
  })

  it('are null until at least 0.3 seconds have been measured', () => {
    const rate = createRateMeter(0, 5)
    rate.add(0.1, 10)
    expect(rate.at(0.1)).toBeNull()
    rate.add(0.5, 12)
    expect(rate.at(0.5)).toBe(24)
  })
})

it('the progress of a part of a video counts from its start, and a further attempt is no work', () => {
  const part = step('encode', { startSeconds: 300, seconds: 30 })
  setPlan([part, step('encode', { cost: 0 })])
  tracker.enterStage('encode')
  tracker.beginStep(part)
  now += 1
  tracker.updateStep({ outSeconds: 301, frames: 30, bytes: 1 })
  now += 1
  tracker.updateStep({ outSeconds: 315, frames: 450, bytes: 1 })
  // The encode is 1 to 92 %.
  expect(state.progress).toBeCloseTo(1 + 91 / 2)
  expect(state.speed).toBeGreaterThan(1)
  expect(state.etaSeconds).toBeLessThan(10)
})

it('the progress of a part counts from its start too when ffmpeg reports times from its first report on', () => {
  const part = step('encode', { startSeconds: 300, seconds: 30 })
  setPlan([part])
  tracker.enterStage('encode')
  tracker.beginStep(part)
  for (const outSeconds of [0, 2, 15]) {
    now += 1
    tracker.updateStep({ outSeconds, frames: 30 + outSeconds * 30, bytes: 1 })
  }
  expect(state.progress).toBeCloseTo(1 + 91 / 2)
})

describe('the end of the steps', () => {
  it('is announced once, 1.5 s before it, with the expected size', () => {
    const encode = step('encode')
    setPlan([encode])
    const announced: { sizeBytes: number; at: number }[] = []
    tracker.callBeforeEnd({
      left: { seconds: 1.5, frames: 60 },
      call: (sizeBytes) => announced.push({ sizeBytes, at: now }),
    })
    tracker.enterStage('encode')
    tracker.beginStep(encode)
    run(10, 9.5)
    expect(announced).toEqual([{ sizeBytes: 1e8, at: 108.5 }])
  })

  it('and half of them are each announced once', () => {
    const encode = step('encode')
    setPlan([encode])
    const announced: string[] = []
    tracker.callBeforeEnd({ left: { seconds: 1.5 }, call: () => announced.push(`end ${now}`) })
    tracker.callBeforeEnd({ left: { share: 0.5 }, call: () => announced.push(`half ${now}`) })
    tracker.enterStage('encode')
    tracker.beginStep(encode)
    run(10, 9.5)
    expect(announced).toEqual(['half 105', 'end 108.5'])
  })

  it('is announced 60 frames before it, if those take longer', () => {
    const encode = step('encode')
    setPlan([encode])
    const announced: number[] = []
    tracker.callBeforeEnd({ left: { seconds: 1.5, frames: 60 }, call: () => announced.push(now) })
    tracker.enterStage('encode')
    tracker.beginStep(encode)
    // Half a second of the film in a second: the last 60 frames, of 25 a second, take 4.8 s.
    run(0.5, 199)
    expect(announced).toEqual([295.5])
  })

  it('is not announced between two passes', () => {
    const passes = [step('analyse'), step('encode')]
    setPlan(passes)
    const announced: number[] = []
    tracker.callBeforeEnd({ left: { seconds: 1.5, frames: 60 }, call: () => announced.push(now) })
    tracker.enterStage('analyse')
    tracker.beginStep(passes[0]!)
    run(10, 10)
    expect(announced).toEqual([])
    tracker.finishStep(passes[0]!)
    tracker.enterStage('encode')
    tracker.beginStep(passes[1]!)
    run(10, 9)
    expect(announced).toEqual([118.5])
  })
})
