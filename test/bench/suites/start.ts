/** The start of the service with one runner, and its memory while it has nothing to do. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchContext } from '../context.ts'
import type { Measurement } from '../report.ts'
import { type Memory, measureMemory, startService } from '../service.ts'

const ROUNDS = 3
/** Time after the start until the service is idle. */
const SETTLING_MS = 5_000
const MEGABYTE = 1e6

export async function run({ folder, log }: BenchContext): Promise<Measurement[]> {
  const starts: number[] = []
  const memories: Memory[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const service = await startService({ stateDir: join(folder, `state-${round}`), runners: 1 })
    starts.push(service.startMs)
    await delay(SETTLING_MS)
    memories.push(measureMemory(service.processes()))
    await service.stop()
    log(`round ${round} of ${ROUNDS}`)
  }
  return [
    {
      name: '`npm start` to ready, installed, new state folder',
      unit: 's',
      values: starts.map((ms) => ms / 1_000),
      goal: 'at most 4 s',
    },
    {
      name: 'memory of all processes, one runner, idle',
      unit: 'MB',
      values: memories.map(({ residentBytes }) => residentBytes / MEGABYTE),
      goal: 'at most 500 MB',
    },
    {
      name: 'the same, shared pages divided',
      unit: 'MB',
      values: memories.map(({ proportionalBytes }) => proportionalBytes / MEGABYTE),
    },
  ]
}
