/** `reelqueue`: runs a command, and ends with its exit code. */
import { session } from './context.ts'
import { EXIT } from './cliError.ts'
import { describeError } from './errors.ts'
import { createProgram } from './program.ts'
import { createOutput } from './terminal/output.ts'

// Set when the program is bundled.
declare const VERSION: string

async function main(): Promise<number> {
  try {
    await createProgram(VERSION).parseAsync()
    return EXIT.ok
  } catch (error) {
    const { stdout, stderr, env } = process
    const output = createOutput({ stdout, stderr, env, isJson: false })
    const { signal } = session.interruption
    if (signal.aborted) {
      output.note(`\nInterrupted.${session.interruptNote ? ` ${session.interruptNote}` : ''}`)
      return signal.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
    }
    const { message, hint, exitCode } = describeError(error, session.settings)
    if (message !== '') {
      output.fail(message, hint)
    }
    return exitCode
  }
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (session.interruption.signal.aborted) {
      process.exit(EXIT.interrupted)
    }
    session.interruption.abort(name)
  })
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has closed the pipe, as `head` does.
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure)
  })
}
// Node.js 20 says that `openAsBlob` is experimental.
process.removeAllListeners('warning')

process.exitCode = await main()
