/**
 * What a bare Worker needs for events to 1,000 clients in other structures than that of the service. It
 * explains the figures of `fan-out`, so it runs only when it is named.
 */
import { join } from 'node:path'
import { EVENT_LOAD, measureBareFanOut, type Structure } from '../bareFanOut.ts'
import type { BenchContext } from '../context.ts'
import { percentile, type Measurement } from '../report.ts'

export const runsOnlyNamed = true

const CLIENTS = 1_000
const STRUCTURES: Partial<Record<Structure, string>> = {
  'responses-of-object': 'bare, responses of the object',
  'socket-per-isolate': 'bare, one socket of the isolate',
}

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const [structure, name] of Object.entries(STRUCTURES)) {
    log(name)
    const bare = await measureBareFanOut(join(folder, structure), {
      ...EVENT_LOAD,
      structure: structure as Structure,
      clientCount: CLIENTS,
    })
    measurements.push(
      {
        name: `${name}: event to the last of ${CLIENTS} clients, p99`,
        unit: 'ms',
        values: [percentile(bare.eventMs, 99)],
      },
      {
        name: `${name}: processor time of workerd for an event, per client`,
        unit: 'µs',
        values: [bare.cpuMicroseconds],
      },
      { name: `${name}: memory of one client`, unit: 'kB', values: [bare.clientBytes / 1_000] },
    )
  }
  return measurements
}
