/**
 * Claim loop: claims jobs, runs them, and decides when to wait and when to exit. Several small jobs
 * run at once, or one other job. While a small output is uploaded, a chunk is almost done, or the audio of a
 * split job is encoded, the next job is claimed. With several cores, two chunks of a job are made at once.
 */
import {
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  type Assignment,
  type ClaimRequest,
} from '../src/contract/runnerProtocol.ts'
import { readFreeDiskBytes, type RunnerCapabilities } from './capabilities.ts'
import { GatewayRejection, UnreadableAssignment } from './failures.ts'
import { reconnectDelayMs, sleep } from './gateway/backoff.ts'
import type { AttemptCalls, BesideEncode } from './attempt/types.ts'
import type { GatewayClient } from './gateway/gatewayClient.ts'
import { type Claimable, createHeldJobs, type HeldJobs } from './heldJobs.ts'
import { formatError, type Log } from './log.ts'
import type { Settings } from './settings.ts'

/** Maximum time for which a claim waits in the gateway for a job. */
const MAX_WAIT_SECONDS = 8
/**
 * A claim that returns without a job before this time counts as woken up: there may be a job now,
 * so the next claim follows immediately. After more than `MAX_WAKE_UPS` such claims in a row the
 * loop waits, to protect the gateway.
 */
const MIN_WAIT_MS = 1_000
const MAX_WAKE_UPS = 5

export type LoopEndReason = 'idle' | 'shutdown' | 'rejected'

interface LoopOptions {
  client: GatewayClient
  settings: Settings
  capabilities: RunnerCapabilities
  log: Log
  shutdown: AbortSignal
  /** Number of small jobs that run at once. */
  smallJobs: number
  /** Never throws. */
  runAssignment: (assignment: Assignment, job: AttemptCalls & BesideEncode) => Promise<void>
}

interface LoopState {
  jobs: HeldJobs
  protocol: number
  /** True once a claim has succeeded. */
  hasConnected: boolean
  /** Number of consecutive claims that failed. */
  failures: number
  /** True after a chunk: jobs with the priority of the next chunk then precede it. */
  prefersJobs: boolean
  /** Number of consecutive claims that ended before `MIN_WAIT_MS` without a job. */
  wakeUps: number
}

/**
 * Runs until no job was available for `idleSeconds`, `shutdown` aborts, or the gateway rejects a
 * claim, for example because of its token or its protocol version. While the gateway is
 * unreachable, claims are repeated with backoff; that time counts as idle. Returns when all jobs have
 * ended.
 */
export async function runClaimLoop(options: LoopOptions): Promise<LoopEndReason> {
  const jobs = createHeldJobs(options.smallJobs)
  const reason = await claimUntilEnd(options, jobs)
  await jobs.waitForAll()
  return reason
}

async function claimUntilEnd(options: LoopOptions, jobs: HeldJobs): Promise<LoopEndReason> {
  const { settings, log, shutdown } = options
  const idleMs = settings.idleSeconds * 1_000
  const state: LoopState = {
    jobs,
    protocol: PROTOCOL_VERSION,
    hasConnected: false,
    failures: 0,
    prefersJobs: false,
    wakeUps: 0,
  }
  let idleSince = performance.now()
  while (!shutdown.aborted) {
    const claimable = jobs.findClaimable()
    if (claimable === null) {
      await jobs.waitForChange()
      idleSince = performance.now()
      continue
    }
    const claimedAt = performance.now()
    const hasJobs = !jobs.isEmpty()
    const change = jobs.waitForChange()
    try {
      const idleMsLeft = idleMs - (claimedAt - idleSince)
      const assignment = await claim(options, state, { claimable, idleMsLeft })
      if (assignment !== null && !jobs.includes(assignment)) {
        state.prefersJobs = assignment.chunk !== undefined
        const isBesideEncode = typeof claimable === 'object'
        jobs.start(assignment, (calls) =>
          options.runAssignment(assignment, { ...calls, isBesideEncode }),
        )
        continue
      }
      if (hasJobs) {
        // A job that has ended during the claim is a change too.
        await change
        idleSince = performance.now()
        continue
      }
    } catch (error) {
      if (shutdown.aborted) {
        break
      }
      if (isProtocolRejected(error) && state.protocol > MIN_PROTOCOL_VERSION) {
        state.protocol -= 1
        log('info', 'protocol version lowered', { protocol: state.protocol })
        continue
      }
      if (error instanceof GatewayRejection) {
        log('error', 'rejected by the gateway', { status: error.status, error: error.message })
        return 'rejected'
      }
      state.failures += 1
      if (state.failures === 1) {
        const event =
          error instanceof UnreadableAssignment ? 'assignment unreadable' : 'gateway unreachable'
        log('warn', event, { error: formatError(error) })
      }
    }
    const idleMsLeft = idleMs - (performance.now() - idleSince)
    if (idleMsLeft <= 0) {
      return 'idle'
    }
    const delayMs = nextDelayMs(state, performance.now() - claimedAt)
    await sleep(Math.max(0, Math.min(delayMs, idleMsLeft)), shutdown).catch(() => {})
  }
  return 'shutdown'
}

/** @returns null when no job is available */
async function claim(
  { client, settings, capabilities, log, shutdown }: LoopOptions,
  state: LoopState,
  { claimable, idleMsLeft }: { claimable: Claimable; idleMsLeft: number },
): Promise<Assignment | null> {
  // Without disk space, a runner gets only jobs whose output is small.
  const diskBytes = claimable === 'small' ? 0 : await readFreeDiskBytes(settings)
  const { jobs } = state
  const request: ClaimRequest = {
    protocol: state.protocol,
    runner: {
      id: settings.runnerId,
      ...capabilities,
      ...(capabilities.probeVersion !== undefined && { chunkVersion: capabilities.probeVersion }),
      ...(diskBytes !== null && { diskBytes }),
    },
    queues: settings.queues,
    // The gateway may have assigned a job in a response that was lost.
    ...(state.failures > 0 && { again: true, heldJobs: jobs.listIds() }),
    ...(state.prefersJobs && { prefersJobs: true }),
    ...(typeof claimable === 'object' && claimable),
    // Claims do not wait before the first response, so that an unreachable gateway is noticed
    // sooner, and during an upload, whose end can make a job of its queue ready.
    waitSeconds:
      state.hasConnected && jobs.isEmpty()
        ? Math.max(0, Math.min(MAX_WAIT_SECONDS, idleMsLeft / 1_000))
        : 0,
  }
  const assignment = await client.claim(request, shutdown)
  if (state.failures > 0) {
    log('info', 'gateway reachable again', { failures: state.failures })
  }
  if (!state.hasConnected) {
    log('info', 'ready')
  }
  state.hasConnected = true
  state.failures = 0
  if (assignment !== null) {
    state.wakeUps = 0
  }
  return assignment
}

/** @param claimMs duration of the last claim */
function nextDelayMs(state: LoopState, claimMs: number): number {
  state.wakeUps = claimMs < MIN_WAIT_MS ? state.wakeUps + 1 : 0
  if (state.failures > 0) {
    return reconnectDelayMs(state.failures)
  }
  return state.wakeUps > MAX_WAKE_UPS ? MIN_WAIT_MS - claimMs : 0
}

/** An older gateway rejects an unknown version with a message that contains "protocol". */
function isProtocolRejected(error: unknown): boolean {
  return error instanceof GatewayRejection && error.status === 400 && /protocol/.test(error.message)
}
