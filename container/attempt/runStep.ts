/** Runs one step of a plan. Records the command of an ffmpeg step and the end of its stderr. */
import { basename } from 'node:path'
import { assignThreads, resolveFfmpegTools } from '../capabilities.ts'
import { JobFailure } from '../failures.ts'
import { CANNOT_PROCESS } from '../ffmpeg/process/classifyFailure.ts'
import { runFfmpeg } from '../ffmpeg/process/ffmpeg.ts'
import { imageTooCostly } from '../ffmpeg/process/limitErrors.ts'
import { IMAGE, imageLimits, type ProcessLimits } from '../ffmpeg/process/limits.ts'
import { replaceUrls } from '../ffmpeg/process/sourceUrl.ts'
import { limitThreads } from '../ffmpeg/process/threads.ts'
import type { FfmpegStep, RenderPlan, Step } from '../ffmpeg/renderPlan.ts'
import { addNote, type RunningAttempt } from './types.ts'

const MAX_RECORD_CHARACTERS = 8_000

/**
 * @param stderrTails the end of stderr of each ffmpeg step so far; an ffmpeg step appends its own
 */
export async function runStep(
  attempt: RunningAttempt,
  plan: RenderPlan,
  step: Step,
  stderrTails: string[],
): Promise<void> {
  const { settings, scratch: cwd, signal, inputs, record } = attempt
  if ('task' in step) {
    return step.task({
      ...resolveFfmpegTools(settings),
      cwd,
      signal,
      bytesRead: inputs.bytesRead,
      readOriginal: inputs.original.source.read,
      addNote: (note) => addNote(record, note),
      stderrTails,
    })
  }
  const planned = await step.ffmpeg(stderrTails)
  if (planned === null) {
    stderrTails.push('')
    return
  }
  const threads = assignThreads(settings, attempt.isBesideEncode === true)
  const ffmpegArguments = limitThreads(planned, threads)
  try {
    await runFfmpegStep(attempt, plan.output, ffmpegArguments, { step, stderrTails })
  } catch (error) {
    const failure = step.inputName === undefined ? error : nameInput(step.inputName, error)
    const isInputInvalid = failure instanceof JobFailure && failure.code === 'input_invalid'
    if (!isInputInvalid || step.optional !== true) {
      throw failure
    }
  }
}

async function runFfmpegStep(
  attempt: RunningAttempt,
  output: string,
  ffmpegArguments: string[],
  { step, stderrTails }: { step: FfmpegStep; stderrTails: string[] },
): Promise<void> {
  const { assignment, client, settings, record, signal, scratch, inputs, tracker } = attempt
  const { ffmpeg, limits } = resolveFfmpegTools(settings)
  const command = ['ffmpeg', ...ffmpegArguments].map(quote).join(' ')
  record.command = redact(attempt, command).slice(0, MAX_RECORD_CHARACTERS)
  let stderrTail = ''
  try {
    await runFfmpeg({
      ffmpeg,
      limits: step.convertsImage === true ? imageLimits(limits) : limits,
      arguments: ffmpegArguments,
      cwd: scratch,
      signal,
      bytesRead: inputs.bytesRead,
      silentMs: client.silentMs,
      output,
      stallSeconds: assignment.stallSeconds,
      checksTimes: attempt.checksTimes,
      onProgress: (progress) => tracker.updateStep(progress),
      onStderr: (tail) => (stderrTail = tail),
    })
  } catch (error) {
    throw step.convertsImage === true && isOverImageLimits(error, limits) ? imageTooCostly() : error
  } finally {
    stderrTails.push(stderrTail)
    record.stderrTail = redact(attempt, stderrTail).slice(-MAX_RECORD_CHARACTERS)
  }
}

/**
 * Returns true when a conversion used up the memory or CPU time of an image. If the machine has
 * less memory than that, the image is not necessarily the cause.
 */
function isOverImageLimits(error: unknown, { memoryBytes }: ProcessLimits): boolean {
  return (
    error instanceof JobFailure &&
    (error.code === 'timeout' ||
      (error.code === 'out_of_memory' && memoryBytes >= IMAGE.memoryBytes))
  )
}

/**
 * Replaces the URLs of the inputs by their file names, and removes the path of the scratch folder.
 */
function redact({ inputs, scratch }: RunningAttempt, text: string): string {
  return [inputs.original, ...inputs.references]
    .reduce((rest, { source, path }) => replaceUrls(rest, source.url, basename(path)), text)
    .replaceAll(`${scratch}/`, '')
}

/**
 * Adds the name of the input, such as "watermark", to the message of a failure that the input may
 * have caused. The code of the failure becomes `input_invalid`, which is not retried.
 */
function nameInput(inputName: string, error: unknown): unknown {
  if (
    !(error instanceof JobFailure) ||
    !['input_invalid', 'unsupported', 'internal'].includes(error.code)
  ) {
    return error
  }
  const reason = error.message.replace(CANNOT_PROCESS, '')
  return new JobFailure('input_invalid', `The ${inputName} cannot be used: ${reason}`, {
    cause: error,
  })
}

/** Quotes an argument for a shell, so that users can copy the recorded command. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
