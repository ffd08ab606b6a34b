/**
 * One assignment, from claim to finish. Owns what can end an attempt (the stages themselves, the
 * time limit, a lost lease, a shutdown) and what the gateway is told of it; does none of the work.
 */
import type { Assignment, Finish } from '../src/contract/runnerProtocol.ts'
import type { GatewayClient } from './gateway/client.ts'
import { JobFailure, LeaseLost, AttemptReleased } from './failures.ts'
import { formatError, type Log } from './log.ts'
import type { Settings } from './settings.ts'
import type { AttemptRecord } from './attempt/types.ts'
import { runAttempt } from './runAttempt.ts'

const FINISH_MS = 60_000
/** A runner that is told to stop has about three seconds, of which ffmpeg may take one. */
const LAST_WORDS_MS = 1_500
/** The longest that a timer can wait, about 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Does the work and tells the gateway how it ended. Never throws. */
export async function runAssignment(
  assignment: Assignment,
  deps: { client: GatewayClient; settings: Settings; log: Log; shutdown: AbortSignal },
): Promise<void> {
  const { client, settings, shutdown } = deps
  const { jobId, attempt, filePath, rendition, timeoutSeconds } = assignment
  const log: Log = (level, event, fields) => deps.log(level, event, { jobId, attempt, ...fields })
  const record: AttemptRecord = { stderrTail: '', command: '', timings: {} }
  const ending = new AbortController()
  const signal = AbortSignal.any([shutdown, ending.signal])
  const end = (reason: unknown) => ending.abort(reason)
  const overtime = new JobFailure('timeout', `The job took longer than ${timeoutSeconds} seconds.`)
  const timer = setTimeout(end, Math.min(timeoutSeconds * 1_000, LONGEST_TIMER_MS), overtime)
  log('info', 'job started', { filePath, rendition })

  let finish: Finish | null
  try {
    const result = await runAttempt({ assignment, client, settings, record, signal, end })
    finish = { fence: assignment.fence, ...record, ...result }
  } catch (error) {
    // Something that broke because the attempt was being ended says less than what ended it.
    const cause = isForeseen(error) || !signal.aborted ? error : signal.reason
    if (!isForeseen(cause)) {
      log('error', 'job broke', { error: formatError(cause) })
    }
    finish = finishFor(cause, assignment.fence, record)
  }
  clearTimeout(timer)

  if (finish === null) {
    return log('warn', 'lease lost, work dropped')
  }
  const how = {
    outcome: finish.outcome,
    ...(finish.outcome === 'failed' && { errorCode: finish.errorCode, message: finish.message }),
    timings: record.timings,
  }
  try {
    const limit = AbortSignal.timeout(shutdown.aborted ? LAST_WORDS_MS : FINISH_MS)
    const { status } = await client.finish(assignment, finish, limit)
    log('info', 'job finished', { ...how, status })
  } catch (error) {
    log('warn', 'finish not taken', { ...how, error: formatError(error) })
  }
}

/** What to tell the gateway; null for nothing. */
function finishFor(cause: unknown, fence: number, record: AttemptRecord): Finish | null {
  if (cause instanceof LeaseLost) {
    return null
  }
  if (cause instanceof AttemptReleased) {
    return { outcome: 'released', fence, reason: cause.message.slice(0, 500) }
  }
  const failure =
    cause instanceof JobFailure
      ? cause
      : new JobFailure('internal', 'The runner failed in a way that was not foreseen.')
  const message = failure.message.slice(0, 1_000)
  return { outcome: 'failed', fence, ...record, errorCode: failure.code, message }
}

function isForeseen(error: unknown): boolean {
  return [JobFailure, LeaseLost, AttemptReleased].some((kind) => error instanceof kind)
}
