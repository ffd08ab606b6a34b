/** Examines the times of the input files of an attempt. */
import { hasWrongTimes } from '../ffmpeg/edit/steps/trim.ts'
import { examineTimes } from '../ffmpeg/probe/correctTimes.ts'
import type { Probe } from '../ffmpeg/probe/probe.ts'
import { INPUT_LIMITS } from '../ffmpeg/process/limits.ts'
import type { PlanContext } from '../ffmpeg/renderPlan.ts'
import type { OpenInput } from '../source/inputFiles.ts'
import { findStart, probeEnvironment } from './probeInputs.ts'
import type { RunningAttempt } from './types.ts'

/**
 * Examines the times of the inputs, if that has not been done, and repairs wrong ones.
 *
 * @param ofAnySize see `examineTimes`
 */
export async function examineInputs(
  attempt: RunningAttempt,
  context: PlanContext,
  ofAnySize: boolean,
): Promise<PlanContext> {
  const { original, references } = attempt.inputs
  const examine = (found: Probe, input: OpenInput) =>
    examineTimes(found, {
      ...probeEnvironment(attempt, input),
      input: [...INPUT_LIMITS, input.source.url],
      sizeBytes: input.sizeBytes,
      ofAnySize,
    })
  const { source } = context
  const probed = await examine(source.probe, original)
  const start =
    probed.seeksExactly === source.probe.seeksExactly
      ? {}
      : await findStart(attempt, source.url, probed)
  const files = new Map(context.references)
  for (const input of references) {
    const file = files.get(input.path)
    if (file?.probe != null) {
      files.set(input.path, { ...file, probe: await examine(file.probe, input) })
    }
  }
  return { ...context, source: { ...source, probe: probed, ...start }, references: files }
}

/** Returns true when the times of all inputs are examined. */
export function areTimesExamined({ source, references }: PlanContext): boolean {
  const probes = [source, ...references.values()].map((file) => file.probe)
  return probes.every((found) => found === null || found.isStill || found.hasExaminedTimes)
}

/** Returns true when times of an input are wrong, and can be repaired. */
export function haveWrongTimes({ source, references }: PlanContext): boolean {
  return [source, ...references.values()].some((file) => hasWrongTimes(file))
}

/** Returns true when an examination has replaced the duration of an input. */
export function haveOtherDurations(before: PlanContext, after: PlanContext): boolean {
  const list = ({ source, references }: PlanContext) =>
    [source, ...references.values()].map((file) => file.probe?.contentSeconds ?? null)
  const examined = list(after)
  return list(before).some((seconds, index) => seconds !== examined[index])
}
