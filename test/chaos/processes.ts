/** The processes of a system by what they do, and how to hit one. Never one of another system. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { processesOf } from '../e2e/system.ts'

/** What is to have happened "within 3 seconds" is given so long, and looked for this often. */
export const WITHIN_3_S = { timeout: 3_000, interval: 25 }

export const strike = (pid: number, signal: NodeJS.Signals = 'SIGKILL') => process.kill(pid, signal)

/** The ffmpegs that work for a system, those of one runner if it is given. */
export const ffmpegsOf = (stateDir: string, runner?: number): number[] =>
  processesOf(stateDir)
    .filter(({ command }) => command.startsWith('ffmpeg '))
    .map(({ pid }) => pid)
    .filter((pid) => runner === undefined || environmentOf(pid).includes(`reelqueue-${runner}-`))

/** The runners of a system: process and name. */
export const runnersOf = (stateDir: string): { pid: number; name: string }[] =>
  processesOf(stateDir)
    .filter(({ command }) => command.includes('container/main.ts'))
    .map(({ pid }) => ({ pid, name: /RUNNER_NAME=([^\0]*)/.exec(environmentOf(pid))?.[1] ?? '' }))

/** The process of the runner that gave itself this id: its name and something random. */
export function runnerCalled(stateDir: string, id: string): number {
  const runner = runnersOf(stateDir).find(({ name }) => id.startsWith(`${name}-`))
  if (!runner) throw new Error(`There is no live runner ${id}`)
  return runner.pid
}

/** The process that the Worker runs in; the one at the system's own port is wrangler's front of it. */
export function workerOf({ stateDir, url }: { stateDir: string; url: string }): number {
  const worker = processesOf(stateDir).find(
    ({ command }) =>
      /workerd .*--socket-addr=entry=/.test(command) &&
      !command.includes(`entry=127.0.0.1:${new URL(url).port} `),
  )
  if (!worker) throw new Error('There is no live Worker')
  return worker.pid
}

/** Every ffmpeg has ended and every scratch folder is removed, within 3 seconds from now. */
export const expectNoWork = (stateDir: string, scratch = join(stateDir, 'scratch')) =>
  vi.waitFor(() => {
    expect(ffmpegsOf(stateDir)).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  }, WITHIN_3_S)

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    // It has ended since it was listed.
    return ''
  }
}
