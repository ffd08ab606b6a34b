/** Finds the processes of one system by their role, and sends them signals. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { listProcesses, readProcFile } from '../fixtures/processes.ts'

/** Options of `vi.waitFor` for effects that must be seen within 3 seconds. */
export const WITHIN_3_S = { timeout: 3_000, interval: 25 }

export function sendSignal(pid: number, signal: NodeJS.Signals = 'SIGKILL') {
  return process.kill(pid, signal)
}

/** Lists the ffmpeg processes of a system, or only those of one runner (by its process id). */
export function listFfmpegs(stateDir: string, runner?: number): number[] {
  return listProcesses(stateDir)
    .filter(({ command }) => /^(\/\S*\/)?ffmpeg /.test(command))
    .map(({ pid }) => pid)
    .filter(
      (pid) =>
        runner === undefined || readProcFile(pid, 'environ').includes(`reelqueue-${runner}-`),
    )
}

/** Lists the runners of a system: process id and name. */
export function listRunners(stateDir: string): { pid: number; name: string }[] {
  return listProcesses(stateDir)
    .filter(({ command }) => command.includes('container/main.ts'))
    .map(({ pid }) => ({
      pid,
      name: /RUNNER_NAME=([^\0]*)/.exec(readProcFile(pid, 'environ'))?.[1] ?? '',
    }))
}

/** Finds the process of a runner by its id, which is its name and a random suffix. */
export function findRunnerProcess(stateDir: string, id: string): number {
  const runner = listRunners(stateDir).find(({ name }) => id.startsWith(`${name}-`))
  if (!runner) {
    throw new Error(`No live process has the runner id ${id}`)
  }
  return runner.pid
}

/** Expects that every ffmpeg ends and every scratch folder is removed within 3 seconds. */
export function expectNoEncodes(stateDir: string, scratch = join(stateDir, 'scratch')) {
  return vi.waitFor(() => {
    expect(listFfmpegs(stateDir)).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  }, WITHIN_3_S)
}
