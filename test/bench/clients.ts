/** Starts the process that holds the clients of event streams. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ClientCommand, ClientReport } from './sseClients.ts'

export type StreamClients = ReturnType<typeof startClients>

export function startClients(port: number, apiKey: string) {
  const program = join(import.meta.dirname, 'sseClients.ts')
  const child = fork(program, [String(port), `Bearer ${apiKey}`])
  const exited = once(child, 'exit').then((): never => {
    throw new Error('The process of the clients has ended.')
  })
  // Nobody waits for it after the last command.
  exited.catch(() => undefined)
  const send = async (command: ClientCommand): Promise<ClientReport> => {
    const answered = once(child, 'message')
    child.send(command)
    const [report] = await Promise.race([answered, exited])
    return report as ClientReport
  }
  return {
    /** Resolves when the streams have begun. A stalled client then reads nothing more. */
    open: (path: string, count: number, isStalled = false) =>
      send({ type: 'open', path, count, isStalled }),
    /**
     * Resolves when `events` events have reached all clients that are not stalled, or after
     * `timeoutMs`. Events of earlier reports are not counted.
     */
    awaitEvents: (events: number, timeoutMs: number) => send({ type: 'await', events, timeoutMs }),
    stop: () => child.kill(),
  }
}
