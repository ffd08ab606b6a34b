/**
 * The stages of one attempt in their order: probe, encode, verify, upload. Owns the order, the
 * scratch folder, and what is known of the attempt meanwhile. How each stage is done lives in its
 * own file; what an attempt's end means to the gateway is work.ts's.
 */
import type { Stage } from '../src/contract/runnerProtocol.ts'
import type { Attempt, AttemptRecord, RunningAttempt } from './attempt/types.ts'
import { GatewayRejection, GatewayUnreachable, JobFailure } from './failures.ts'
import { INPUT_LIMITS } from './ffmpeg/process/limits.ts'
import { planRendition } from './ffmpeg/plan/planRendition.ts'
import { probe } from './ffmpeg/probe/probe.ts'
import type { PlanContext, InputFile } from './ffmpeg/renderPlan.ts'
import { createProgressTracker, type ProgressTracker } from './attempt/progressTracker.ts'
import { type Inputs, openInputs, type OpenInput } from './source/inputFiles.ts'
import { ffmpegTools } from './capabilities.ts'
import { executePlan } from './attempt/executePlan.ts'
import { publishPackage } from './publish/publishPackage.ts'
import { sendHeartbeats, type AttemptState } from './attempt/heartbeat.ts'
import { createScratchFolder, removeScratchFolder } from './attempt/scratchFolder.ts'
import { uploadOutput } from './gateway/uploadOutput.ts'

/**
 * @returns what a completed finish says besides the record
 * @throws JobFailure, LeaseLost, Released, or what nobody foresaw; by then ffmpeg is gone, the
 *   scratch folder is removed and no report is under way
 */
export async function runAttempt(attempt: Attempt) {
  const { assignment, client, settings, signal } = attempt
  const state: AttemptState = {
    stage: 'probe',
    progress: 0,
    etaSeconds: null,
    fps: null,
    speed: null,
    playable: false,
  }
  const tracker = createProgressTracker(state)
  const scratch = await createScratchFolder(settings.scratchDir)
  const done = new AbortController()
  let reporting: Promise<void> | undefined
  let inputs: Inputs | undefined
  try {
    inputs = await openInputs({
      assignment,
      client,
      signal,
      onFatal: (error) => attempt.end(sourceFailure(error)),
    })
    reporting = sendHeartbeats({
      client,
      assignment,
      state: () => {
        tracker.refresh()
        return state
      },
      signal: AbortSignal.any([signal, done.signal]),
      onLost: attempt.end,
    })
    return await runStages({ ...attempt, state, tracker, scratch, inputs })
  } finally {
    done.abort()
    await reporting
    await inputs?.close()
    await removeScratchFolder(scratch)
  }
}

async function runStages(attempt: RunningAttempt) {
  const { assignment, client, record, signal, state, tracker } = attempt
  if (assignment.source.sizeBytes === 0) {
    throw new JobFailure('input_invalid', 'The file is empty.')
  }
  const timeStage = stopwatch(tracker, record)

  const context = await timeStage('probe', () => lookInto(attempt))
  state.input = record.input = context.source.probe.facts
  const plan = planRendition(assignment.rendition, context)
  const { mode, reason, video, audio, notes } = plan
  state.plan = record.plan = { mode, reason, video, audio, notes }
  tracker.plan(plan, 'speed' in assignment.rendition ? assignment.rendition.speed : 1)

  if (plan.isPackage) {
    return publishPackage(attempt, plan, timeStage)
  }
  const output = await executePlan(attempt, plan, timeStage)
  tracker.made(output.sizeBytes)
  const grown = largerThan(assignment.source.sizeBytes, output.sizeBytes)
  if (grown !== null) {
    record.plan = { ...state.plan, notes: [...notes, grown] }
  }
  const stored = await timeStage('upload', () =>
    uploadOutput({
      client,
      lease: assignment,
      file: plan.output,
      signal,
      request: { ...state, sizeBytes: output.sizeBytes },
      onProgress: (share) => tracker.uploaded(share),
    }),
  )
  return { outcome: 'completed' as const, ...stored, output }
}

/** Worth knowing, since a smaller file is what most variants are for; null when it is smaller. */
function largerThan(sourceBytes: number, outputBytes: number): string | null {
  if (outputBytes <= sourceBytes) {
    return null
  }
  const [from, to] = [sourceBytes, outputBytes].map((bytes) => `${Math.ceil(bytes / 1000)} kB`)
  return `The variant is larger than its source: ${to} instead of ${from}.`
}

/** What a probe finds in each of the files; one that is no media fails on its own step's terms. */
async function lookInto({
  inputs,
  scratch,
  signal,
  settings,
}: RunningAttempt): Promise<PlanContext> {
  const tools = { ...ffmpegTools(settings), cwd: scratch, signal, bytesRead: inputs.bytesRead }
  const look = ({ source, sizeBytes }: OpenInput) =>
    probe({ ...tools, input: [...INPUT_LIMITS, source.url], sizeBytes })
  const { original } = inputs
  const references = new Map<string, InputFile>()
  for (const each of inputs.references) {
    const { path, source } = each
    references.set(path, {
      path,
      url: source.url,
      probe: isMedia(path) ? await named(path, look(each)) : null,
    })
  }
  const source = { path: original.path, url: original.source.url, probe: await look(original) }
  return { source, references, folder: scratch }
}

/** Of several files, a failure says which. */
async function named<T>(path: string, looking: Promise<T>): Promise<T> {
  return looking.catch((error: unknown) => {
    if (!(error instanceof JobFailure)) {
      throw error
    }
    throw new JobFailure(error.code, `${path}: ${error.message}`, { cause: error })
  })
}

/** Pictures and subtitles are opened by what their extension says, where they are used. */
function isMedia(path: string): boolean {
  return !/\.(jpe?g|png|webp|srt|vtt)$/i.test(path)
}

/** Names the stage while it runs, and adds what it took to the record, even when it fails. */
function stopwatch(tracker: ProgressTracker, { timings }: AttemptRecord) {
  return async <T>(stage: Stage, run: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    tracker.enter(stage)
    try {
      return await run()
    } finally {
      timings[stage] = (timings[stage] ?? 0) + Math.round(performance.now() - startedAt)
    }
  }
}

function sourceFailure(error: unknown): unknown {
  return error instanceof GatewayUnreachable || error instanceof GatewayRejection
    ? new JobFailure('storage', 'The original could not be read from storage.', { cause: error })
    : error
}
