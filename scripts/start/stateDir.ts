/** Prepares the state folder, which holds keys, files and logs, for this user alone. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { StartError } from './startError.ts'

const OWN_FOLDERS = ['v3', 'scratch', 'bundle', 'registry']

const WRITE_TEST = 'write-test'

/**
 * A folder that contains one of these names was used by an earlier start, of any version, or is
 * prepared by another one at this moment.
 */
const OWN_NAMES = [
  ...OWN_FOLDERS,
  'api-key',
  'secrets.env',
  'wrangler.log',
  'lock.sqlite',
  WRITE_TEST,
]

/**
 * Creates the folder, and lets only its owner read it and what is created in it.
 *
 * @throws StartError if it cannot be used, or is a folder of something else, such as /tmp
 */
export function prepareStateDir(stateDir: string): void {
  // Child processes inherit the mask: folders get mode 0700 and files 0600.
  process.umask(0o077)
  try {
    createFolder(stateDir)
    checkOwnership(stateDir)
    // A folder that an older version created has another mode.
    chmodSync(stateDir, 0o700)
    for (const entry of readdirSync(stateDir, { withFileTypes: true })) {
      if (entry.isDirectory() && OWN_FOLDERS.includes(entry.name)) {
        chmodSync(join(stateDir, entry.name), 0o700)
      }
    }
    const probe = join(stateDir, WRITE_TEST)
    writeFileSync(probe, '')
    // Another start may have removed it.
    rmSync(probe, { force: true })
  } catch (error) {
    if (error instanceof StartError) {
      throw error
    }
    throw new StartError(
      `STATE_DIR: ${stateDir} cannot be used: ${(error as Error).message}. Choose a folder that you can write to.`,
    )
  }
}

/**
 * Creates a folder and its parents. With `recursive`, `mkdirSync` would never return for a folder
 * below /proc: the system says that the parent does not exist, so Node.js creates it again.
 */
function createFolder(path: string): void {
  if (existsSync(path)) {
    return
  }
  createFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another start may have created it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !existsSync(path)) {
      throw error
    }
  }
}

function checkOwnership(stateDir: string): void {
  const names = readdirSync(stateDir).filter((name) => name !== 'lost+found')
  const isOwn = names.length === 0 || names.some((name) => OWN_NAMES.includes(name))
  if (!isOwn || !statSync(stateDir).isDirectory()) {
    throw new StartError(
      `STATE_DIR: ${stateDir} contains other files. Choose a new or empty folder.`,
    )
  }
}
