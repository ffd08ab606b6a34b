/** `reelqueue jobs`: lists jobs. */
import type { Command } from 'commander'
import type { Job } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { usageError } from '../cliError.ts'
import { addFilterOptions, type FilterOptions, readFilter } from '../jobFilter.ts'
import { colorStatus, nameVariant } from '../jobTexts.ts'
import { examples, integer } from '../parsers.ts'
import { formatTime } from '../terminal/format.ts'
import { type Colors } from '../terminal/output.ts'
import { type Column, renderTable } from '../terminal/table.ts'

const MAX_PAGE = 500

interface Options extends FilterOptions {
  limit: number
  cursor?: string
  all?: boolean
  ids?: boolean
}

export function addJobs(program: Command): void {
  addFilterOptions(program.command('jobs').description('List jobs, newest first'))
    .option('--limit <number>', 'maximum number of jobs', integer({ min: 1, max: MAX_PAGE }), 20)
    .option('--cursor <text>', 'nextCursor of the previous page')
    .option('--all', 'all jobs; with --json, one line for each')
    .option('--ids', 'print only the ids, for "reelqueue retry -" and others')
    .addHelpText(
      'after',
      examples(
        'jobs --status running',
        'jobs --file videos/clip.mp4 --json',
        'jobs --folder videos/2026 --error-code input_invalid --created-after 7d',
        'jobs --status error --all --ids | reelqueue retry -',
      ),
    )
    .action(action(listJobs))
}

async function listJobs(context: Context, options: Options): Promise<void> {
  const { client, output, signal } = context
  const { limit, cursor, all, ids } = options
  if (ids && output.isJson) {
    throw usageError('--ids prints text: remove --ids or --json.')
  }
  const filter = readFilter(options)
  if (all) {
    for await (const job of client.jobs.all({ ...filter, limit: MAX_PAGE }, { signal })) {
      output.showLine(job, () => (ids ? job.id : describeJob(job, output.colors)))
    }
    return
  }
  const page = await client.jobs.list(
    { ...filter, limit, ...(cursor !== undefined && { cursor }) },
    { signal },
  )
  if (ids) {
    page.jobs.forEach(({ id }) => output.showLine(id, () => id))
  } else {
    output.show(page, () => renderJobs(page.jobs, output.colors))
  }
  if (page.nextCursor !== null && !output.isJson) {
    output.note(`There are more jobs. The next ones: --cursor ${page.nextCursor}`)
  }
}

function columnsFor(colors: Colors): Column<Job>[] {
  return [
    { title: 'Id', value: ({ id }) => id },
    {
      title: 'Status',
      value: ({ status }) => status,
      style: ({ status }) => colorStatus(status, colors),
    },
    { title: 'Done', value: ({ progress }) => `${progress} %` },
    { title: 'Queue', value: ({ queue }) => queue },
    { title: 'Created', value: ({ createdAt }) => formatTime(createdAt) },
    { title: 'File', value: ({ filePath }) => filePath },
    { title: 'Variant', value: nameVariant },
    { title: 'Error', value: ({ errorCode }) => errorCode ?? '' },
  ]
}

function renderJobs(jobs: readonly Job[], colors: Colors): string {
  return jobs.length === 0
    ? 'There are no such jobs.'
    : renderTable(jobs, columnsFor(colors), colors.bold)
}

/** A line without the widths of the others, which are not known yet. */
function describeJob(job: Job, colors: Colors): string {
  return columnsFor(colors)
    .map(({ value, style }) => (style ? style(job)(value(job)) : value(job)))
    .join('  ')
    .trimEnd()
}
