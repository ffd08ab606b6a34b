/** Questions to the user, on stderr. Without a terminal, they are errors that name the option. */
import * as clack from '@clack/prompts'
import { CliError, EXIT, usageError } from '../cliError.ts'

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/**
 * Asks before something that cannot be undone, or changes many jobs.
 *
 * @param options `reason` is what the error says without a terminal
 * @throws CliError if the answer is no, or if there is no terminal and no `--yes`
 */
export async function confirm(
  question: string,
  { yes = false, reason = 'This cannot be undone.' }: { yes?: boolean; reason?: string },
): Promise<void> {
  if (yes) {
    return
  }
  if (!canAsk()) {
    throw usageError(reason, 'Pass --yes to do it without a question.')
  }
  const isSure = await answer(
    clack.confirm({ message: question, initialValue: false, output: process.stderr }),
  )
  if (!isSure) {
    throw new CliError('Nothing was changed.')
  }
}

/** Asks for a text that is not shown. */
export async function askSecret(message: string): Promise<string> {
  return answer(
    clack.password({
      message,
      output: process.stderr,
      validate: (text) => (text?.trim() ? undefined : 'Paste the key, then press Enter.'),
    }),
  )
}

export async function askText(message: string, initialValue: string): Promise<string> {
  return answer(clack.text({ message, initialValue, output: process.stderr }))
}

export async function askChoices<Value extends string>(
  message: string,
  choices: { value: Value; hint: string }[],
): Promise<Value[]> {
  const options = choices.map(({ value, hint }) => ({ value: value as string, label: value, hint }))
  return (await answer(
    clack.multiselect({ message, options, required: true, output: process.stderr }),
  )) as Value[]
}

async function answer<Value>(prompt: Promise<Value>): Promise<Exclude<Value, symbol>> {
  const value = await prompt
  if (clack.isCancel(value)) {
    throw new CliError('Cancelled.', { exitCode: EXIT.interrupted })
  }
  return value as Exclude<Value, symbol>
}
