/** The processes of a system by what they do, and how to hit one. Never one of another system. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { listProcesses, readProcFile } from '../fixtures/processes.ts'

/** What is to have happened "within 3 seconds" is given so long, and looked for this often. */
export const WITHIN_3_S = { timeout: 3_000, interval: 25 }

export function strike(pid: number, signal: NodeJS.Signals = 'SIGKILL') {
  return process.kill(pid, signal)
}

/** The ffmpegs that work for a system, those of one runner if it is given. */
export function ffmpegsOf(stateDir: string, runner?: number): number[] {
  return listProcesses(stateDir)
    .filter(({ command }) => command.startsWith('ffmpeg '))
    .map(({ pid }) => pid)
    .filter(
      (pid) =>
        runner === undefined || readProcFile(pid, 'environ').includes(`reelqueue-${runner}-`),
    )
}

/** The runners of a system: process and name. */
export function runnersOf(stateDir: string): { pid: number; name: string }[] {
  return listProcesses(stateDir)
    .filter(({ command }) => command.includes('container/main.ts'))
    .map(({ pid }) => ({
      pid,
      name: /RUNNER_NAME=([^\0]*)/.exec(readProcFile(pid, 'environ'))?.[1] ?? '',
    }))
}

/** The process of the runner that gave itself this id: its name and something random. */
export function runnerCalled(stateDir: string, id: string): number {
  const runner = runnersOf(stateDir).find(({ name }) => id.startsWith(`${name}-`))
  if (!runner) {
    throw new Error(`There is no live runner ${id}`)
  }
  return runner.pid
}

/** The process that the Worker runs in. */
export function workerOf(system: Served): number {
  return workerdOf(system, 'worker')
}

/** The process at the system's own port: wrangler's front, which hands requests on to the Worker. */
export function frontOf(system: Served): number {
  return workerdOf(system, 'front')
}

interface Served {
  stateDir: string
  url: string
}

function workerdOf({ stateDir, url }: Served, part: 'worker' | 'front'): number {
  const atPort = `entry=127.0.0.1:${new URL(url).port} `
  const found = listProcesses(stateDir).find(
    ({ command }) =>
      /workerd .*--socket-addr=entry=/.test(command) &&
      command.includes(atPort) === (part === 'front'),
  )
  if (!found) {
    throw new Error(`There is no live ${part}`)
  }
  return found.pid
}

/** Every ffmpeg has ended and every scratch folder is removed, within 3 seconds from now. */
export function expectNoWork(stateDir: string, scratch = join(stateDir, 'scratch')) {
  return vi.waitFor(() => {
    expect(ffmpegsOf(stateDir)).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  }, WITHIN_3_S)
}
