/**
 * Heartbeat of an attempt: reports the state of the attempt to the gateway every second, which
 * extends the lease, and detects that the lease is lost. Other modules update the state.
 */
import { performance } from 'node:perf_hooks'
import type { Assignment, Report } from '../../src/contract/runnerProtocol.ts'
import { LeaseLost } from '../failures.ts'
import { sleep } from '../gateway/backoff.ts'
import { MAX_OUTAGE_MS } from '../gateway/request.ts'
import type { GatewayClient } from '../gateway/gatewayClient.ts'

const INTERVAL_MS = 1_000
/** A small job ends before, and needs no report besides the request for its upload. */
const FIRST_REPORT_MS = 250
const REPORT_TIMEOUT_MS = 5_000

/** State of an attempt in the form of a report. */
export type AttemptState = Omit<Report, 'fence'>

/** Returns the state of an attempt that begins. */
export function createAttemptState(): AttemptState {
  return {
    stage: 'probe',
    progress: 0,
    etaSeconds: null,
    fps: null,
    speed: null,
    playable: false,
  }
}

/**
 * Reports soon and then once a second. The next report waits until the last one has ended.
 *
 * @param options.onLost called at most once: when the gateway says that the lease is lost, or when
 *   no report has succeeded for longer than the duration of the lease. Up to MAX_OUTAGE_MS, time
 *   without any response of the gateway does not count. When the gateway responds again, it says
 *   whether the lease is lost.
 * @returns a promise that resolves when `signal` has aborted or the lease is lost
 */
export async function sendHeartbeats(options: {
  client: GatewayClient
  assignment: Assignment
  readState: () => AttemptState
  signal: AbortSignal
  onLost: (reason: LeaseLost) => void
}): Promise<void> {
  const { client, assignment, signal } = options
  const leaseMs = assignment.leaseSeconds * 1_000
  const timeoutMs = Math.min(REPORT_TIMEOUT_MS, leaseMs / 2)
  let lastSuccessAt = performance.now()
  let leaseEndsAt = lastSuccessAt + leaseMs
  let lastFailureAt = lastSuccessAt
  let hasSentInput = false
  let hasSentPlan = false
  await sleep(FIRST_REPORT_MS, signal).catch(() => {})
  while (!signal.aborted) {
    const startedAt = performance.now()
    const { input, plan, ...rest } = options.readState()
    // In the state, input and plan do not change once they are set. Each is left out once a report
    // with it has succeeded.
    const report = {
      ...rest,
      ...(input !== undefined && !hasSentInput && { input }),
      ...(plan !== undefined && !hasSentPlan && { plan }),
    }
    try {
      await client.report(assignment, report, { timeoutMs, signal })
      lastSuccessAt = lastFailureAt = performance.now()
      leaseEndsAt = lastSuccessAt + leaseMs
      hasSentInput ||= input !== undefined
      hasSentPlan ||= plan !== undefined
    } catch (error) {
      if (signal.aborted) {
        return
      }
      if (error instanceof LeaseLost) {
        return options.onLost(error)
      }
      const now = performance.now()
      const wasSilent = client.silentMs() >= now - startedAt
      leaseEndsAt += wasSilent ? now - lastFailureAt : 0
      lastFailureAt = now
      if (now > Math.min(leaseEndsAt, lastSuccessAt + Math.max(leaseMs, MAX_OUTAGE_MS))) {
        return options.onLost(new LeaseLost('no report succeeded', { cause: error }))
      }
    }
    const elapsedMs = performance.now() - startedAt
    await sleep(Math.max(0, INTERVAL_MS - elapsedMs), signal).catch(() => {})
  }
}
