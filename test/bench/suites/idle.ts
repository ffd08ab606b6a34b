/** What 1,000 connected clients cost while nothing happens. */
import { setTimeout as delay } from 'node:timers/promises'
import { startClients } from '../clients.ts'
import type { BenchContext } from '../context.ts'
import type { Counts } from '../counts.ts'
import { startMeteredService } from '../meteredService.ts'
import type { Measurement } from '../report.ts'
import { API_KEY } from '../service.ts'

const CLIENTS = 1_000
/** Time in which the hubs hibernate after the last client has connected. */
const HIBERNATION_MS = 20_000

const NAMES: Record<keyof Counts, string> = {
  queries: 'D1 queries',
  queueOperations: 'queue operations',
  objectStarts: 'wake-ups of hubs and other objects',
  objectCalls: 'calls of hubs and other objects',
}

/** Other load makes no difference to the counts. */
export const runsBeside = true

export async function run({ folder, idleMinutes, log }: BenchContext): Promise<Measurement[]> {
  const service = await startMeteredService(folder)
  const clients = startClients(service.port, API_KEY)
  try {
    const start = await service.readCounts()
    await clients.open('/queue/events', CLIENTS)
    const opened = await service.readCounts()
    await delay(HIBERNATION_MS)
    log(`${CLIENTS} clients are connected`)
    const before = await service.readCounts()
    await delay(idleMinutes * 60_000)
    const after = await service.readCounts()
    await service.runCron()
    const withCron = await service.readCounts()
    const { received, ended } = await clients.awaitEvents(0, 0)
    if (ended > 0 || received.some((events) => events > 0)) {
      throw new Error(`${ended} streams ended, or events were received while nothing happened.`)
    }
    return [
      ...Object.entries(NAMES).map(([name, title]) => ({
        name: `${title} in ${idleMinutes} minutes with ${CLIENTS} clients, without the cron trigger`,
        unit: '',
        values: [after[name as keyof Counts] - before[name as keyof Counts]],
        goal: '0',
      })),
      {
        name: 'D1 queries of the cron trigger, once a minute, with as many clients',
        unit: '',
        values: [withCron.queries - after.queries],
      },
      {
        name: 'D1 queries to open a stream',
        unit: '',
        values: [(opened.queries - start.queries) / CLIENTS],
        goal: '1',
      },
    ]
  } finally {
    clients.stop()
    service.stop()
  }
}
