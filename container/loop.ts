/** Claims work, hands it on, claims again. Owns when to go on and when to stop, and no work. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { PROTOCOL_VERSION, type Assignment } from '../src/contract/runner.ts'
import { backoffMs, pause } from './backoff.ts'
import type { Client } from './client.ts'
import { GatewayRefusal } from './failures.ts'
import { describe, type Log } from './log.ts'
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
export type LoopEnd = 'idle' | 'shutdown' | 'refused'

/**
 * Runs until nothing has been had for `idleSeconds`, `shutdown` aborts, or the gateway refuses this
 * runner (a wrong token, a protocol that it does not speak). A gateway that cannot be reached is
 * asked again, with backoff, for as long as there is patience for an idle one.
 *
 * @param work does one assignment and never throws
 */
export async function runLoop(options: {
  client: Client
  settings: Settings
  log: Log
  shutdown: AbortSignal
  work: (assignment: Assignment) => Promise<void>
}): Promise<LoopEnd> {
  const { client, settings, log, shutdown } = options
  let idleSince = performance.now()
  let failures = 0
  let wakeUps = 0
  let reached = false
  while (!shutdown.aborted) {
    const patience = settings.idleSeconds - (performance.now() - idleSince) / 1_000
    // The first answer tells at once whether the gateway is there.
    const waitSeconds = reached ? Math.max(0, Math.min(WAIT_SECONDS, patience)) : 0
    const askedAt = performance.now()
    try {
      const request = await describeRunner(settings)
      const assignment = await client.claim({ ...request, waitSeconds }, shutdown)
      if (failures > 0) log('info', 'gateway reached again', { failures })
      if (!reached) log('info', 'ready')
      reached = true
      failures = 0
      if (assignment !== null) {
        wakeUps = 0
        await options.work(assignment)
        idleSince = performance.now()
        continue
      }
    } catch (error) {
      if (shutdown.aborted) break
      if (error instanceof GatewayRefusal) {
        log('error', 'refused by the gateway', { status: error.status, error: error.message })
        return 'refused'
      }
      failures += 1
      if (failures === 1) log('warn', 'gateway not reached', { error: describe(error) })
    }
    if ((performance.now() - idleSince) / 1_000 >= settings.idleSeconds) return 'idle'
    const spent = performance.now() - askedAt
    const left = settings.idleSeconds * 1_000 - (performance.now() - idleSince)
    wakeUps = spent < SHORTEST_WAIT_MS ? wakeUps + 1 : 0
    const emptyRest = wakeUps > WAKE_UPS_IN_A_ROW ? SHORTEST_WAIT_MS - spent : 0
    const rest = failures > 0 ? backoffMs(failures) : emptyRest
    await pause(Math.max(0, Math.min(rest, left)), shutdown).catch(() => {})
  }
  return 'shutdown'
}

async function describeRunner(settings: Settings) {
  const disk = await statfs(settings.scratchDir).catch(() => null)
  return {
    protocol: PROTOCOL_VERSION,
    runner: {
      id: settings.runnerId,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      ...(disk !== null && { diskBytes: disk.bavail * disk.bsize }),
    },
    queues: settings.queues,
  }
}
