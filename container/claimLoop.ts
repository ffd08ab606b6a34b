/** Claims work, hands it on, claims again. Owns when to go on and when to stop, and no work. */
import { PROTOCOL_VERSION, type Assignment } from '../src/contract/runnerProtocol.ts'
import { reconnectDelayMs, pause } from './gateway/backoff.ts'
import type { GatewayClient } from './gateway/client.ts'
import { GatewayRejection } from './failures.ts'
import { formatError, type Log } from './log.ts'
import { readFreeDiskBytes, type RunnerCapabilities } from './capabilities.ts'
import type { Settings } from './settings.ts'

/** How long the gateway may hold an empty answer. */
const WAIT_SECONDS = 8
/**
 * An empty answer that comes sooner than this is a wake-up: there may be work, so it is asked for
 * at once. After a few in a row that gave nothing it is not, so that no gateway is ever hammered.
 */
const SHORTEST_WAIT_MS = 1_000
const WAKE_UPS_IN_A_ROW = 5

/** Why the loop ended. */
export type LoopEndReason = 'idle' | 'shutdown' | 'refused'

/**
 * Runs until nothing has been had for `idleSeconds`, `shutdown` aborts, or the gateway refuses this
 * runner (a wrong token, a protocol that it does not speak). A gateway that cannot be reached is
 * asked again, with backoff, for as long as there is patience for an idle one.
 *
 * @param work does one assignment and never throws
 */
export async function runClaimLoop(options: {
  client: GatewayClient
  settings: Settings
  capabilities: RunnerCapabilities
  log: Log
  shutdown: AbortSignal
  runAssignment: (assignment: Assignment) => Promise<void>
}): Promise<LoopEndReason> {
  const { client, settings, capabilities, log, shutdown } = options
  let protocol = PROTOCOL_VERSION
  let idleSince = performance.now()
  let failures = 0
  let again = false
  let wakeUps = 0
  let reached = false
  while (!shutdown.aborted) {
    const patience = settings.idleSeconds - (performance.now() - idleSince) / 1_000
    // The first answer tells at once whether the gateway is there.
    const waitSeconds = reached ? Math.max(0, Math.min(WAIT_SECONDS, patience)) : 0
    const askedAt = performance.now()
    try {
      const disk = await readFreeDiskBytes(settings)
      const request = {
        protocol,
        runner: {
          id: settings.runnerId,
          ...capabilities,
          ...(disk !== null && { diskBytes: disk }),
        },
        queues: settings.queues,
        ...(again && { again }),
      }
      const assignment = await client.claim({ ...request, waitSeconds }, shutdown)
      if (failures > 0) {
        log('info', 'gateway reached again', { failures })
      }
      if (!reached) {
        log('info', 'ready')
      }
      reached = true
      failures = 0
      again = false
      if (assignment !== null) {
        wakeUps = 0
        await options.runAssignment(assignment)
        idleSince = performance.now()
        continue
      }
    } catch (error) {
      if (shutdown.aborted) {
        break
      }
      if (isProtocolRejected(error) && protocol === PROTOCOL_VERSION) {
        protocol -= 1
        log('info', 'the gateway is older, going back a version', { protocol })
        continue
      }
      if (error instanceof GatewayRejection) {
        log('error', 'refused by the gateway', { status: error.status, error: error.message })
        return 'refused'
      }
      failures += 1
      // It may have been answered with a job.
      again = true
      if (failures === 1) {
        log('warn', 'gateway not reached', { error: formatError(error) })
      }
    }
    if ((performance.now() - idleSince) / 1_000 >= settings.idleSeconds) {
      return 'idle'
    }
    const spent = performance.now() - askedAt
    const left = settings.idleSeconds * 1_000 - (performance.now() - idleSince)
    wakeUps = spent < SHORTEST_WAIT_MS ? wakeUps + 1 : 0
    const emptyRest = wakeUps > WAKE_UPS_IN_A_ROW ? SHORTEST_WAIT_MS - spent : 0
    const rest = failures > 0 ? reconnectDelayMs(failures) : emptyRest
    await pause(Math.max(0, Math.min(rest, left)), shutdown).catch(() => {})
  }
  return 'shutdown'
}

/** A gateway refuses a version that it does not speak, and says which it does. */
function isProtocolRejected(error: unknown): boolean {
  return error instanceof GatewayRejection && error.status === 400 && /protocol/.test(error.message)
}
