/** Records where the state of the service on a port is, so that the command line finds its API key. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from './settings.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'reelqueue')

/** A clone that cannot be written to has no pointer. The command line then needs STATE_DIR. */
export function writeServicePointer({ port, stateDir }: Settings): void {
  try {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(join(FOLDER, `${port}.json`), `${JSON.stringify({ stateDir })}\n`)
  } catch {
    // Not necessary for the service.
  }
}
