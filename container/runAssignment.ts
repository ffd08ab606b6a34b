/**
 * Runs one assignment: starts the attempt, ends it when its time is over or the runner shuts down,
 * and reports to the gateway how it ended, unless the lease is lost.
 */
import type { Assignment, Finish, Timings } from '../src/contract/runnerProtocol.ts'
import { readTraceparent } from '../src/contract/traceContext.ts'
import type { KnownProbes } from './attempt/knownProbes.ts'
import type { RecentChunks } from './attempt/recentChunks.ts'
import type { Attempt, AttemptCalls, AttemptRecord, BesideEncode } from './attempt/types.ts'
import { AttemptReleased, CannotJoin, ChunksLost, JobFailure, LeaseLost } from './failures.ts'
import { createProbeMemo } from './ffmpeg/probe/probeMemo.ts'
import type { GatewayClient } from './gateway/gatewayClient.ts'
import { MAX_OUTAGE_MS } from './gateway/request.ts'
import { formatError, type Log } from './log.ts'
import { runAttempt } from './runAttempt.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import type { RecentBlocks } from './source/recentBlocks.ts'
import type { SharedBlocks } from './source/sharedBlocks.ts'

/** Longer than MAX_OUTAGE_MS, so that a finish can still be sent after such an outage. */
const FINISH_TIMEOUT_MS = MAX_OUTAGE_MS + 60_000
/** The process exits three seconds after the signal, and ffmpeg may take one of them to end. */
const SHUTDOWN_FINISH_TIMEOUT_MS = 1_500
/** The longest delay of `setTimeout`, about 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1
/** Maximum lengths that the gateway accepts for texts in a finish request. */
const MAX_REASON_CHARACTERS = 500
const MAX_MESSAGE_CHARACTERS = 1_000

interface RunnerContext extends Partial<AttemptCalls & BesideEncode> {
  client: GatewayClient
  settings: Settings
  log: Log
  shutdown: Shutdown
  /** Absent if no results of probes are kept for other jobs. */
  probes?: KnownProbes
  /** Absent if no blocks of originals are kept. */
  recentBlocks?: RecentBlocks
  /** Absent if no blocks of originals are shared with other attempts. */
  sharedBlocks?: SharedBlocks
  /** Absent if no files of chunks are kept. */
  recentChunks?: RecentChunks
}

/** Never throws: outcomes are reported to the gateway, and errors are logged. */
export async function runAssignment(assignment: Assignment, runner: RunnerContext): Promise<void> {
  const { jobId, attempt, filePath, rendition, fence } = assignment
  const { requestId, traceparent, chunk } = assignment
  const common = {
    jobId,
    attempt,
    ...(chunk && { chunk: chunk.index, kind: chunk.kind }),
    ...(requestId && { requestId }),
    ...readTraceparent(traceparent),
  }
  const log: Log = (level, event, fields) => runner.log(level, event, { ...common, ...fields })
  log('info', 'job started', { filePath, rendition })
  const record: AttemptRecord = { stderrTail: '', command: '', timings: {} }
  const probeMemos = runner.probes?.open(assignment) ?? {
    original: createProbeMemo(),
    references: new Map(),
  }
  // Before the next claim, which can be for the same files.
  const keepProbes = () => runner.probes?.keep(assignment, probeMemos)
  let finish: Finish | null
  try {
    const result = await runUntilEnded(assignment, {
      ...runner,
      record,
      probeMemos,
      readProbe: () => runner.probes?.read(probeMemos.original) ?? null,
      chunkVersion: runner.probes?.version ?? null,
      onHalfDone: (sizeBytes) => runner.onHalfDone?.(sizeBytes),
      onAlmostDone: (sizeBytes) => {
        keepProbes()
        runner.onAlmostDone?.(sizeBytes)
      },
    })
    keepProbes()
    const probe = runner.probes?.findNew(assignment, probeMemos.original)
    finish = { fence, ...record, ...result, ...(probe && { probe }) }
  } catch (error) {
    if (!isExpected(error)) {
      log('error', 'job failed unexpectedly', { error: formatError(error) })
    }
    finish = buildFinish(error, fence, record)
  }
  if (finish === null) {
    log('warn', 'lease lost')
  } else {
    await sendFinish(assignment, finish, record.timings, { ...runner, log })
  }
}

async function runUntilEnded(
  assignment: Assignment,
  { shutdown, ...parts }: Omit<Attempt, 'assignment' | 'signal' | 'end'> & RunnerContext,
) {
  const { timeoutSeconds } = assignment
  const ending = new AbortController()
  const signal = AbortSignal.any([shutdown.release, ending.signal])
  const end = (reason: unknown) => ending.abort(reason)
  const timeout = new JobFailure(
    'timeout',
    `The attempt took longer than ${timeoutSeconds} seconds.`,
  )
  const timer = setTimeout(end, Math.min(timeoutSeconds * 1_000, MAX_TIMER_MS), timeout)
  try {
    return await runAttempt({ ...parts, assignment, signal, end, shutdown })
  } catch (error) {
    // An unexpected error after an abort usually comes from the abort, so its reason is thrown.
    throw isExpected(error) || !signal.aborted ? error : signal.reason
  } finally {
    clearTimeout(timer)
  }
}

async function sendFinish(
  assignment: Assignment,
  finish: Finish,
  timings: Timings,
  { client, log, shutdown }: RunnerContext,
): Promise<void> {
  const { outcome } = finish
  const fields = {
    outcome,
    ...(outcome === 'failed' && { errorCode: finish.errorCode, message: finish.message }),
    timings,
  }
  const timeoutMs = shutdown.release.aborted ? SHUTDOWN_FINISH_TIMEOUT_MS : FINISH_TIMEOUT_MS
  try {
    const { status } = await client.finish(assignment, finish, AbortSignal.timeout(timeoutMs))
    log('info', 'job finished', { ...fields, status })
  } catch (error) {
    log('warn', 'finish not delivered', { ...fields, error: formatError(error) })
  }
}

/** @returns null when the lease is lost: the gateway would reject the finish */
function buildFinish(error: unknown, fence: number, record: AttemptRecord): Finish | null {
  if (error instanceof LeaseLost) {
    return null
  }
  if (error instanceof AttemptReleased) {
    return {
      outcome: 'released',
      fence,
      reason: error.message.slice(0, MAX_REASON_CHARACTERS),
    }
  }
  const failure =
    error instanceof JobFailure
      ? error
      : new JobFailure('internal', 'The runner failed unexpectedly. Its log has the details.')
  const message = failure.message.slice(0, MAX_MESSAGE_CHARACTERS)
  return {
    outcome: 'failed',
    fence,
    ...record,
    errorCode: failure.code,
    message,
    ...(failure instanceof CannotJoin && { cannotJoin: true }),
    ...(failure instanceof ChunksLost && { lostChunks: [...failure.indexes] }),
  }
}

function isExpected(error: unknown): boolean {
  return [JobFailure, LeaseLost, AttemptReleased].some((kind) => error instanceof kind)
}
