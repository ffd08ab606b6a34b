/**
 * Goes through the steps of a plan, one after another, and looks at what came out. Owns how far the
 * whole has come and what is left, by the media that the steps have gone through so far.
 */
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { MediaFacts } from '../src/contract/media.ts'
import type { Stage } from '../src/contract/runner.ts'
import { JobFailure } from './failures.ts'
import type { Progress } from './ffmpeg/progress.ts'
import { runFfmpeg } from './ffmpeg/run.ts'
import type { RenderPlan, Step } from './ffmpeg/steps.ts'
import { verify } from './ffmpeg/verify.ts'
import type { Standing } from './reporting.ts'
import { toolsOf } from './machine.ts'
import type { Running } from './stages.ts'

/** Where each stage begins on the scale of 0 to 100, whose last steps are the gateway's. */
export const PROGRESS = { probe: 0, analyse: 1, encode: 1, verify: 92, upload: 93, end: 97 }
/** What a step counts for whose length nobody knows, in seconds. */
const UNKNOWN_SECONDS = 10

export type Timed = <T>(stage: Stage, run: () => Promise<T>) => Promise<T>

/**
 * @param look looks at what came out, in place of what the plan expects of its one output
 * @returns the facts of what was made, checked against what the plan expects
 */
export async function make(
  running: Running,
  plan: RenderPlan,
  timed: Timed,
  look?: () => Promise<MediaFacts>,
): Promise<MediaFacts> {
  const said: string[] = []
  const follow = followSteps(running.standing, plan.steps)
  const run = (step: Step) =>
    timed(step.stage, () => runStep(running, plan, { step, said, follow }))
  const check = (more: boolean) =>
    timed('verify', () => {
      if (look !== undefined) return look()
      const { settings, scratch: cwd, signal, record } = running
      const { output: file, expect } = plan
      if (expect === null) return noMedia(file)
      return verify({
        ...toolsOf(settings),
        ...{ cwd, signal, file, expect, more },
        stderr: record.stderrTail,
      })
    })

  for (const step of plan.steps) {
    await run(step)
    follow.done(step)
  }
  const { fallback } = plan
  return check(fallback !== null).catch(async (error: unknown) => {
    const gaveNothing = error instanceof JobFailure && error.code === 'output_invalid'
    if (fallback === null || !gaveNothing) throw error
    await run(fallback)
    return check(false)
  })
}

async function runStep(
  { assignment, settings, record, signal, scratch, inputs }: Running,
  plan: RenderPlan,
  { step, said, follow }: { step: Step; said: string[]; follow: Follow },
) {
  if ('task' in step) return step.task()
  const redact = (text: string) => {
    const inputNames = [inputs.original, ...inputs.references].reduce(
      (rest, { source, path }) => rest.replaceAll(source.url, basename(path)),
      text,
    )
    return inputNames.replaceAll(`${scratch}/`, '')
  }
  const list = await step.ffmpeg(said)
  record.command = redact(['ffmpeg', ...list].map(quote).join(' ')).slice(0, 8_000)
  let tail = ''
  try {
    await runFfmpeg({
      ...toolsOf(settings),
      ...{ arguments: list, cwd: scratch, signal, output: plan.output },
      bytesRead: inputs.bytesRead,
      stallSeconds: assignment.stallSeconds,
      onProgress: (progress) => follow.progress(step, progress),
      onStderr: (text) => (tail = text),
    }).catch((error: unknown) => {
      throw step.about === undefined ? error : aboutIt(step.about, error)
    })
  } finally {
    said.push(tail)
    record.stderrTail = redact(tail).slice(-8_000)
  }
}

/** Which of several files is at fault; what would help is a matter of that file too. */
function aboutIt(what: string, error: unknown): unknown {
  if (!(error instanceof JobFailure)) return error
  if (!['input_invalid', 'unsupported', 'internal'].includes(error.code)) return error
  const because = error.message.replace(/^The file cannot be processed: /, '')
  return new JobFailure('input_invalid', `The ${what} cannot be used: ${because}`, { cause: error })
}

/** What is no media, such as what a probe found, has a size and nothing else to be told of. */
async function noMedia(file: string): Promise<MediaFacts> {
  const { size: sizeBytes } = await stat(file)
  const none = { durationSeconds: null, videoCodec: null, audioCodec: null }
  return {
    ...none,
    format: extname(file).slice(1),
    sizeBytes,
    width: null,
    height: null,
    frameRate: null,
  }
}

export function advance(standing: Standing, progress: number) {
  standing.progress = Math.max(standing.progress, Math.min(PROGRESS.end, progress))
}

type Follow = ReturnType<typeof followSteps>

/** Turns ffmpeg's progress into the job's, and its speed so far into what is left. */
function followSteps(standing: Standing, steps: readonly Step[]) {
  const workOf = (step: Step) => step.cost * secondsOf(step)
  const whole = steps.reduce((sum, step) => sum + workOf(step), 0)
  const startedAt = performance.now()
  let before = 0
  const tell = (done: number) => {
    const share = whole === 0 ? 0 : Math.min(1, done / whole)
    advance(standing, PROGRESS.encode + share * (PROGRESS.verify - PROGRESS.encode))
    const elapsed = (performance.now() - startedAt) / 1_000
    standing.etaSeconds = share > 0 ? Math.ceil((elapsed * (1 - share)) / share) : null
  }
  return {
    progress(step: Step, { outSeconds }: Progress) {
      const length = 'seconds' in step ? step.seconds : null
      if (length) tell(before + workOf(step) * Math.min(1, outSeconds / length))
    },
    done(step: Step) {
      before += workOf(step)
    },
  }
}

function secondsOf(step: Step): number {
  return 'seconds' in step ? (step.seconds ?? UNKNOWN_SECONDS) : UNKNOWN_SECONDS
}

/** As one would type it, for people to read. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
