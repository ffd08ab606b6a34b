/**
 * Runs an attempt: creates the scratch folder, opens the inputs, probes them, plans, executes the
 * plan and uploads the output. At the end, even after an error, closes the inputs and removes the
 * scratch folder.
 */
import type { ChunkAssignment, Stage } from '../src/contract/runnerProtocol.ts'
import { createAttemptState, sendHeartbeats } from './attempt/heartbeat.ts'
import { areTimesExamined } from './attempt/examineInputs.ts'
import { planAssignedChunk, toChunkFailure } from './attempt/makeChunk.ts'
import { makeChunkFile, makeJoin, makeSingleFile } from './attempt/makeFile.ts'
import { overlapNextChunk } from './attempt/overlapNextChunk.ts'
import {
  examineAndPlan,
  explainDuration,
  mayComeFromTimes,
  probeAndPlan,
  type PlannedVariant,
} from './attempt/planAttempt.ts'
import { createProgressTracker, type ProgressTracker } from './attempt/progressTracker.ts'
import { splitVariant } from './attempt/splitVariant.ts'
import {
  createScratchFolder,
  emptyScratchFolder,
  removeScratchFolder,
} from './attempt/scratchFolder.ts'
import type { Attempt, AttemptRecord, RunningAttempt, StageTimer } from './attempt/types.ts'
import { AttemptReleased, JobFailure, toStorageFailure } from './failures.ts'
import type { RenderPlan } from './ffmpeg/renderPlan.ts'
import { publishChunk } from './publish/publishChunk.ts'
import { publishPackage } from './publish/publishPackage.ts'
import { openInputs, type Inputs } from './source/inputFiles.ts'

const SOURCE_NOT_READ = 'The original or a reference file could not be read from storage.'

/**
 * @returns the fields of a finish request, except the fence and those of the attempt record
 * @throws JobFailure, LeaseLost, AttemptReleased, or an unexpected error, always after ffmpeg and
 *   the heartbeat have ended
 */
export async function runAttempt(attempt: Attempt) {
  const { assignment, client, settings, signal, recentBlocks, sharedBlocks } = attempt
  const state = createAttemptState()
  const tracker = createProgressTracker(state)
  const scratch = await createScratchFolder(settings.scratchDir)
  const stagesEnded = new AbortController()
  let heartbeat: Promise<void> | undefined
  let inputs: Inputs | undefined
  try {
    inputs = await openInputs({
      assignment,
      client,
      signal,
      onFatal: (error) => attempt.end(toStorageFailure(error, SOURCE_NOT_READ)),
      ...(recentBlocks && { recentBlocks }),
      ...(sharedBlocks && { sharedBlocks }),
    })
    heartbeat = sendHeartbeats({
      client,
      assignment,
      readState: () => {
        tracker.refresh()
        if (attempt.shutdown?.isTooShortFor(state.etaSeconds)) {
          attempt.end(new AttemptReleased('the runner is shutting down'))
        }
        return state
      },
      signal: AbortSignal.any([signal, stagesEnded.signal]),
      onLost: attempt.end,
    })
    return await runStages({ ...attempt, state, tracker, scratch, inputs, checksTimes: true })
  } finally {
    stagesEnded.abort()
    await heartbeat
    await inputs?.close()
    await removeScratchFolder(scratch)
  }
}

async function runStages(attempt: RunningAttempt) {
  const { assignment, record, tracker } = attempt
  const { source } = assignment
  if (source.sizeBytes === 0) {
    throw new JobFailure('input_invalid', 'The file is empty.')
  }
  const timeStage = createStageTimer(tracker, record)

  const planned = await timeStage('probe', () => probeAndPlan(attempt))
  const { chunk } = assignment
  if (chunk !== undefined) {
    return makeChunk(attempt, chunk, planned, timeStage)
  }
  const split = await splitVariant(attempt, planned)
  if (split !== null) {
    showPlan(attempt, planned.plan)
    return split
  }
  try {
    return await makeVariant(attempt, planned, timeStage)
  } catch (error) {
    if (!mayComeFromTimes(error, planned)) {
      throw error
    }
    const examined = await timeStage('probe', () => examineAndPlan(attempt, planned, error))
    await emptyScratchFolder(attempt.scratch)
    return makeVariant(attempt, examined, timeStage)
  }
}

/** Makes one chunk of a split job, and stores it. */
async function makeChunk(
  attempt: RunningAttempt,
  chunk: ChunkAssignment,
  planned: PlannedVariant,
  timeStage: StageTimer,
) {
  try {
    const plan = await timeStage('analyse', () => planAssignedChunk(attempt, chunk, planned))
    showPlan(attempt, plan)
    if (chunk.kind === 'video') {
      overlapNextChunk(attempt, planned)
    }
    const checked = { ...attempt, checksTimes: !areTimesExamined(planned.context) }
    const { stream } = planned.plan
    if (plan.stream !== undefined && stream !== undefined) {
      const streamPlan = { ...plan, stream: plan.stream }
      return await publishChunk(checked, streamPlan, { chunk, whole: stream }, timeStage)
    }
    return chunk.kind === 'join'
      ? await makeJoin(checked, plan, chunk, timeStage)
      : await makeChunkFile(checked, plan, chunk, timeStage)
  } catch (error) {
    throw toChunkFailure(error, planned, chunk)
  }
}

/** Adds the plan to the record of the attempt and to its reports. */
function showPlan({ assignment, record, state, tracker }: RunningAttempt, plan: RenderPlan): void {
  const { rendition } = assignment
  const { mode, reason, video, audio, notes } = plan
  state.plan = record.plan = { mode, reason, video, audio, notes }
  tracker.setPlan(plan, 'speed' in rendition ? rendition.speed : 1)
}

/** Makes the variant as planned, and stores it. */
async function makeVariant(
  attempt: RunningAttempt,
  { context, plan }: PlannedVariant,
  timeStage: StageTimer,
) {
  showPlan(attempt, plan)
  const checked = { ...attempt, checksTimes: !areTimesExamined(context) }
  try {
    return plan.isPackage
      ? await publishPackage(checked, plan, timeStage)
      : await makeSingleFile(checked, plan, timeStage)
  } catch (error) {
    throw explainDuration(error, context)
  }
}

/** Enters each stage, and adds its duration to the record, even if it fails. */
function createStageTimer(tracker: ProgressTracker, { timings }: AttemptRecord): StageTimer {
  return async <T>(stage: Stage, run: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    tracker.enterStage(stage)
    try {
      return await run()
    } finally {
      timings[stage] = (timings[stage] ?? 0) + Math.round(performance.now() - startedAt)
    }
  }
}
