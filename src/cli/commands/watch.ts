/** `reelqueue watch`: follows jobs until they end, or the events of queues. */
import type { Command } from 'commander'
import type { QueueEvent } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { usageError } from '../cliError.ts'
import { examples } from '../parsers.ts'
import { clean } from '../terminal/output.ts'
import { createProgress } from '../terminal/progress.ts'
import { describeEnds, requireCompletion, waitForJobs } from '../waitForJobs.ts'

interface Options {
  queue?: string
  file?: string
  progress?: boolean
}

export function addWatch(program: Command): void {
  program
    .command('watch')
    .argument('[jobIds...]', 'ids of jobs; without any, events are printed until Ctrl-C')
    .description('Follow jobs until they end, or the events of all jobs')
    .option('--queue <name>', 'only events of this queue')
    .option('--file <path>', 'only events of this stored file')
    .option('--progress', 'print the events of progress too')
    .addHelpText(
      'after',
      examples('watch job_…', 'watch', 'watch --queue default --progress --json'),
    )
    .action(action(watch))
}

async function watch(context: Context, ids: string[], options: Options): Promise<void> {
  if (ids.length === 0) {
    return watchEvents(context, options)
  }
  const { queue, file, progress } = options
  if (queue !== undefined || file !== undefined || progress) {
    throw usageError('--queue, --file and --progress are for events: name no jobs, or remove them.')
  }
  const { client, output, signal } = context
  const jobs = await Promise.all([...new Set(ids)].map((id) => client.jobs.get(id, { signal })))
  const ended = await waitForJobs(context, jobs, createProgress(output), {
    onUpdate: (job) => output.isJson && output.showLine(job, String),
  })
  if (!output.isJson) {
    output.show(ended, () => describeEnds(context, ended))
  }
  requireCompletion(ended)
}

async function watchEvents(
  { client, output, signal }: Context,
  { queue, file, progress }: Options,
): Promise<void> {
  const filter = {
    ...(queue !== undefined && { queue }),
    ...(file !== undefined && { filePath: file }),
  }
  for await (const message of client.events({ ...filter, signal })) {
    if (message.event === 'connected') {
      output.note('Waiting for events. Ctrl-C ends it.')
    } else if (message.event !== 'job:progress' || progress) {
      output.showLine(message, () => describeEvent(message))
    }
  }
}

function describeEvent({ event, data }: QueueEvent): string {
  const time = new Date().toTimeString().slice(0, 8)
  const values = Object.entries(data)
    .filter(([name, value]) => name !== 'jobId' && name !== 'status' && value !== null)
    .map(([name, value]) =>
      name === 'filePath' ? (value as string) : `${name}=${JSON.stringify(value)}`,
    )
  const id = 'jobId' in data ? `  ${data.jobId}` : ''
  return clean(`${time}  ${event.padEnd(13)}${id}  ${values.join('  ')}`)
}
