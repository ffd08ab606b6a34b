/** `reelqueue retry`, `cancel` and `delete`: each acts on jobs, one after the other. */
import type { Command } from 'commander'
import { text } from 'node:stream/consumers'
import { ReelqueueError } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { CliError, EXIT, usageError } from '../cliError.ts'
import { describeError } from '../errors.ts'
import { examples, yesOption } from '../parsers.ts'
import { plural } from '../terminal/format.ts'
import { confirm } from '../terminal/prompts.ts'

const IDS = ['<jobIds...>', 'ids of jobs; "-" reads them from stdin'] as const

export function addRetry(program: Command): void {
  program
    .command('retry')
    .argument(...IDS)
    .description('Return failed jobs to the queue')
    .addHelpText(
      'after',
      examples('retry job_…', 'jobs --status error --all --ids | reelqueue retry -'),
    )
    .action(
      action(async (context: Context, ids: string[]) => {
        const { client, signal } = context
        await actOnEach(context, await readIds(ids), 'is pending again', (id) =>
          client.jobs.retry(id, { signal }),
        )
      }),
    )
}

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .argument(...IDS)
    .description('Cancel pending jobs; with --force, running jobs too')
    .option('-f, --force', 'also cancel running jobs, which asks first')
    .addOption(yesOption())
    .addHelpText('after', examples('cancel job_…', 'cancel --force --yes job_…'))
    .action(
      action(
        async (context: Context, given: string[], options: { force?: boolean; yes?: boolean }) => {
          const { client, signal, settings } = context
          const ids = await readIds(given)
          const { force = false } = options
          if (force) {
            const question = `Cancel ${plural(ids.length, 'job')} at ${settings.url}, and lose what running jobs have made?`
            await confirm(question, options)
          }
          await actOnEach(context, ids, 'is cancelled', (id) =>
            client.jobs.cancel(id, { force, signal }),
          )
        },
      ),
    )
}

export function addDelete(program: Command): void {
  program
    .command('delete')
    .argument(...IDS)
    .description('Delete jobs from the list, and stop those that run; their variants stay')
    .addOption(yesOption())
    .addHelpText(
      'after',
      examples('delete job_…', 'jobs --status cancelled --ids | reelqueue delete --yes -'),
    )
    .action(
      action(async (context: Context, given: string[], options: { yes?: boolean }) => {
        const { client, signal, settings } = context
        const ids = await readIds(given)
        await confirm(`Delete ${plural(ids.length, 'job')} at ${settings.url}?`, options)
        await actOnEach(context, ids, 'is deleted', (id) => client.jobs.delete(id, { signal }))
      }),
    )
}

/** @throws CliError if stdin has no id */
async function readIds(given: string[]): Promise<string[]> {
  if (!given.includes('-')) {
    return given
  }
  const read = (await text(process.stdin)).split(/\s+/).filter((id) => id !== '')
  const ids = [...given.filter((id) => id !== '-'), ...read]
  if (ids.length === 0) {
    throw usageError('stdin has no ids of jobs.')
  }
  return ids
}

/**
 * Acts on each job, also after the request for another one was rejected.
 *
 * @throws CliError if a request was rejected
 */
async function actOnEach(
  { output, settings }: Context,
  ids: readonly string[],
  done: string,
  act: (id: string) => Promise<unknown>,
): Promise<void> {
  let failures = 0
  for (const id of ids) {
    try {
      await act(id)
      output.showLine({ id, ok: true }, () => `${id} ${done}`)
    } catch (error) {
      // Without access or a service, the other requests would fail too.
      if (!(error instanceof ReelqueueError) || error.isTemporary || error.status === 401) {
        throw error
      }
      const { message, hint, exitCode } = describeError(error, settings)
      if (ids.length === 1) {
        throw new CliError(message, { exitCode, ...(hint !== null && { hint }) })
      }
      failures += 1
      output.fail(`${id}: ${message}`)
      if (output.isJson) {
        output.showLine({ id, ok: false, code: error.code, message }, String)
      }
    }
  }
  if (failures > 0) {
    throw new CliError(`${failures} of ${plural(ids.length, 'request')} failed.`, {
      exitCode: EXIT.failure,
    })
  }
}
