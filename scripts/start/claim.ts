/** Checks that no other process uses the port or the state folder. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartError, type Settings } from './settings.ts'

export async function claimPort({ port }: Settings): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
      throw error
    }
    throw new StartError(`Port ${port} is in use. Choose another: PORT=${port + 1} npm start`)
  }
  server.close()
  await once(server, 'close')
}

/**
 * Locks the state folder, since two systems on one database would corrupt it. The lock is a socket
 * that this process listens on: unlike a lock file, it ends with the process.
 */
export async function claimState({ stateDir }: Settings): Promise<void> {
  const name = createHash('sha256').update(stateDir).digest('hex').slice(0, 16)
  const path = join(tmpdir(), `reelqueue-${name}.sock`)
  if (await isListening(path)) {
    throw new StartError(
      `${stateDir} is in use by another npm start. Choose another folder: STATE_DIR=<folder> npm start`,
    )
  }
  rmSync(path, { force: true })
  const server = createServer((socket) => socket.destroy()).listen(path)
  await once(server, 'listening')
  server.unref()
  process.on('exit', () => rmSync(path, { force: true }))
}

async function isListening(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
