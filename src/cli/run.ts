/** Runs a command line, and says why it failed. */
import { EXIT } from './cliError.ts'
import { session } from './context.ts'
import { describeError } from './errors.ts'
import { createProgram } from './program.ts'
import { createOutput } from './terminal/output.ts'

/** @returns the exit code */
export async function run(version: string, args: readonly string[]): Promise<number> {
  try {
    await createProgram(version).parseAsync(args, { from: 'user' })
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
