/** What each command works with: the client, the outputs and the settings. */
import type { Command } from 'commander'
import { type Client, createClient } from '../client/index.ts'
import { type GlobalOptions, readSettings, type Settings } from './settings.ts'
import { createOutput, type Output } from './terminal/output.ts'

export interface Context {
  client: Client
  settings: Settings
  output: Output
  /** Aborts at Ctrl-C. */
  signal: AbortSignal
  /** Sets what is printed after an interruption, such as how to continue. */
  onInterrupt: (note: string | null) => void
}

/** State of this process that outlives a command, for the message of its end. */
export const session = {
  interruption: new AbortController(),
  settings: null as Settings | null,
  interruptNote: null as string | null,
}

/**
 * Returns the action of a command: `run` receives the context, then the arguments and the options
 * that commander has read.
 */
export function action<Args extends unknown[]>(
  run: (context: Context, ...args: Args) => Promise<void> | void,
) {
  return async (...received: unknown[]): Promise<void> => {
    // commander passes the arguments, the options and the command.
    const command = received.at(-1) as Command
    const context = createContext(command.optsWithGlobals())
    await run(context, ...(received.slice(0, -1) as Args))
  }
}

function createContext(options: GlobalOptions & { json?: boolean }): Context {
  const { env, stdout, stderr } = process
  const output = createOutput({ stdout, stderr, env, isJson: options.json === true })
  const settings = readSettings(options, { env, folder: process.cwd() })
  session.settings = settings
  settings.warnings.forEach((warning) => output.warn(warning))
  const { signal } = session.interruption
  return {
    settings,
    output,
    signal,
    client: createInterruptibleClient(settings, signal),
    onInterrupt: (note) => (session.interruptNote = note),
  }
}

/** Creates a client whose requests all end at Ctrl-C. */
export function createInterruptibleClient(
  { url, apiKey }: Pick<Settings, 'url' | 'apiKey'>,
  signal: AbortSignal,
): Client {
  return createClient({
    url,
    ...(apiKey !== null && { apiKey }),
    fetch: (input, init = {}) =>
      fetch(input, {
        ...init,
        signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal,
      }),
  })
}
