/**
 * Executes a plan: runs its steps in order and verifies the output. If the output is invalid and
 * the plan has a fallback, runs the fallback and verifies again.
 */
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import { resolveFfmpegTools } from '../capabilities.ts'
import { JobFailure } from '../failures.ts'
import { endsEarly } from '../ffmpeg/process/classifyFailure.ts'
import type { RenderPlan, Step } from '../ffmpeg/renderPlan.ts'
import { verifyOutput } from '../ffmpeg/verify/verifyOutput.ts'
import { runTogether } from '../runTogether.ts'
import { runStep } from './runStep.ts'
import { addNote, type RunningAttempt, type StageTimer } from './types.ts'

/**
 * @param verifyPackage verifies a package, instead of checking one file against `plan.expect`
 * @returns the facts of the output
 */
export async function executePlan(
  attempt: RunningAttempt,
  plan: RenderPlan,
  timeStage: StageTimer,
  verifyPackage?: () => Promise<MediaFacts>,
): Promise<MediaFacts> {
  async function verify(hasFallback: boolean): Promise<MediaFacts> {
    return timeStage(
      'verify',
      verifyPackage ?? (() => verifySingleFile(attempt, plan, hasFallback)),
    )
  }

  const run = await runSteps(attempt, plan, timeStage)
  const { fallback } = plan
  try {
    return await verify(fallback !== null)
  } catch (error) {
    const isOutputInvalid = error instanceof JobFailure && error.code === 'output_invalid'
    if (fallback === null || !isOutputInvalid) {
      throw error
    }
    await run(fallback)
    if (endsEarly(attempt.record.stderrTail)) {
      throw new JobFailure(
        'input_invalid',
        'The file ends early: nothing of the requested part can be read.',
      )
    }
    return verify(false)
  }
}

/** Runs the steps of a plan in order. Returns a function that runs one more step. */
export async function runSteps(
  attempt: RunningAttempt,
  plan: RenderPlan,
  timeStage: StageTimer,
): Promise<(step: Step) => Promise<void>> {
  const stderrTails: string[] = []

  async function run(step: Step) {
    attempt.tracker.beginStep(step)
    await timeStage(step.stage, () => runStep(attempt, plan, step, stderrTails))
    attempt.tracker.finishStep(step)
  }

  for (const step of plan.steps) {
    await run(step)
  }
  return run
}

/**
 * Verifies the file of a plan against its expectation.
 *
 * @returns the facts of the file
 * @throws JobFailure `output_invalid`, or `input_invalid` when the source is the cause
 */
export async function verifySingleFile(
  { settings, scratch: cwd, signal, record }: RunningAttempt,
  { output: file, expect, verify }: RenderPlan,
  hasFallback: boolean,
): Promise<MediaFacts> {
  if (expect === null) {
    return readFileFacts(file)
  }
  const stderr = record.stderrTail
  const tools = { ...resolveFfmpegTools(settings), cwd }
  const [{ facts, notes }] = await runTogether(signal, [
    (either) => verifyOutput({ ...tools, signal: either, file, expect, hasFallback, stderr }),
    async (either) => verify?.({ ...tools, signal: either }),
  ])
  for (const note of notes) {
    addNote(record, note)
  }
  return facts
}

/** Returns the facts of an output of which only the size is known, such as a probe document. */
export async function readFileFacts(file: string): Promise<MediaFacts> {
  const { size: sizeBytes } = await stat(file)
  return {
    format: extname(file).slice(1),
    durationSeconds: null,
    sizeBytes,
    videoCodec: null,
    audioCodec: null,
    width: null,
    height: null,
    frameRate: null,
  }
}
