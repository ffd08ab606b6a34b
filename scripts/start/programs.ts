/** Launches the programs that build and run the Worker. They log to the state folder. */
import { join } from 'node:path'
import { launch, type Process } from './process.ts'
import type { Settings } from './settings.ts'

const QUIET = {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  NO_COLOR: '1',
}

/**
 * glibc returns freed memory to the system at once. By default it would keep 80 MB of what the host of
 * the Worker used for its start.
 */
const RETURN_MEMORY = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' }

/** Launches a program of this folder. */
export function launchProgram({ stateDir }: Settings, file: string, args: string[]): Process {
  return launch({
    command: process.execPath,
    args: [join(import.meta.dirname, file), ...args],
    env: { ...QUIET, ...RETURN_MEMORY },
    logFile: join(stateDir, 'worker.log'),
  })
}

/** Launches wrangler for development. Its output is printed too. */
export function launchWrangler({ stateDir }: Settings, args: string[]): Process {
  return launch({
    command: 'wrangler',
    args,
    env: { ...QUIET, WRANGLER_REGISTRY_PATH: join(stateDir, 'registry') },
    logFile: join(stateDir, 'wrangler.log'),
    onLine: printLine,
  })
}

/** Prints a line of the Worker's log, except for the health checks of this program. */
function printLine(line: string): void {
  if (!line.includes('GET /health 200')) {
    console.log(`worker   | ${line}`)
  }
}
