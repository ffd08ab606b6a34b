/** Probes the inputs of an attempt, and plans its variant. */
import { DurationFailure, JobFailure, OutsideOfFile, WrongTimes } from '../failures.ts'
import { planRendition } from '../ffmpeg/plan/planRendition.ts'
import type { PlanContext, RenderPlan } from '../ffmpeg/renderPlan.ts'
import {
  areTimesExamined,
  examineInputs,
  haveOtherDurations,
  haveWrongTimes,
} from './examineInputs.ts'
import { probeInputs } from './probeInputs.ts'
import type { RunningAttempt } from './types.ts'

/** A plan, and the probed inputs from which it was made. */
export interface PlannedVariant {
  context: PlanContext
  plan: RenderPlan
}

/**
 * Examines the times of a file that is copied, because no filter can check those, and of a file that
 * is too short for the request by the duration that it declares.
 */
export async function probeAndPlan(attempt: RunningAttempt): Promise<PlannedVariant> {
  const context = await probeInputs(attempt)
  const planned = tryPlan(attempt, context)
  return planned === null || isCopied(planned.plan)
    ? planFrom(attempt, await examineInputs(attempt, context, false))
    : planned
}

/** Returns null if the request begins after the declared end of the file. */
function tryPlan(attempt: RunningAttempt, context: PlanContext): PlannedVariant | null {
  try {
    return planFrom(attempt, context)
  } catch (error) {
    if (error instanceof OutsideOfFile) {
      return null
    }
    throw error
  }
}

function isCopied({ mode, video }: RenderPlan): boolean {
  return mode === 'remux' || video?.action === 'copy'
}

function planFrom({ assignment, state, record }: RunningAttempt, context: PlanContext) {
  // Set before the file can be rejected.
  state.input = record.input = context.source.probe.facts
  return { context, plan: planRendition(assignment.rendition, context) }
}

/** Returns true for an error that wrong times of the source can cause, if they are not examined. */
export function mayComeFromTimes(error: unknown, { context }: PlannedVariant): boolean {
  const isSuspect = error instanceof DurationFailure && !areTimesExamined(context)
  return isSuspect || error instanceof WrongTimes
}

/**
 * Examines the times of the inputs, and plans anew.
 *
 * @param error see `mayComeFromTimes`
 * @throws error if the times are right
 */
export async function examineAndPlan(
  attempt: RunningAttempt,
  { context }: PlannedVariant,
  error: unknown,
): Promise<PlannedVariant> {
  const examined = await examineInputs(attempt, context, true)
  const isChanged = haveWrongTimes(examined) || haveOtherDurations(context, examined)
  if (!isChanged && !(error instanceof WrongTimes)) {
    throw error
  }
  return planFrom(attempt, examined)
}

/**
 * Names wrong times of an input as the reason for a wrong duration, once all inputs are examined: the
 * declared duration of another one can be the reason before. Such an attempt is not retried.
 */
export function explainDuration(error: unknown, context: PlanContext): unknown {
  return error instanceof DurationFailure && areTimesExamined(context) && haveWrongTimes(context)
    ? new JobFailure(
        'input_invalid',
        `The times in the file go back or jump, so that not all of it can be used. ${error.message}`,
        { cause: error },
      )
    : error
}
