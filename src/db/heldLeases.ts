/**
 * Statements on the leases that the hub of a queue holds in memory. In the database, such a lease has
 * the latest expiry that it can have.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { LATEST_EXPIRY, leaseExpiry } from './leases.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

function isHeldByHub(queue: string) {
  return and(eq(jobs.queue, queue), sql`status = 'running' AND lease_expires_at = ${LATEST_EXPIRY}`)
}

/** The running jobs of a queue whose leases the hub holds. */
export function listHeldLeases(db: Database, queue: string): Promise<JobRow[]> {
  return db.select().from(jobs).where(isHeldByHub(queue))
}

/**
 * Sets the expiry of leases that the hub held, so that the watchdog ends their attempts. A job that
 * was claimed again, or is not running, is unchanged.
 */
export async function endHeldLeases(
  db: Database,
  leases: { jobId: string; fence: number; expiresAt: number }[],
): Promise<void> {
  await db.run(sql`
    UPDATE jobs SET lease_expires_at = expired.value ->> 'expiresAt'
    FROM json_each(${JSON.stringify(leases)}) AS expired
    WHERE jobs.id = expired.value ->> 'jobId' AND jobs.fence = expired.value ->> 'fence'
      AND jobs.status = 'running'`)
}

/**
 * Begins the leases that the hub holds anew at `now`, in the database. For the watchdog while the
 * hub does not answer: reports are then recorded in the database.
 */
export async function releaseHeldLeases(db: Database, queue: string, now: number): Promise<void> {
  await db
    .update(jobs)
    .set({ leaseExpiresAt: leaseExpiry(now, sql`started_at`) })
    .where(isHeldByHub(queue))
}
