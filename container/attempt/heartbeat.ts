/**
 * Tells the gateway once a second how a job is doing, which is also what keeps its lease. Owns the
 * rhythm and the verdict that a lease is lost; the state that it reports belongs to work.ts.
 */
import { performance } from 'node:perf_hooks'
import type { Assignment, Report } from '../../src/contract/runnerProtocol.ts'
import { pause } from '../gateway/backoff.ts'
import type { GatewayClient } from '../gateway/client.ts'
import { LeaseLost } from '../failures.ts'

const REPORT_MS = 1_000
const REPORT_TIMEOUT_MS = 5_000

/** How an attempt stands at a moment. */
export type AttemptState = Omit<Report, 'fence'>

/**
 * Reports at once and then every second, one at a time, until `signal` aborts.
 *
 * @param onLost called once, when the gateway says that the lease has gone to another, or when
 *   nothing has been got through to it for as long as the lease lasts
 * @returns when `signal` has aborted or the lease is lost; never throws
 */
export async function sendHeartbeats(options: {
  client: GatewayClient
  assignment: Assignment
  state: () => AttemptState
  signal: AbortSignal
  onLost: (reason: LeaseLost) => void
}): Promise<void> {
  const { client, assignment, signal } = options
  const leaseMs = assignment.leaseSeconds * 1_000
  const timeoutMs = Math.min(REPORT_TIMEOUT_MS, leaseMs / 2)
  let heardAt = performance.now()
  let inputTold = false
  let planTold = false
  while (!signal.aborted) {
    const startedAt = performance.now()
    const { input, plan, ...rest } = options.state()
    const news = {
      ...(input !== undefined && !inputTold && { input }),
      ...(plan !== undefined && !planTold && { plan }),
    }
    try {
      await client.report(assignment, { ...rest, ...news }, { timeoutMs, signal })
      heardAt = performance.now()
      inputTold ||= input !== undefined
      planTold ||= plan !== undefined
    } catch (error) {
      if (signal.aborted) {
        return
      }
      if (error instanceof LeaseLost) {
        return options.onLost(error)
      }
      if (performance.now() - heardAt > leaseMs) {
        return options.onLost(new LeaseLost('no report got through', { cause: error }))
      }
    }
    const untilNext = REPORT_MS - (performance.now() - startedAt)
    await pause(Math.max(0, untilNext), signal).catch(() => {})
  }
}
