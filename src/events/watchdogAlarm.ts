/**
 * The alarm of a hub's watchdog, and the detection of time in which the watchdog could not run: the
 * Worker was stopped or overloaded, or the database did not answer. Reports of runners could not
 * arrive in that time either.
 */

import type { Database } from '../db/database.ts'
import { endHeldLeases, listHeldLeases } from '../db/heldLeases.ts'
import { toHeldLease } from '../services/jobs/recordReport.ts'
import { RECOVERY_MS } from '../services/maintenance/watchdog.ts'
import { MAX_LATENESS_MS } from '../services/maintenance/watchdogInterval.ts'
import type { HeldLeases } from './HeldLeases.ts'

/** Storage key of the time at which the first of the failed rounds was due. */
const FAILING_SINCE_KEY = 'watchdogFailingSince'

/** Sets the alarm, unless it is set to an earlier time. */
export async function armAlarm(storage: DurableObjectStorage, deadline: number): Promise<void> {
  const armed = await storage.getAlarm()
  if (armed === null || armed > deadline) {
    await storage.setAlarm(Math.max(deadline, Date.now()))
  }
}

/**
 * Runs a round of the watchdog.
 *
 * @param dueAt when the round was due (ms since the epoch); null if it runs without an alarm
 * @param run receives true if this round, or the first of the failed rounds before it, was due more
 *   than MAX_LATENESS_MS ago
 */
export async function runRound<T>(
  storage: DurableObjectStorage,
  dueAt: number | null,
  run: (wasUnreachable: boolean) => Promise<T>,
): Promise<T> {
  const now = Date.now()
  const failingSince = storage.kv.get<number>(FAILING_SINCE_KEY)
  // A round without an alarm may run before an alarm that is overdue.
  const due = Math.min(failingSince ?? now, dueAt ?? (await storage.getAlarm()) ?? now)
  try {
    const result = await run(now - due > MAX_LATENESS_MS)
    storage.kv.delete(FAILING_SINCE_KEY)
    return result
  } catch (error) {
    storage.kv.put(FAILING_SINCE_KEY, due)
    throw error
  }
}

/**
 * Records the expiry of the leases that the hub held and that have expired, for the round of the
 * watchdog that follows. Leases that the hub does not know, because it was restarted, begin now.
 * Returns when the first of the others expires (ms since the epoch); null if none is held.
 *
 * @param wasUnreachable as for `runWatchdog`
 */
export async function endExpiredLeases(
  db: Database,
  queue: string,
  leases: HeldLeases,
  wasUnreachable: boolean,
): Promise<number | null> {
  const readAt = Date.now()
  const rows = await listHeldLeases(db, queue)
  const now = Date.now()
  leases.synchronize(rows.map(toHeldLease), readAt, now)
  if (wasUnreachable) {
    leases.extendAll(now + RECOVERY_MS)
  }
  const expired = leases.takeExpired(now)
  if (expired.length > 0) {
    await endHeldLeases(db, expired)
  }
  return leases.findNextExpiry()
}
