/** `reelqueue stats`: the jobs by status, the throughput, and the storage used. */
import type { Command } from 'commander'
import type { Stats } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { examples } from '../parsers.ts'
import { formatBytes, formatSeconds, formatSince, NONE, plural } from '../terminal/format.ts'
import { renderFields } from '../terminal/table.ts'

type Field = [name: string, value: string]

export function addStats(program: Command): void {
  program
    .command('stats')
    .description('Show the number of jobs by status, the throughput, and the storage used')
    .option('--queue <name>', 'only this queue')
    .addHelpText('after', examples('stats', 'stats --queue default --json'))
    .action(
      action(async ({ client, output, signal }: Context, { queue }: { queue?: string }) => {
        const stats = await client.stats(queue === undefined ? {} : { queue }, { signal })
        output.show(stats, () => renderStats(stats, output.colors.dim))
      }),
    )
}

function renderStats(stats: Stats, name: (text: string) => string): string {
  const { storage, throughput } = stats
  const { thisHour, lastHour } = throughput
  return renderFields(
    [
      ['Pending', String(stats.pending)],
      ['Running', String(stats.running)],
      ['Completed', String(stats.completed)],
      ['Failed', String(stats.error)],
      ['Cancelled', String(stats.cancelled)],
      ['Total', `${stats.total}${stats.partial ? ', and more that are not counted' : ''}`],
      [
        'Oldest pending',
        stats.oldestPendingAt ? `for ${formatSince(stats.oldestPendingAt)}` : NONE,
      ],
      ['Runners at work', String(stats.activeRunners)],
      ...(storage === null
        ? []
        : [
            ['Originals', describeStored(storage.originals)] satisfies Field,
            ['Variants', describeStored(storage.variants)] satisfies Field,
          ]),
      ['This hour', describeHour(thisHour)],
      ['Last hour', describeHour(lastHour)],
    ],
    name,
  )
}

function describeStored({ count, bytes }: { count: number; bytes: number }): string {
  return `${plural(count, 'file')}, ${formatBytes(bytes)}`
}

function describeHour({
  completed,
  failed,
  mediaSeconds,
  processingSeconds,
}: Stats['throughput']['thisHour']): string {
  return `${completed} completed, ${failed} failed, ${formatSeconds(mediaSeconds)} of media in ${formatSeconds(processingSeconds)}`
}
