/** `reelqueue queues`: lists queues, and changes their settings. */
import type { Command } from 'commander'
import type { Queue, QueueSettings } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { usageError } from '../cliError.ts'
import { examples, integer } from '../parsers.ts'
import { formatSeconds } from '../terminal/format.ts'
import type { Colors } from '../terminal/output.ts'
import { renderFields, renderTable } from '../terminal/table.ts'

export function addQueues(program: Command): void {
  const queues = program
    .command('queues')
    .description('List queues, pause them, and change their settings')
    .addHelpText(
      'after',
      examples(
        'queues',
        'queues pause default',
        'queues set bulk --concurrency 2 --max-attempts 5',
      ),
    )
  queues
    .command('list', { isDefault: true })
    .description('List the queues')
    .action(
      action(async ({ client, output, signal }: Context) => {
        const list = await client.queues.list({ signal })
        output.show(list, () => renderQueues(list, output.colors))
      }),
    )
  queues
    .command('show')
    .argument('<name>')
    .description('Show the settings and the jobs of a queue')
    .action(
      action(async ({ client, output, signal }: Context, name: string) => {
        const queue = await client.queues.get(name, { signal })
        output.show(queue, () => renderQueue(queue, output.colors))
      }),
    )
  addSwitch(queues, 'pause', 'Start no more jobs; new ones are accepted', { paused: true })
  addSwitch(queues, 'resume', 'Start jobs again', { paused: false })
  addSwitch(queues, 'drain', 'Reject new jobs; existing ones run', { draining: true })
  addSwitch(queues, 'accept', 'Accept new jobs again', { draining: false })
  queues
    .command('concurrency')
    .argument('<name>')
    .argument('<number>', 'maximum number of runners that work at the same time', integer())
    .description('Change how many runners work for a queue at the same time')
    .action(
      action((context, name: string, concurrency: number) =>
        change(context, name, { concurrency }),
      ),
    )
  addSettings(
    queues.command('set').description('Change the settings of a queue'),
    ({ client, signal }, name, settings) => client.queues.change(name, settings, { signal }),
  )
  addSettings(
    queues.command('create').description('Create a queue, or change the given settings of one'),
    ({ client, signal }, name, settings) => client.queues.put(name, settings, { signal }),
    { mayBeEmpty: true },
  )
}

function addSwitch(
  queues: Command,
  name: string,
  description: string,
  settings: QueueSettings,
): void {
  queues
    .command(name)
    .argument('<name>')
    .description(description)
    .action(action((context, queue: string) => change(context, queue, settings)))
}

/** Adds an option for each setting. The names of the options are those of the API. */
function addSettings(
  command: Command,
  send: (context: Context, name: string, settings: QueueSettings) => Promise<Queue>,
  { mayBeEmpty = false } = {},
): void {
  command
    .argument('<name>')
    .option(
      '--concurrency <number>',
      'maximum number of runners that work at the same time',
      integer(),
    )
    .option('--max-attempts <number>', 'maximum number of attempts of a job', integer())
    .option('--timeout-seconds <seconds>', 'maximum duration of an attempt', integer())
    .option('--stall-seconds <seconds>', 'maximum time without progress', integer())
    .option('--lease-seconds <seconds>', 'maximum time without a report of the runner', integer())
    .option(
      '--chunk-seconds <seconds>',
      'duration of the chunks of a long encode; 0: never',
      integer(),
    )
    .option(
      '--max-chunks-at-once <number>',
      'maximum number of chunks of a job at the same time',
      integer(),
    )
    .action(
      action(async (context, name: string, settings: QueueSettings) => {
        if (Object.keys(settings).length === 0 && !mayBeEmpty) {
          throw usageError('Name a setting to change, such as --concurrency 2.')
        }
        show(context, await send(context, name, settings))
      }),
    )
}

async function change(context: Context, name: string, settings: QueueSettings): Promise<void> {
  const { client, signal } = context
  show(context, await client.queues.change(name, settings, { signal }))
}

function show({ output }: Context, queue: Queue): void {
  output.show(queue, () => renderQueue(queue, output.colors))
}

function describeState({ paused, draining }: Queue): string {
  const states = [paused && 'paused', draining && 'draining'].filter(Boolean)
  return states.length === 0 ? 'active' : states.join(', ')
}

function renderQueues(queues: readonly Queue[], colors: Colors): string {
  const count = (name: 'pending' | 'running' | 'completed' | 'error' | 'cancelled') => ({
    title: name === 'error' ? 'failed' : name,
    value: (queue: Queue) => String(queue[name]),
  })
  return renderTable(
    queues,
    [
      { title: 'Name', value: ({ name }) => name },
      {
        title: 'State',
        value: describeState,
        style: ({ paused }) => (paused ? colors.yellow : String),
      },
      { title: 'Concurrency', value: ({ concurrency }) => String(concurrency) },
      count('pending'),
      count('running'),
      count('completed'),
      count('error'),
      count('cancelled'),
    ],
    colors.bold,
  )
}

function renderQueue(queue: Queue, colors: Colors): string {
  return renderFields(
    [
      ['Queue', queue.name],
      ['State', describeState(queue)],
      ['Concurrency', String(queue.concurrency)],
      ['Jobs', `${queue.pending} pending, ${queue.running} running`],
      ['Max. attempts', String(queue.maxAttempts)],
      ['Timeout', formatSeconds(queue.timeoutSeconds)],
      ['Stall', formatSeconds(queue.stallSeconds)],
      ['Lease', formatSeconds(queue.leaseSeconds)],
      [
        'Chunks',
        queue.chunkSeconds === 0
          ? 'never'
          : `of ${formatSeconds(queue.chunkSeconds)}, ${queue.maxChunksAtOnce} at once`,
      ],
    ],
    colors.dim,
  )
}
