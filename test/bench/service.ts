/** Runs the service for a suite, as `npm start` does, on a free port with a state folder of its own. */
import { readFileSync } from 'node:fs'
import { createClient } from '../../scripts/client.ts'
import { findFreePort } from '../system/fixtures/freePort.ts'
import { listProcesses, type ProcessInfo } from '../system/fixtures/processes.ts'
import { runStartProgram } from '../system/fixtures/startProgram.ts'

export const API_KEY = 'key-of-the-benchmarks'

export type Service = Awaited<ReturnType<typeof startService>>

/**
 * @param options.stateDir is created if it does not exist
 * @param options.runners default: none
 * @param options.env more settings of `npm start`
 */
export async function startService(options: {
  stateDir: string
  runners?: number
  env?: Record<string, string>
}) {
  const { stateDir, runners = 0, env = {} } = options
  const port = await findFreePort()
  const startedAt = performance.now()
  const program = runStartProgram({
    PORT: String(port),
    STATE_DIR: stateDir,
    API_KEY,
    RUNNERS: String(runners),
    ...env,
  })
  if (!(await program.isReady())) {
    throw new Error(`npm start ended before it was ready:\n${program.output()}`)
  }
  const startMs = performance.now() - startedAt
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    stateDir,
    /** Time from the start of the program until it said that the service is ready. */
    startMs,
    client: createClient({ url, apiKey: API_KEY }),
    /** Every process of the service. */
    processes: () => listProcesses(stateDir),
    async stop(): Promise<void> {
      program.kill('SIGTERM')
      await program.exited
    },
  }
}

export interface Memory {
  /** Sum of the resident memory of the processes. Pages that they share are counted in each. */
  residentBytes: number
  /** The same, but each shared page is divided among the processes that share it. */
  proportionalBytes: number
}

/** Memory of processes (Linux). */
export function measureMemory(processes: Pick<ProcessInfo, 'pid'>[]): Memory {
  const total: Memory = { residentBytes: 0, proportionalBytes: 0 }
  for (const { pid } of processes) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const readBytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
    total.residentBytes += readBytes('Rss')
    total.proportionalBytes += readBytes('Pss')
  }
  return total
}
