/** Actions on all jobs that match a filter: counts them, asks, and changes them in steps. */
import type { JobBatchResult } from '../client/index.ts'
import { CliError, usageError } from './cliError.ts'
import type { Context } from './context.ts'
import { type FilterOptions, type JobFilter, readFilter } from './jobFilter.ts'
import { plural } from './terminal/format.ts'
import { confirm } from './terminal/prompts.ts'

export interface SelectOptions extends FilterOptions {
  allMatching?: boolean
  dryRun?: boolean
  yes?: boolean
}

export interface Batch {
  action: 'retry' | 'cancel' | 'delete'
  force?: boolean
  /** First word of the question before the change, such as "Delete". */
  verb: string
  /** The state of a changed job in the message after the change, such as "deleted". */
  done: string
}

/**
 * Returns the filter of `--all-matching`, or null if the jobs are listed.
 *
 * @throws CliError for both, or neither
 */
export function readSelection(ids: readonly string[], options: SelectOptions): JobFilter | null {
  const filter = readFilter(options)
  if (options.allMatching) {
    if (ids.length > 0) {
      throw usageError('--all-matching selects jobs by filters: name no ids, or remove it.')
    }
    return filter
  }
  if (ids.length === 0) {
    throw usageError('Name the ids of jobs, or select jobs with --all-matching and filters.')
  }
  if (options.dryRun || Object.keys(filter).length > 0) {
    throw usageError('Filters and --dry-run belong to --all-matching: add it, and name no ids.')
  }
  return null
}

/** @throws CliError if the answer is no, or if some jobs could not be changed */
export async function actOnMatching(
  context: Context,
  { action, force, verb, done }: Batch,
  filter: JobFilter,
  options: SelectOptions,
): Promise<void> {
  const { output, settings } = context
  const request = { action, filter, ...(force && { force }) }
  const { count } = await addUp(context, { ...request, dryRun: true })
  if (options.dryRun || count === 0) {
    const text = `${plural(count, 'job')} would be ${done}.`
    output.show({ count, done: 0, skipped: [] }, () => text)
    return
  }
  await confirm(`${verb} ${plural(count, 'job')} at ${settings.url}?`, {
    ...options,
    reason: `${plural(count, 'job')} would be ${done}.`,
  })
  const result = await addUp(context, request)
  output.show(result, () => `${plural(result.done, 'job')} ${done}.`)
  if (result.skipped.length > 0) {
    result.skipped.forEach(({ jobId, message }) => output.fail(`${jobId}: ${message}`))
    throw new CliError(`${plural(result.skipped.length, 'job')} could not be ${done}.`)
  }
}

type BatchRequest = Parameters<Context['client']['jobs']['changeAll']>[0]

/** Sends the request until no jobs are left, and adds the results up. */
async function addUp({ client, signal }: Context, request: BatchRequest) {
  const sum: Omit<JobBatchResult, 'nextCursor'> = { count: 0, done: 0, skipped: [] }
  for await (const { count, done, skipped } of client.jobs.changeAll(request, { signal })) {
    sum.count += count
    sum.done += done
    sum.skipped.push(...skipped)
  }
  return sum
}
