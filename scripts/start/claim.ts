/** Checks that no other process uses the port, and locks the state folder. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Settings } from './settings.ts'
import { StartError } from './startError.ts'

export async function claimPort({ port }: Settings): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new StartError(describePortError(port, error as NodeJS.ErrnoException))
  }
  server.close()
  await once(server, 'close')
}

export function describePortError(port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use. Choose another: PORT=${port + 1} npm start`
  }
  return code === 'EACCES'
    ? `Only root may use port ${port}. Choose a port from 1024: PORT=8787 npm start`
    : `Port ${port} cannot be used: ${message}`
}

/**
 * Locks the state folder until this process ends, since two systems on one database would corrupt
 * it. The lock is SQLite's lock of a file in the folder: the system grants it to one process, by
 * whatever path it opened the file, and releases it when the process ends in any way.
 */
export function claimState({ stateDir }: Settings): void {
  const lock = new DatabaseSync(join(stateDir, 'lock.sqlite'))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) {
      throw new StartError(`${stateDir} cannot be locked: ${(error as Error).message}`)
    }
    throw new StartError(
      `${stateDir} is in use by another npm start. Choose another folder: STATE_DIR=<folder> npm start`,
    )
  }
  // Without a reference, the database would be closed by the garbage collector.
  process.on('exit', () => lock.close())
}

const SQLITE_BUSY = 5
