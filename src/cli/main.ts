/** `reelqueue`: runs a command, and ends with its exit code. */
import { session } from './context.ts'
import { EXIT } from './cliError.ts'
import { run } from './run.ts'

// Set when the program is bundled.
declare const VERSION: string

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

process.exitCode = await run(VERSION, process.argv.slice(2))
