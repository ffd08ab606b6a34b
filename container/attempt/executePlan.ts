/** Goes through the steps of a plan, one after another, and looks at what came out. */
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { MediaFacts } from '../../src/contract/mediaFacts.ts'
import { JobFailure } from '../failures.ts'
import { runFfmpeg } from '../ffmpeg/process/ffmpeg.ts'
import type { RenderPlan, Step } from '../ffmpeg/renderPlan.ts'
import { verifyOutput } from '../ffmpeg/verify/verifyOutput.ts'
import { ffmpegTools } from '../capabilities.ts'
import type { RunningAttempt, StageTimer } from './types.ts'

/**
 * @param look looks at what came out, in place of what the plan expects of its one output
 * @returns the facts of what was made, checked against what the plan expects
 */
export async function executePlan(
  attempt: RunningAttempt,
  plan: RenderPlan,
  timeStage: StageTimer,
  look?: () => Promise<MediaFacts>,
): Promise<MediaFacts> {
  const said: string[] = []
  const run = async (step: Step) => {
    attempt.tracker.begin(step)
    await timeStage(step.stage, () => runStep(attempt, plan, step, said))
    attempt.tracker.done(step)
  }
  const check = (more: boolean) =>
    timeStage('verify', () => {
      if (look !== undefined) {
        return look()
      }
      const { settings, scratch: cwd, signal, record } = attempt
      const { output: file, expect } = plan
      if (expect === null) {
        return noMedia(file)
      }
      return verifyOutput({
        ...ffmpegTools(settings),
        cwd,
        signal,
        file,
        expect,
        more,
        stderr: record.stderrTail,
      })
    })

  for (const step of plan.steps) {
    await run(step)
  }
  const { fallback } = plan
  return check(fallback !== null).catch(async (error: unknown) => {
    const gaveNothing = error instanceof JobFailure && error.code === 'output_invalid'
    if (fallback === null || !gaveNothing) {
      throw error
    }
    await run(fallback)
    return check(false)
  })
}

async function runStep(
  { assignment, settings, record, signal, scratch, inputs, tracker }: RunningAttempt,
  plan: RenderPlan,
  step: Step,
  said: string[],
) {
  const tools = { ...ffmpegTools(settings), cwd: scratch, signal, bytesRead: inputs.bytesRead }
  if ('task' in step) {
    return step.task(tools)
  }
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
      ...tools,
      arguments: list,
      output: plan.output,
      stallSeconds: assignment.stallSeconds,
      onProgress: (progress) => tracker.progress(progress),
      onStderr: (text) => (tail = text),
    }).catch((error: unknown) => {
      throw step.inputName === undefined ? error : aboutIt(step.inputName, error)
    })
  } catch (error) {
    const byTheFile = error instanceof JobFailure && error.code === 'input_invalid'
    if (!byTheFile || step.optional !== true) {
      throw error
    }
  } finally {
    said.push(tail)
    record.stderrTail = redact(tail).slice(-8_000)
  }
}

/** Which of several files is at fault; what would help is a matter of that file too. */
function aboutIt(what: string, error: unknown): unknown {
  if (!(error instanceof JobFailure)) {
    return error
  }
  if (!['input_invalid', 'unsupported', 'internal'].includes(error.code)) {
    return error
  }
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

/** As one would type it, for people to read. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
