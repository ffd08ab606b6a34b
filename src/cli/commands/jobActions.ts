/** `reelqueue retry`, `cancel` and `delete`: each acts on listed jobs, or on all that match filters. */
import type { Command } from 'commander'
import { text } from 'node:stream/consumers'
import { ReelqueueError } from '../../client/index.ts'
import { actOnMatching, type Batch, readSelection, type SelectOptions } from '../batch.ts'
import { action, type Context } from '../context.ts'
import { CliError, EXIT, usageError } from '../cliError.ts'
import { describeError } from '../errors.ts'
import { addFilterOptions } from '../jobFilter.ts'
import { examples, yesOption } from '../parsers.ts'
import { plural } from '../terminal/format.ts'
import { confirm } from '../terminal/prompts.ts'

const RETRY: Batch = { action: 'retry', verb: 'Retry', done: 'queued again' }
const CANCEL: Batch = { action: 'cancel', verb: 'Cancel', done: 'cancelled' }
const DELETE: Batch = { action: 'delete', verb: 'Delete', done: 'deleted' }

interface CancelOptions extends SelectOptions {
  force?: boolean
}

export function addRetry(program: Command): void {
  addAction(program.command('retry').description('Return failed jobs to the queue'))
    .addHelpText(
      'after',
      examples(
        'retry job_…',
        'retry --all-matching --error-code storage --created-after 1d',
        'jobs --status error --all --ids | reelqueue retry -',
      ),
    )
    .action(
      action(async (context: Context, given: string[], options: SelectOptions) => {
        const filter = readSelection(given, options)
        if (filter) {
          return actOnMatching(context, RETRY, filter, options)
        }
        const { client, signal } = context
        await actOnEach(context, await readIds(given), 'is pending again', (id) =>
          client.jobs.retry(id, { signal }),
        )
      }),
    )
}

export function addCancel(program: Command): void {
  addAction(
    program
      .command('cancel')
      .description('Cancel pending jobs; with --force, running jobs too')
      .option('-f, --force', 'also cancel running jobs, which asks first'),
  )
    .addHelpText(
      'after',
      examples(
        'cancel job_…',
        'cancel --force --yes job_…',
        'cancel --all-matching --tag import --dry-run',
      ),
    )
    .action(
      action(async (context: Context, given: string[], options: CancelOptions) => {
        const filter = readSelection(given, options)
        const { force = false } = options
        if (filter) {
          return actOnMatching(context, { ...CANCEL, force }, filter, options)
        }
        const { client, signal, settings } = context
        const ids = await readIds(given)
        if (force) {
          const question = `Cancel ${plural(ids.length, 'job')} at ${settings.url}, and lose what running jobs have made?`
          await confirm(question, options)
        }
        await actOnEach(context, ids, 'is cancelled', (id) =>
          client.jobs.cancel(id, { force, signal }),
        )
      }),
    )
}

export function addDelete(program: Command): void {
  addAction(
    program
      .command('delete')
      .description('Delete jobs from the list, and stop those that run; their variants stay'),
  )
    .addHelpText(
      'after',
      examples(
        'delete job_…',
        'delete --all-matching --status cancelled --created-before 30d',
        'jobs --status cancelled --ids | reelqueue delete --yes -',
      ),
    )
    .action(
      action(async (context: Context, given: string[], options: SelectOptions) => {
        const filter = readSelection(given, options)
        if (filter) {
          return actOnMatching(context, DELETE, filter, options)
        }
        const { client, signal, settings } = context
        const ids = await readIds(given)
        await confirm(`Delete ${plural(ids.length, 'job')} at ${settings.url}?`, options)
        await actOnEach(context, ids, 'is deleted', (id) => client.jobs.delete(id, { signal }))
      }),
    )
}

/** Adds what the three commands have in common. */
function addAction(command: Command): Command {
  return addFilterOptions(
    command
      .argument('[jobIds...]', 'ids of jobs; "-" reads them from stdin')
      .option('--all-matching', 'all jobs that match the filters, instead of ids; asks first')
      .option('--dry-run', 'with --all-matching: count the jobs, and change none')
      .addOption(yesOption()),
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
