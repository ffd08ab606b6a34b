/** Counts and throughput, from what triggers keep: the cost does not grow with the jobs. */
import type { Stats } from '../contract/job.ts'
import { findQueue, listHours, listQueues } from '../db/queueRows.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import type { Platform } from './platform.ts'

const HOUR_MS = 3_600_000

type Outcome = { ok: true; stats: Stats } | Refusal<'queue_not_found'>

/** The figures of one queue, or of all. */
export async function readStats({ db }: Platform, name: string | undefined): Promise<Outcome> {
  const one = name === undefined ? undefined : await findQueue(db, name)
  if (name !== undefined && !one) return refuse('queue_not_found', `There is no queue "${name}".`)
  const queues = one ? [one] : await listQueues(db)
  const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const names = queues.map((queue) => queue.name)
  const hours = await listHours(db, names, thisHour - HOUR_MS)

  const sum = <Row>(rows: Row[], figure: (row: Row) => number) =>
    rows.reduce((total, row) => total + figure(row), 0)
  const throughput = (from: number) => {
    const rows = hours.filter((row) => row.hour === from)
    return {
      from: new Date(from).toISOString(),
      completed: sum(rows, (row) => row.completed),
      failed: sum(rows, (row) => row.failed),
      mediaSeconds: sum(rows, (row) => row.mediaMs) / 1000,
      processingSeconds: sum(rows, (row) => row.processingMs) / 1000,
    }
  }
  return {
    ok: true,
    stats: {
      pending: sum(queues, (queue) => queue.pending),
      running: sum(queues, (queue) => queue.running),
      completed: sum(queues, (queue) => queue.completed),
      error: sum(queues, (queue) => queue.error),
      cancelled: sum(queues, (queue) => queue.cancelled),
      total: sum(
        queues,
        (queue) => queue.pending + queue.running + queue.completed + queue.error + queue.cancelled,
      ),
      throughput: { thisHour: throughput(thisHour), lastHour: throughput(thisHour - HOUR_MS) },
    },
  }
}
