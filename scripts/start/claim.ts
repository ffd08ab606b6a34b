/** Makes sure that the port and the state folder of a start are its own. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, type Settings } from './settings.ts'

export async function claimPort({ port }: Settings): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
      throw error
    }
    throw new Refusal(`Port ${port} is in use. Choose another: PORT=${port + 1} npm start`)
  }
  server.close()
  await once(server, 'close')
}

/**
 * Two systems on one database would spoil it. A listening socket is the claim: unlike a file with
 * a process id in it, it cannot outlive its process.
 */
export async function claimState({ stateDir }: Settings): Promise<void> {
  const name = createHash('sha256').update(stateDir).digest('hex').slice(0, 16)
  const path = join(tmpdir(), `reelqueue-${name}.sock`)
  if (await somebodyListens(path)) {
    throw new Refusal(`${stateDir} is in use by another start. Choose another: STATE_DIR=<folder>`)
  }
  rmSync(path, { force: true })
  const server = createServer((socket) => socket.destroy()).listen(path)
  await once(server, 'listening')
  server.unref()
  process.on('exit', () => rmSync(path, { force: true }))
}

async function somebodyListens(path: string): Promise<boolean> {
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
